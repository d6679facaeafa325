//! The reader of members in a form-encoded body.

use crate::json::member::{Found, Member, Written};
use crate::request::encode;
use crate::response::parse_error::ParseError;

/// Finds the members in a form-encoded body, where a path is a single name. If a member is repeated, its last value
/// counts, as in most parsers, and the repetition is returned so that it can be reported.
pub(crate) fn fill<'a>(
    body: &'a [u8],
    members: &mut [Member<'a>],
) -> Result<Option<ParseError>, ParseError> {
    let text = std::str::from_utf8(body).map_err(|_| ParseError::NotForm)?;
    let mut repeated = None;
    for pair in text.trim_end().split('&') {
        let Some((name, value)) = pair.split_once('=') else {
            continue;
        };
        let name = encode::form_decode(name);
        for member in members
            .iter_mut()
            .filter(|member| member.path == [name.as_str()])
        {
            if !matches!(member.found, Found::Missing) {
                repeated = Some(member.repeated());
            }
            member.found = Found::Text(Written::Form(value));
        }
    }
    Ok(repeated)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::member::Members;
    use crate::json::paths::Paths;

    #[test]
    fn a_form_is_read_by_the_same_names() {
        let mut members = Members::at(&const { Paths::of([&["access_token"], &["scope"]]) });
        let form = b"access_token=a%26b&scope=x+y\n";
        assert!(fill(form, &mut members.each).is_ok());
        let [token, scope] = &members.each;
        assert_eq!(token.secret().unwrap().expose(), "a&b");
        assert_eq!(scope.text().unwrap(), "x y");
    }

    #[test]
    fn of_a_parameter_that_comes_twice_the_last_counts() {
        let paths = Paths::of([&["t"]]);
        let mut members = Members::at(&paths);
        let repeated = fill(b"t=a&t=b", &mut members.each).unwrap();
        assert!(repeated.is_some());
        assert_eq!(members.each[0].text().unwrap(), "b");
    }

    proptest! {
        #[test]
        fn any_bytes_give_members_or_an_error(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut members = Members::at(&const { Paths::of([&["a"]]) });
            let _ = fill(&body, &mut members.each);
        }
    }
}
