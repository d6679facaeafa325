//! Spec paths: the place of a value as a text such as `scopes.known."chat:write".doc`.

/// Appends a key to `path`. A key that is not a bare TOML key is quoted.
pub(crate) fn join(path: &str, key: &str) -> String {
    let bare = !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let key = if bare {
        key.to_owned()
    } else {
        format!("\"{key}\"")
    };
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}

/// Splits a path into its keys. A dot inside quotes does not split.
pub(crate) fn split(path: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut quoted = false;
    for character in path.chars() {
        match character {
            '"' => quoted = !quoted,
            '.' if !quoted => keys.push(String::new()),
            _ => {
                if let Some(last) = keys.last_mut() {
                    last.push(character);
                }
            }
        }
    }
    keys
}

/// Returns whether `path` is `above` or a path within it.
pub(crate) fn covers(above: &str, path: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_splits_into_what_it_was_joined_from() {
        let path = join(&join("scopes.known", "https://a.example/x.y"), "doc");
        assert_eq!(path, "scopes.known.\"https://a.example/x.y\".doc");
        assert_eq!(
            split(&path),
            ["scopes", "known", "https://a.example/x.y", "doc"]
        );
        assert!(covers("scopes.known", &path) && covers(&path, &path));
        assert!(!covers("scope", &path) && !covers("scopes.kno", &path));
    }
}
