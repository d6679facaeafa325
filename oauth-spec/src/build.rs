//! Support for build scripts: compiles specs into one Rust file.
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

/// Compiles specs into `$OUT_DIR/oauth_providers.rs`, one module each. Cargo runs the build script again when a spec
/// changes.
///
/// # Panics
///
/// Panics if a spec cannot be read or has findings, or if the output cannot be written. For findings the message is
/// the output of `oauth-spec check`, and cargo prints it as the build's error.
#[expect(
    clippy::panic,
    reason = "a build script reports errors to cargo by panicking"
)]
pub fn modules(specs: &[&str]) {
    let written: Vec<String> = specs
        .iter()
        .map(|spec| {
            println!("cargo::rerun-if-changed={spec}");
            let read = files::read(Path::new(spec), spec)
                .unwrap_or_else(|error| panic!("{spec}: {error}"));
            for base in &read.files[1..] {
                // The name comes from a spec: a line break in it would begin another directive.
                let base = control::escaped(&base.to_string_lossy());
                println!("cargo::rerun-if-changed={base}");
            }
            module(&read.source).unwrap_or_else(|findings| panic!("\n\n{findings}"))
        })
        .collect();
    let directory = env::var("OUT_DIR")
        .unwrap_or_else(|_| panic!("OUT_DIR is not set: call this function from a build script"));
    let path = Path::new(&directory).join("oauth_providers.rs");
    if let Err(error) = fs::write(&path, written.concat()) {
        panic!("{}: {error}", path.display());
    }
}

/// Compiles one spec and returns the text of its module.
///
/// # Errors
///
/// Returns the findings as text if the spec has any.
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

/// Returns a module as formatted text.
#[cfg(feature = "write")]
fn text(module: &Module, source: &str) -> String {
    format!(
        "pub mod {} {{\n{}}}\n",
        module.name,
        rust::file::inner(module, source)
    )
}

/// Returns a module as text. Without the feature `write` the text is one long line.
#[cfg(not(feature = "write"))]
fn text(module: &Module, _source: &str) -> String {
    tokens(module).to_string()
}

/// Returns a module with its documentation as one item.
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
