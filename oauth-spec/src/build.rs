//! For build scripts: specs in, one Rust file out.
//!
//! ```no_run
//! // build.rs
//! fn main() {
//!     oauth_spec::build::modules(&["specs/slack.toml", "specs/bank.toml"]);
//! }
//! ```
//!
//! ```ignore
//! // src/main.rs
//! mod providers {
//!     include!(concat!(env!("OUT_DIR"), "/oauth_providers.rs"));
//! }
//! ```

use std::path::Path;
use std::{env, fs};

#[cfg(not(feature = "write"))]
use quote::quote;

use crate::emit::rust::{self, Module};
use crate::render::{self, Colour};
use crate::{Demand, Source, compile, control, files};

/// Compiles specs into `$OUT_DIR/oauth_providers.rs`, one module each, and asks cargo to run the build
/// script again when one of them changes.
///
/// # Panics
///
/// If a spec cannot be read or has findings: the panic's text is what `oauth-spec check` would say, and
/// cargo shows it as the build's error.
#[expect(clippy::panic, reason = "a build script tells cargo by panicking")]
pub fn modules(specs: &[&str]) {
    let written: Vec<String> = specs
        .iter()
        .map(|spec| {
            println!("cargo::rerun-if-changed={spec}");
            let read = files::read(Path::new(spec), spec)
                .unwrap_or_else(|error| panic!("{spec}: {error}"));
            for base in &read.files[1..] {
                // A spec names it: a line break in it would be a directive of its own.
                let base = control::escaped(&base.to_string_lossy());
                println!("cargo::rerun-if-changed={base}");
            }
            module(&read.source).unwrap_or_else(|findings| panic!("\n\n{findings}"))
        })
        .collect();
    let directory =
        env::var("OUT_DIR").unwrap_or_else(|_| panic!("OUT_DIR is set for build scripts only"));
    let path = Path::new(&directory).join("oauth_providers.rs");
    if let Err(error) = fs::write(&path, written.concat()) {
        panic!("{}: {error}", path.display());
    }
}

/// One spec as the text of a module, or its findings as text.
pub fn module(source: &Source) -> Result<String, String> {
    match compile(source, Demand::Sound) {
        Ok(compiled) => Ok(text(
            &rust::module(&compiled.base, &compiled.variants),
            &source.name,
        )),
        Err(findings) => {
            let texts = findings
                .iter()
                .map(|finding| render::finding(source, finding, Colour::Never));
            Err(texts.collect::<Vec<_>>().join("\n"))
        }
    }
}

/// A module as text that a person can read.
#[cfg(feature = "write")]
fn text(module: &Module, source: &str) -> String {
    format!(
        "pub mod {} {{\n{}}}\n",
        module.name,
        rust::file::inner(module, source)
    )
}

/// A module as text; without the feature `write` it is one long line.
#[cfg(not(feature = "write"))]
fn text(module: &Module, _source: &str) -> String {
    tokens(module).to_string()
}

/// A module with its documentation as one item.
#[cfg(not(feature = "write"))]
fn tokens(module: &Module) -> proc_macro2::TokenStream {
    let name: proc_macro2::Ident = match module.name.strip_prefix("r#") {
        Some(raw) => proc_macro2::Ident::new_raw(raw, proc_macro2::Span::call_site()),
        None => proc_macro2::Ident::new(&module.name, proc_macro2::Span::call_site()),
    };
    let documentation = &module.documentation;
    let items = &module.items;
    let modules = module.modules.iter().map(tokens);
    quote! {
        #[doc = #documentation]
        pub mod #name {
            #(#items)*
            #(#modules)*
        }
    }
}
