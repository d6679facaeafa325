//! The attribute `#[oauth_provider("specs/slack.toml")]`, which generates a module from a provider spec.
//!
//! This crate locates and reads the file. `oauth-spec` compiles it.

use std::env;
use std::path::{Path, PathBuf};

use oauth_spec::render::{self, Colour};
use oauth_spec::{Demand, compile, emit, files};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::{Ident, ItemMod, LitStr, Token, parse_macro_input};

/// Compiles an OAuth provider spec into the annotated module.
///
/// ```ignore
/// #[oauth_provider("specs/slack.toml")]
/// pub mod slack {}
///
/// // The module contains only this variant, at its top level.
/// #[oauth_provider("specs/slack.toml", variant = "rotating")]
/// pub mod slack {}
/// ```
///
/// A path that begins with `./` or `../` is relative to the file with the attribute, any other to the package. The module is
/// compiled again when the spec changes. Items that the module already has are kept.
///
/// The module needs braces: for `pub mod slack;` the compiler would look for a file before any attribute runs.
#[proc_macro_attribute]
pub fn oauth_provider(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let arguments = parse_macro_input!(arguments as Arguments);
    let module = parse_macro_input!(item as ItemMod);
    expand(&arguments, &module)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

struct Arguments {
    path: LitStr,
    variant: Option<LitStr>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Arguments> {
        let path = input.parse().map_err(|error| {
            syn::Error::new(
                error.span(),
                "the spec's path is missing: `#[oauth_provider(\"specs/slack.toml\")]`",
            )
        })?;
        let mut variant = None;
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            let name: Ident = input.parse()?;
            if name != "variant" {
                return Err(syn::Error::new(
                    name.span(),
                    "unknown argument: after the path only `variant = \"name\"` is allowed",
                ));
            }
            input.parse::<Token![=]>()?;
            variant = Some(input.parse()?);
        }
        Ok(Arguments { path, variant })
    }
}

fn expand(arguments: &Arguments, module: &ItemMod) -> syn::Result<TokenStream> {
    let Some((_, own_items)) = &module.content else {
        let message = "the module needs braces, `pub mod name {}`: for `mod name;` the compiler looks for a file before this attribute runs";
        return Err(syn::Error::new_spanned(module, message));
    };
    let span = arguments.path.span();
    let file = locate(&arguments.path.value(), span)?;
    let files::Read { source, files } =
        files::read(&file, &arguments.path.value()).map_err(|error| {
            syn::Error::new(
                span,
                format!("cannot read the spec {}: {error}", file.display()),
            )
        })?;
    let (documentation, generated) = match compile(&source, Demand::Sound) {
        Ok(compiled) => generated(&compiled, arguments)?,
        Err(findings) => {
            let texts: Vec<String> = findings
                .iter()
                .map(|finding| render::finding(&source, finding, Colour::Never))
                .collect();
            let message = format!("the spec has findings\n\n{}", texts.join("\n"));
            (
                None,
                quote_spanned! { span => ::core::compile_error! { #message } },
            )
        }
    };
    let documentation = documentation.map(|text| quote! { #[doc = #text] });
    let (attributes, visibility, name) = (&module.attrs, &module.vis, &module.ident);
    let tracked = files.iter().map(|file| file.to_string_lossy());
    Ok(quote! {
        #(#attributes)*
        #documentation
        #visibility mod #name {
            #(const _: &[::core::primitive::u8] = ::core::include_bytes!(#tracked);)*
            #generated
            #(#own_items)*
        }
    })
}

fn generated(
    compiled: &oauth_spec::Compiled,
    arguments: &Arguments,
) -> syn::Result<(Option<String>, TokenStream)> {
    let module = match &arguments.variant {
        None => emit::rust::module(&compiled.base, &compiled.variants),
        Some(wanted) => {
            let name = wanted.value();
            let is_it = |plan: &&oauth_spec::Plan| {
                plan.identity
                    .variant
                    .as_ref()
                    .is_some_and(|(variant, _)| *variant == name)
            };
            let Some(plan) = compiled.variants.iter().find(is_it) else {
                let names: Vec<&str> = compiled
                    .variants
                    .iter()
                    .filter_map(|plan| {
                        plan.identity
                            .variant
                            .as_ref()
                            .map(|(name, _)| name.as_str())
                    })
                    .collect();
                let message = format!(
                    "the spec has no variant `{name}`; it has: {}",
                    names.join(", ")
                );
                return Err(syn::Error::new(wanted.span(), message));
            };
            emit::rust::single(plan, &[])
        }
    };
    Ok((Some(module.documentation.clone()), body(&module)))
}

fn body(module: &emit::rust::Module) -> TokenStream {
    let items = &module.items;
    let modules = module.modules.iter().map(|inner| {
        let name: Ident = match inner.name.strip_prefix("r#") {
            Some(raw) => Ident::new_raw(raw, Span::call_site()),
            None => Ident::new(&inner.name, Span::call_site()),
        };
        let (documentation, body) = (&inner.documentation, body(inner));
        quote! { #[doc = #documentation] pub mod #name { #body } }
    });
    quote! { #(#items)* #(#modules)* }
}

/// Returns the path of the spec: relative to the file with the attribute, or to the package.
fn locate(path: &str, span: Span) -> syn::Result<PathBuf> {
    if path.starts_with("./") || path.starts_with("../") {
        let file = span.unwrap().local_file().ok_or_else(|| {
            syn::Error::new(
                span,
                "cannot locate this source file: give a spec path that is relative to the package",
            )
        })?;
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let folder = env::current_dir().map_or(folder.clone(), |current| current.join(folder));
        return Ok(folder.join(path));
    }
    let package = env::var("CARGO_MANIFEST_DIR").map_err(|_| {
        syn::Error::new(
            span,
            "CARGO_MANIFEST_DIR is not set: give a path that begins with `./`",
        )
    })?;
    Ok(Path::new(&package).join(path))
}
