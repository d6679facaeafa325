//! Expands choices in hosts. A spec states their words, so each word obeys the rules for literal text in a URL.

use super::Context;
use crate::plan::{Form, Piece, Plan, Source, Template};
use crate::syntax::path;

/// A URL in which one word replaces each choice in its host.
pub(super) struct Chosen {
    pub(super) url: Template,
    /// The place for findings about the word, and the words that end their messages; `None` if the host has no choice.
    pub(super) word: Option<(String, String)>,
}

impl Chosen {
    /// Returns the place for findings about the URL.
    pub(super) fn place<'c>(&'c self, at: &'c str) -> &'c str {
        self.word.as_ref().map_or(at, |(place, _)| place)
    }

    /// Returns the end of a message, which names the word. It is empty without a choice.
    pub(super) fn words(&self) -> &str {
        self.word.as_ref().map_or("", |(_, words)| words)
    }
}

/// Returns a URL once for each word of the choices in its host, or once if the host has none. Each choice takes each
/// of its words in turn, while the others keep their first word. A spec states the words, so they obey its URL rules.
pub(super) fn chosen(cx: &Context<'_>, url: &Template) -> Vec<Chosen> {
    let plan = cx.plan;
    let mut names: Vec<&String> = Vec::new();
    for source in url.sources_in_host() {
        if let Source::Input(name) | Source::InputText(name, _) = source
            && !words_of(plan, name).is_empty()
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    if names.is_empty() {
        let url = url.clone();
        return vec![Chosen { url, word: None }];
    }
    let mut all = Vec::new();
    for name in &names {
        for word in words_of(plan, name) {
            let own = path::join(&path::join("inputs", name), "one_of");
            let stated = path::join(&own, word);
            let place = if cx.written.says(&stated) {
                stated
            } else {
                own
            };
            let words = format!(" where `{name}` is `{word}`");
            all.push(Chosen {
                url: with_word(plan, url, name, word),
                word: Some((place, words)),
            });
        }
    }
    all
}

fn words_of<'p>(plan: &'p Plan, name: &str) -> Vec<&'p str> {
    match plan.input(name).map(|input| &input.form) {
        Some(Form::OneOf(words)) => words.iter().map(String::as_str).collect(),
        Some(Form::Choice(words)) => words.iter().map(|(word, _)| word.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// Returns a URL with one word of the named choice, and the first word of each other choice.
fn with_word(plan: &Plan, url: &Template, name: &str, word: &str) -> Template {
    let text = |source: &Source| {
        let (own, text) = match source {
            Source::Input(own) => (own, None),
            Source::InputText(own, text) => (own, Some(text)),
            _ => return None,
        };
        let word = match own == name {
            true => word,
            false => words_of(plan, own).first().copied()?,
        };
        match text {
            None => Some(word.to_owned()),
            Some(text) => plan.input(own)?.form.text_of(word, text).map(str::to_owned),
        }
    };
    let pieces = url.0.iter().map(|piece| match piece {
        Piece::Source(source) => text(source).map_or_else(|| piece.clone(), Piece::Text),
        other => other.clone(),
    });
    Template(pieces.collect())
}
