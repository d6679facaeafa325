//! Any bytes as a spec.
//!
//! - The compiler never panics.
//! - Every finding names a place that is in the text, on the borders of characters, and can be shown.
//! - Compiling takes no more steps than the compiler's bound.
//! - What was found good has a module that is Rust, and a page.

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
    assert!(page.contains(&compiled.base.identity.name), "{page}");
}
