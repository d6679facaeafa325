//! Fuzzes the bytes of a spec.
//!
//! - The compiler never panics.
//! - Every finding names a range of the text on character boundaries, and can be rendered.
//! - Compiling takes no more steps than the compiler's bound.
//! - A valid spec has a page, and a module that parses as Rust.
//! - The compiler opened every fence of the page and of rustdoc, and each fence is closed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth_spec::render::{self, Colour};
use oauth_spec::{Compiled, Demand, Diagnostic, Source, compile, emit, steps};

fuzz_target!(|bytes: &[u8]| {
    let source = Source::new("x.toml", bytes);
    for demand in [Demand::Sound, Demand::Complete] {
        let result = compile(&source, demand);
        let taken = steps::taken();
        assert!(taken <= steps::MAX_STEPS, "{taken} steps");
        match result {
            Ok(compiled) => emitted(&compiled),
            Err(findings) => {
                assert!(!findings.is_empty(), "refused without a word");
                findings.iter().for_each(|finding| shown(&source, finding));
            }
        }
    }
});

fn shown(source: &Source, finding: &Diagnostic) {
    let span = finding.span;
    let marked = source.text.get(span.start..span.end);
    assert!(marked.is_some(), "{finding:?} is outside the text");

    let (line, column) = source.position(span.start);
    let before = &source.text[..span.start];
    assert_eq!(line, before.split('\n').count(), "{finding:?}");
    assert!(column >= 1, "{finding:?}");

    let place = format!("x.toml:{line}:{column}\n");
    let code = format!("[{}]", finding.rule.code);
    for colour in [Colour::Never, Colour::Always] {
        let text = render::finding(source, finding, colour);
        assert!(text.contains(&place) && text.contains(&code), "{text}");
    }
}

fn emitted(compiled: &Compiled) {
    let module = emit::rust::module(&compiled.base, &compiled.variants);
    let text = emit::rust::file::module(&module, "x.toml");
    if let Err(error) = syn::parse_file(&text) {
        panic!("the module is no Rust: {error}\n{text}");
    }
    let page = emit::docs::page(compiled).expect("every Plan has a page");
    assert!(page.contains("\n# "), "{page}");
    fences_are_ours(&page, page.lines());
    let comments = text.lines().filter_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("///").or(line.strip_prefix("//!"))
    });
    fences_are_ours(&text, comments);
}

/// Checks that each fence is closed by a line of at least as many backticks as opened it (CommonMark section 4.5).
fn fences_are_ours<'t>(text: &str, lines: impl Iterator<Item = &'t str>) {
    let mut open = None;
    for line in lines.map(str::trim) {
        let marks = line.bytes().take_while(|byte| *byte == b'`').count();
        let info = &line[marks..];
        match open {
            None if marks >= 3 && !info.contains('`') => {
                assert!(matches!(info, "http" | "rust,no_run"), "{line}\n{text}");
                open = Some(marks);
            }
            None => assert!(!line.starts_with("~~~"), "{line}\n{text}"),
            Some(own) if marks >= own && info.is_empty() => open = None,
            Some(_) => {}
        }
    }
    assert!(open.is_none(), "a fence is open at the end\n{text}");
}
