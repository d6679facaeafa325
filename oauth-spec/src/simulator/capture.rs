//! Matching of texts against templates.

use crate::plan::{Form, Piece, Plan, Source, Template};

/// Returns the values of a template in a text, or `None` if the text does not match the template.
pub(super) fn capture<'t>(
    plan: &Plan,
    template: &'t Template,
    text: &str,
) -> Option<Vec<(&'t Source, String)>> {
    let mut captured = Vec::new();
    pieces(plan, &template.0, text, &mut captured).then_some(captured)
}

/// Returns the values of a URL template in a URL. Without a path, a client requests the path `/` (RFC 9110 §4.2.3).
pub(super) fn capture_url<'t>(
    plan: &Plan,
    template: &'t Template,
    url: &str,
) -> Option<Vec<(&'t Source, String)>> {
    let without_path = || {
        let origin = url.strip_suffix('/')?;
        let (_, host) = origin.split_once("://")?;
        capture(plan, template, origin).filter(|_| !host.contains('/'))
    };
    capture(plan, template, url).or_else(without_path)
}

fn pieces<'t>(
    plan: &Plan,
    pieces_left: &'t [Piece],
    text: &str,
    captured: &mut Vec<(&'t Source, String)>,
) -> bool {
    let Some((piece, further)) = pieces_left.split_first() else {
        return text.is_empty();
    };
    match piece {
        Piece::Text(literal) => text
            .strip_prefix(literal.as_str())
            .is_some_and(|rest| pieces(plan, further, rest, captured)),
        Piece::Origin(origin) => origins(plan, origin)
            .filter_map(|own| text.strip_prefix(own))
            .any(|rest| pieces(plan, further, rest, captured)),
        // The value is the shortest with which the rest of the template matches.
        Piece::Source(source) => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            for end in ends.filter(|end| may_be(plan, source, &text[..*end])) {
                let before = captured.len();
                captured.push((source, text[..end].to_owned()));
                if pieces(plan, further, &text[end..], captured) {
                    return true;
                }
                captured.truncate(before);
            }
            false
        }
    }
}

/// Returns whether a text has the form of its source. A provider does not have a host for any other text.
fn may_be(plan: &Plan, source: &Source, text: &str) -> bool {
    let form = plan.form_of(source);
    match (source, form) {
        (Source::InputText(_, name), Some(Form::Choice(words))) => {
            let texts = words.iter().flat_map(|(_, texts)| texts);
            let mut of_name = texts.filter(|(own, _)| own == name);
            of_name.any(|(_, own)| own == text)
        }
        (_, Some(form)) => form.holds(text),
        (_, None) => true,
    }
}

/// Returns an origin of the spec, and those that replace it in other environments.
fn origins<'p>(plan: &'p Plan, origin: &'p str) -> impl Iterator<Item = &'p str> {
    let hosts = plan
        .environments
        .iter()
        .flat_map(|environment| &environment.hosts);
    let others = hosts.filter_map(move |(from, to)| (from == origin).then_some(to.as_str()));
    [origin].into_iter().chain(others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Demand, Source as Spec, compile};

    fn plan() -> Plan {
        let spec = r#"
            language = 1
            [provider]
            id = "acme"
            name = "Acme"
            docs = "https://acme.example/docs"
            [authorize]
            url = "https://id.acme.example/authorize"
            [token]
            url = "https://id.acme.example/token"
            [environment.trial]
            doc = "For trying"
            hosts = { "https://id.acme.example" = "https://trial.acme.example" }
        "#;
        let spec = Spec::new("acme.toml", spec.as_bytes());
        compile(&spec, Demand::Sound)
            .unwrap_or_else(|found| panic!("{found:?}"))
            .base
    }

    fn captured(pieces: &[Piece], text: &str) -> Option<Vec<String>> {
        let template = Template(pieces.to_vec());
        let captured = capture(&plan(), &template, text)?;
        Some(captured.into_iter().map(|(_, text)| text).collect())
    }

    fn literal(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    #[test]
    fn values_are_what_stands_between_the_literals() {
        let pieces = [
            literal("https://"),
            Piece::Source(Source::Input("shop".to_owned())),
            literal(".example.com/"),
            Piece::Source(Source::Code),
        ];
        let some = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(
            captured(&pieces, "https://a.example.com/b"),
            some(&["a", "b"])
        );
        assert_eq!(
            captured(&pieces, "https://a.example.com/"),
            some(&["a", ""])
        );
        assert_eq!(
            captured(&pieces, "https://é.example.com/é"),
            some(&["é", "é"])
        );
        assert_eq!(captured(&pieces, "https://a.example.org/b"), None);
        assert_eq!(captured(&pieces[..3], "https://a.example.com/b"), None);
        assert_eq!(captured(&[], ""), some(&[]));
    }

    #[test]
    fn a_value_reaches_as_far_as_the_rest_needs() {
        let pieces = [Piece::Source(Source::Code), literal("-end")];
        assert_eq!(
            captured(&pieces, "a-end-end"),
            Some(vec!["a-end".to_owned()])
        );
    }

    #[test]
    fn an_origin_is_that_of_any_environment() {
        let pieces = [
            Piece::Origin("https://id.acme.example".to_owned()),
            literal("/token"),
        ];
        for (url, taken) in [
            ("https://id.acme.example/token", true),
            ("https://trial.acme.example/token", true),
            ("https://evil.example/token", false),
        ] {
            assert_eq!(captured(&pieces, url).is_some(), taken, "{url}");
        }
    }
}
