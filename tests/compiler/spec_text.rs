//! Text of a spec never becomes code or markup. In every field, hostile text is rejected, or it is not interpreted in the
//! page, in rustdoc, in the snippet, in findings and in annotations.

mod fields;
mod markup;
mod printed;

use std::cell::Cell;
use std::ops::Range;
use std::sync::LazyLock;

use oauth_spec::control::is_control;
use oauth_spec::{Demand, Source, compile};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;

use fields::{FIELDS, RESPONSE, SOUND, quoted, spec};
use markup::{Reader, Written, foreign, structure, written};

const ONE_LINE: &[&str] = &[
    "a` <script>alert(1)</script> `b",
    "a``` ](https://evil.example) ```b",
    "a `code` b\" + std::process::exit(1) + \"c */ // -->",
    "[a](https://evil.example)",
    "![a](https://evil.example) <https://evil.example>",
    "~~~sh",
    "# a | b \\| c \\",
    "    indented",
    "<b>a</b> &lt;script&gt; <!-- a",
    "`",
    "```rust",
    "*a* _b_ **c** ~~d~~",
    "1. a [^1]",
    "- a",
    "> a",
    "===",
    "a|b`c|d`",
    "a\\`b\\|c`d",
    "{{a}} `<i>`",
    "[`a`][b]: https://evil.example",
];

/// Harmless text in the same places as hostile text. The structure around both must be equal.
const HARMLESS: &str = "plain words";

fn is_of_acme(url: &str) -> bool {
    let host = url
        .strip_prefix("https://")
        .and_then(|rest| rest.split('/').next());
    host.is_some_and(|host| host == "acme.example" || host.ends_with(".acme.example"))
}

#[track_caller]
fn assert_harmless(name: &str, text: &str, own: &Written) {
    let page = foreign(&own.page, Reader::Page, &is_of_acme);
    assert_eq!(page, None, "{name} with {text:?}:\n{}", own.page);
    for doc in &own.rustdoc {
        let found = foreign(doc, Reader::Rustdoc, &is_of_acme);
        assert_eq!(found, None, "{name} with {text:?}:\n{doc}");
    }
}

#[test]
fn every_field_of_the_table_is_one_of_the_language() {
    for field in FIELDS.iter().chain([&RESPONSE]) {
        let spec = spec(*field, HARMLESS);
        assert!(spec.contains(HARMLESS), "{}", field.0);
        let source = Source::new("acme.toml", spec.as_bytes());
        for finding in compile(&source, Demand::Sound).err().unwrap_or_default() {
            let syntax = ["E0101", "E0102", "E0103", "E0105"];
            assert!(
                !syntax.contains(&finding.rule.code),
                "{}: {}",
                field.0,
                finding.message
            );
        }
    }
}

#[test]
fn no_field_takes_a_control_character() {
    let controls = [
        '\0', '\t', '\n', '\r', '\u{1b}', '\u{7f}', '\u{85}', '\u{9b}', '\u{200e}', '\u{200f}',
        '\u{2028}', '\u{2029}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}',
    ];
    for field in FIELDS {
        for control in controls {
            let spec = spec(*field, &format!("x`{control}{control}```{control}y"));
            let source = Source::new("acme.toml", spec.as_bytes());
            let found = compile(&source, Demand::Sound).err().unwrap_or_default();
            assert!(
                found.iter().any(|finding| finding.rule.code == "E0113"),
                "{} took {control:?}: {found:?}",
                field.0
            );
        }
    }
}

#[test]
fn a_base_and_its_overlay_are_both_looked_at() {
    let hostile = spec(("", "#authorize", "params.x = TEXT"), "a\n```");
    let overlay = "language = 1\n\n[provider]\nextends = \"acme\"\nid = \"other\"\n";
    for (base, over) in [
        (hostile.as_str(), overlay.to_owned()),
        (
            SOUND,
            format!("{overlay}\n[authorize]\nparams.x = \"a\\n```\"\n"),
        ),
    ] {
        let source = Source::new("other.toml", over.as_bytes());
        let source = source.over(Source::new("acme.toml", base.as_bytes()));
        let found = compile(&source, Demand::Sound).err().unwrap_or_default();
        assert!(
            found.iter().any(|finding| finding.rule.code == "E0113"),
            "{found:?}"
        );
    }
}

#[test]
fn the_rule_cannot_be_accepted() {
    let accept = "[[accept]]\nrule = \"control-character\"\nfor = [\"authorize\"]\nbecause = \"x\"";
    let spec = spec(("", "#authorize", "params.x = TEXT"), "a\nb").replace("#more", accept);
    let source = Source::new("acme.toml", spec.as_bytes());
    let found = compile(&source, Demand::Sound).err().unwrap_or_default();
    assert!(found.iter().any(|finding| finding.rule.code == "E0113"));
}

#[test]
fn one_line_of_hostile_text_is_refused_or_is_text() {
    let mut taken = 0;
    for field in FIELDS {
        let harmless = written(&spec(*field, HARMLESS));
        let mut any = false;
        for text in ONE_LINE {
            let Some(own) = written(&spec(*field, text)) else {
                continue;
            };
            any = true;
            assert_harmless(field.0, text, &own);
            let Some(harmless) = &harmless else { continue };
            assert_eq!(
                structure(&own.page, Reader::Page),
                structure(&harmless.page, Reader::Page),
                "{} with {text:?}:\n{}",
                field.0,
                own.page
            );
            assert_eq!(own.rustdoc.len(), harmless.rustdoc.len(), "{}", field.0);
            for (doc, plain) in own.rustdoc.iter().zip(&harmless.rustdoc) {
                assert_eq!(
                    structure(doc, Reader::Rustdoc),
                    structure(plain, Reader::Rustdoc),
                    "{} with {text:?}:\n{doc}",
                    field.0
                );
            }
        }
        taken += usize::from(any);
    }
    println!("{taken} of {} fields take some of it", FIELDS.len());
    assert!(taken >= 20, "{taken}");
}

#[test]
fn lines_of_an_example_stay_in_their_fence() {
    let body = "400\n\nx`\n\n```\nstd::fs::write(\"x\", \"y\");\n```\n\n<script>alert(1)</script>\n\n`````\n~~~\n\
                \u{1b}[31m\u{202e}\n";
    let own = written(&spec(RESPONSE, body)).expect("a message of an example has lines");
    assert_harmless(RESPONSE.0, body, &own);
    assert!(
        own.page.contains("\n<script>alert(1)</script>\n"),
        "{}",
        own.page
    );
    let controls = |character: char| is_control(character) && character != '\n';
    assert!(!own.page.contains(controls), "{}", own.page);
}

#[test]
fn an_example_of_an_input_is_a_literal_of_the_snippet() {
    let hostile = "eu\")?; std::process::exit(1); //`";
    for per in ["app", "connection"] {
        let input = format!(
            "[inputs.region]\nper = \"{per}\"\nexample = TEXT\n[authorize.params]\nr = \"{{region}}\""
        );
        let spec = SOUND.replace("#more", &input.replace("TEXT", &quoted(hostile)));
        let own = written(&spec).expect("any text is an example of a text");
        let literal = format!("::Region::parse({hostile:?})?");
        assert!(own.page.contains(&literal), "{per}: {}", own.page);
        assert!(!own.page.contains("parse(\"eu\")"), "{per}: {}", own.page);
    }
}

const CASES: u32 = 300;

/// The fragments of random text.
const FRAGMENTS: &[&str] = &[
    "`",
    "``",
    "```",
    "~~~",
    "<script>",
    "</b>",
    "<!--",
    "-->",
    "](https://evil.example)",
    "[",
    "]",
    "(",
    ")",
    "*",
    "**",
    "_",
    "#",
    "- ",
    "1. ",
    "> ",
    "|",
    "\\",
    "&lt;",
    "&",
    "\"",
    "'",
    "*/",
    "{{",
    "}}",
    "=",
    "!",
    ":",
    " ",
    "    ",
    "a",
    "b c",
    "é",
    "漢",
    "https://evil.example",
    "<https://evil.example>",
    "\n",
    "\u{1b}",
    "\u{202e}",
];

/// The shipped specs, each with the ranges between its quotation marks.
static SHIPPED: LazyLock<Vec<(String, Vec<Range<usize>>)>> = LazyLock::new(|| {
    let specs = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs");
    let ids = crate::support::pages::shipped().into_iter();
    let texts = ids.map(|id| std::fs::read_to_string(format!("{specs}/{id}.toml")).unwrap());
    texts
        .map(|text| {
            let places = places(&text);
            (text, places)
        })
        .collect()
});

fn places(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let marks: Vec<usize> = line.match_indices('"').map(|(at, _)| start + at).collect();
        for pair in marks.chunks_exact(2) {
            places.push(pair[0] + 1..pair[1]);
        }
        start += line.len();
    }
    places
}

#[test]
fn random_text_in_any_place_of_a_shipped_spec_is_refused_or_is_text() {
    let texts = proptest::collection::vec(select(FRAGMENTS), 1..8).prop_map(|parts| parts.concat());
    let taken = Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(CASES)
    });
    let strategy = (any::<Index>(), any::<Index>(), texts);
    let outcome = runner.run(&strategy, |(spec, place, text)| {
        let (spec, places) = spec.get(SHIPPED.as_slice());
        let place = place.get(places.as_slice()).clone();
        let literal = quoted(&text);
        let mut spec = spec.clone();
        spec.replace_range(place, &literal[1..literal.len() - 1]);
        let Some(own) = written(&spec) else {
            return Ok(());
        };
        taken.set(taken.get() + 1);
        let is_declared = |url: &str| {
            url == text
                || url.strip_suffix(".md").is_some()
                || (spec.contains(url) && !url.contains("evil.example"))
        };
        let page = foreign(&own.page, Reader::Page, &is_declared);
        prop_assert!(page.is_none(), "{:?} in the page of\n{}", page, spec);
        for doc in &own.rustdoc {
            let found = foreign(doc, Reader::Rustdoc, &is_declared);
            prop_assert!(found.is_none(), "{:?} in\n{}", found, doc);
        }
        Ok(())
    });
    println!("{} of {CASES} were taken", taken.get());
    if let Err(error) = outcome {
        panic!("{error}");
    }
    assert!(taken.get() >= 3, "{}", taken.get());
}
