//! Reading a text by the template that wrote it.

use crate::plan::{Piece, Plan, Source, Template};

/// What stands where a template has its values; nothing if the text is not of the template.
pub(super) fn capture<'t>(
    plan: &Plan,
    template: &'t Template,
    text: &str,
) -> Option<Vec<(&'t Source, String)>> {
    let mut captured = Vec::new();
    pieces(plan, &template.0, text, &mut captured).then_some(captured)
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
        // The shortest that lets the rest of the template hold.
        Piece::Source(source) => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            for end in ends {
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

/// An origin of the spec and those that stand for it in other environments.
fn origins<'p>(plan: &'p Plan, origin: &'p str) -> impl Iterator<Item = &'p str> {
    let hosts = plan
        .environments
        .iter()
        .flat_map(|environment| &environment.hosts);
    let others = hosts.filter_map(move |(from, to)| (from == origin).then_some(to.as_str()));
    [origin].into_iter().chain(others)
}
