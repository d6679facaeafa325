//! Converts names of a spec to Rust identifiers. No other module does.
//!
//! ```text
//! spec                       as a module or function   as a type        as a constant
//! chat:write                                                            CHAT_WRITE
//! user.info.basic                                                       USER_INFO_BASIC
//! bot                        refresh_bot               BotToken
//! realm                      realm                     Realm
//! type                       r#type                    Type             TYPE
//! 190                                                                   N190
//! ```

/// The types that a module has or imports, and those of Rust that it uses. No input, argument or call may become one.
pub const RESERVED_TYPES: &[&str] = &[
    "App",
    "Scope",
    "Login",
    "LoginOptions",
    "Code",
    "Tokens",
    "Exchanged",
    "Userinfo",
    "Introspection",
    "Operation",
    "ScopesNeeded",
    "RedirectUri",
    "ErrorCode",
    "CallbackFields",
    "Environment",
    "Inputs",
    "RefreshToken",
    "AllScopes",
    "Response",
    "Call",
    "CallbackError",
    "CallbackNames",
    "Claims",
    "Cow",
    "RequestWriter",
    "GeneratedValues",
    "Bucket",
    "RateLimit",
    "Wait",
    "Duration",
    "Error",
    "Grace",
    "Infallible",
    "InputRule",
    "InvalidInput",
    "StoredInputs",
    "LoginSecrets",
    "StoredToken",
    "Member",
    "Method",
    "Option",
    "Provider",
    "Renewal",
    "Request",
    "Result",
    "Reuse",
    "Rotation",
    "Run",
    "ScopeName",
    "Secret",
    "Some",
    "None",
    "Ok",
    "Err",
    "String",
    "Token",
    "TokenPolicy",
    "Vec",
    "IssuesRefreshTokens",
    "Into",
    "From",
    "Default",
    "Self_",
];

/// The functions that modules have. No further call may have one of these names.
pub const RESERVED_FUNCTIONS: &[&str] = &[
    "login",
    "login_with",
    "exchange",
    "refresh",
    "renew",
    "client_credentials",
    "revoke",
    "introspect",
    "userinfo",
    "install",
    "api_headers",
    "api_parameters",
];

/// The parameters of generated functions. No input and no argument may have one of these names.
pub const RESERVED_INPUTS: &[&str] = &[
    "app",
    "inputs",
    "options",
    "secrets",
    "token",
    "scopes",
    "environment",
];

/// Further names of parameters and variables of generated functions. No argument may have one of them.
pub const RESERVED_ARGUMENTS: &[&str] = &[
    "code",
    "callback",
    "refresh_token",
    "offline",
    "out",
    "fields",
    "generated",
    "made",
];

/// Returns the name of a module, function, field or argument, in `snake_case`.
pub fn snake(name: &str) -> String {
    let name = words(name).join("_");
    let name = if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("n{name}")
    } else {
        name
    };
    match KEYWORDS.contains(&name.as_str()) {
        true if matches!(name.as_str(), "self" | "super" | "crate") => format!("{name}_"),
        true => format!("r#{name}"),
        false => name,
    }
}

/// Returns the name of a type, in `CamelCase`.
pub fn camel(name: &str) -> String {
    let camel: String = words(name)
        .iter()
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or(String::new(), |first| {
                first.to_ascii_uppercase().to_string() + letters.as_str()
            })
        })
        .collect();
    match camel.as_str() {
        "Self" => "Self_".to_owned(),
        _ if camel.starts_with(|first: char| first.is_ascii_digit()) => format!("N{camel}"),
        _ => camel,
    }
}

/// Returns the name of a constant, in `UPPER_CASE`.
pub fn constant(name: &str) -> String {
    let name = words(name).join("_").to_ascii_uppercase();
    match name.chars().next() {
        Some(first) if first.is_ascii_digit() => format!("N{name}"),
        Some(_) => name,
        None => "UNNAMED".to_owned(),
    }
}

/// Splits a name into words in lower case: runs of letters and digits, also split where `aB` changes case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for character in name.chars() {
        if !character.is_ascii_alphanumeric() {
            words.push(String::new());
            after_lower = false;
            continue;
        }
        if character.is_ascii_uppercase() && after_lower {
            words.push(String::new());
        }
        after_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
        if let Some(last) = words.last_mut() {
            last.push(character.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    if words.is_empty() && !name.is_empty() {
        // The checks reject such a name, but the generated code must still be valid Rust.
        words.push("unnamed".to_owned());
    }
    words
}

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_keep_the_words_of_an_id_apart() {
        for (id, expected) in [
            ("chat:write", "CHAT_WRITE"),
            ("user.info.basic", "USER_INFO_BASIC"),
            (
                "https://www.googleapis.com/auth/drive",
                "HTTPS_WWW_GOOGLEAPIS_COM_AUTH_DRIVE",
            ),
            ("190", "N190"),
            ("readWrite", "READ_WRITE"),
            ("OAuth", "OAUTH"),
            ("", "UNNAMED"),
            ("ü", "UNNAMED"),
            ("ümlaut", "MLAUT"),
        ] {
            assert_eq!(constant(id), expected, "{id}");
        }
    }

    #[test]
    fn keywords_are_escaped() {
        assert_eq!(snake("type"), "r#type");
        assert_eq!(snake("self"), "self_");
        assert_eq!(snake("realm-id"), "realm_id");
        assert_eq!(snake("2fa"), "n2fa");
        assert_eq!(camel("server_to_server"), "ServerToServer");
        assert_eq!(camel("self"), "Self_");
        assert_eq!(camel("2fa"), "N2fa");
    }
}
