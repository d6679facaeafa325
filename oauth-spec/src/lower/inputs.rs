//! Lowers inputs: the values that the application or its user supplies, with their forms.

use super::Context;
use crate::plan::{Form, Hosts, Input, Run};
use crate::rules;
use crate::syntax::document::{self, InputType, Per};
use crate::syntax::either::{OneOf, Texts};
use crate::syntax::path;
use crate::syntax::shapes::Named;

pub(crate) fn inputs(cx: &mut Context<'_>) -> Vec<Input> {
    let named = cx.document().inputs.clone().unwrap_or_default();
    let lowered = named.iter().map(|(name, input)| Input {
        name: name.clone(),
        per_connection: input.per != Some(Per::App),
        form: form(cx, input, &path::join("inputs", name)),
        default: input.default.clone(),
        doc: input.doc.clone().unwrap_or_default(),
        example: input.example.clone(),
    });
    lowered.collect()
}

fn form(cx: &mut Context<'_>, input: &document::Input, at: &str) -> Form {
    match &input.one_of {
        Some(OneOf::Words(words)) => return Form::OneOf(words.clone()),
        Some(OneOf::Texts(words)) => return choice(cx, words, at),
        None => {}
    }
    if let Some(pattern) = &input.pattern {
        return match runs(pattern) {
            Some(runs) => Form::Pattern(runs),
            None => {
                cx.report(
                    &rules::BAD_PATTERN,
                    &path::join(at, "pattern"),
                    format!("`{pattern}` is not a valid pattern"),
                    "write classes with counts, such as `[a-z]{1}[a-z0-9-]{1,60}`".to_owned(),
                );
                Form::Text
            }
        };
    }
    let hosts = || Hosts {
        allow: input.allow.clone().unwrap_or_default(),
        private: input.private.unwrap_or_default(),
    };
    match input.kind.unwrap_or(InputType::Text) {
        InputType::Text => Form::Text,
        InputType::Label => Form::Label,
        InputType::Host => Form::Host(hosts()),
        InputType::Origin => Form::Origin(hosts()),
        InputType::Url => Form::Url(hosts()),
        InputType::Uuid => Form::Uuid,
        InputType::Integer => Form::Integer,
        InputType::Boolean => Form::Boolean,
    }
}

/// Lowers a choice of words with texts. Each word must have texts with the names that the first word has.
fn choice(cx: &mut Context<'_>, words: &Named<Texts>, at: &str) -> Form {
    let names = |texts: &Texts| {
        let mut names: Vec<String> = texts.0.iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    };
    let first = words.0.first().map(|(word, texts)| (word, names(texts)));
    for (word, texts) in words.iter() {
        if let Some((other, wanted)) = first.as_ref().filter(|(_, own)| *own != names(texts)) {
            let message = format!("`{word}` does not have the same texts as `{other}`");
            let help = format!("give it: {}", wanted.join(", "));
            let place = path::join(&path::join(at, "one_of"), word);
            cx.report(&rules::BAD_PATTERN, &place, message, help);
        }
    }
    let words = words.iter();
    Form::Choice(
        words
            .map(|(word, texts)| (word.clone(), texts.0.clone()))
            .collect(),
    )
}

/// The maximum number of repetitions in a pattern. A longer value would be a file.
const MAX_LENGTH: usize = 4096;

/// Parses a pattern: a sequence of `[class]{count}` and `[class]{min,max}`.
fn runs(pattern: &str) -> Option<Vec<Run>> {
    let mut runs = Vec::new();
    let mut rest = pattern;
    while !rest.is_empty() {
        let (class, after) = rest.strip_prefix('[')?.split_once(']')?;
        let (counts, after) = after.strip_prefix('{')?.split_once('}')?;
        let (min, max) = match counts.split_once(',') {
            Some((min, max)) => (min.parse().ok()?, max.parse().ok()?),
            None => (counts.parse().ok()?, counts.parse().ok()?),
        };
        let ranges = ranges(class)?;
        if min > max || max == 0 || max > MAX_LENGTH || runs.len() == 8 {
            return None;
        }
        runs.push(Run { ranges, min, max });
        rest = after;
    }
    (!runs.is_empty()).then_some(runs)
}

/// Parses a class such as `a-z0-9._-`: ranges and single characters. A hyphen at the end is literal.
fn ranges(class: &str) -> Option<Vec<(u8, u8)>> {
    let bytes = class.as_bytes();
    if bytes.is_empty()
        || !bytes.iter().all(u8::is_ascii_graphic)
        || class.contains(['^', '\\', '['])
    {
        return None;
    }
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at..] {
            [low, b'-', high, ..] if low <= high => {
                ranges.push((low, high));
                at += 3;
            }
            [_, b'-', _, ..] => return None,
            [single, ..] => {
                ranges.push((single, single));
                at += 1;
            }
            [] => break,
        }
    }
    Some(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_classes_and_counts() {
        let runs = runs("[a-z]{1}[a-z0-9_-]{0,60}").unwrap();
        assert_eq!(
            runs[0],
            Run {
                ranges: vec![(b'a', b'z')],
                min: 1,
                max: 1
            }
        );
        assert_eq!(
            runs[1].ranges,
            [(b'a', b'z'), (b'0', b'9'), (b'_', b'_'), (b'-', b'-')]
        );
        assert_eq!((runs[1].min, runs[1].max), (0, 60));
    }

    #[test]
    fn everything_else_is_refused() {
        for pattern in [
            "", "abc", "[a-z]", "[a-z]+", "[z-a]{1}", "[^a]{1}", "[]{1}", "[a]{2,1}", "[a]{0}",
            "[é]{1}",
        ] {
            assert_eq!(runs(pattern), None, "{pattern}");
        }
    }
}
