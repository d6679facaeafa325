//! The `App` type, and the types of its redirect URI, inputs and environment.

use proc_macro2::TokenStream;
use quote::quote;

use super::{count, doc, ident};
use crate::emit::{prose, text};
use crate::plan::{AcceptedUris, Basic, FieldKind, Form, Hosts, Piece, Plan, Run, Source, name};
use crate::words;

pub(super) fn items(plan: &Plan) -> Vec<TokenStream> {
    let mut items = Vec::new();
    if plan.login.is_some() {
        items.push(redirect_uri(plan));
    }
    for input in &plan.inputs {
        items.extend(checked(
            &input.name,
            &input.form,
            &input.doc,
            input.example.as_deref(),
        ));
    }
    for field in &plan.fields {
        if let FieldKind::Checked(form) = &field.kind {
            items.extend(checked(
                &field.name,
                form,
                field.doc.as_deref().unwrap_or_default(),
                None,
            ));
        }
    }
    items.extend(inputs(plan));
    if is_identified(plan) {
        items.extend(stored_inputs(plan));
    }
    if !plan.environments.is_empty() {
        items.extend(environment(plan));
    }
    items.extend(app(plan));
    items
}

fn redirect_uri(plan: &Plan) -> TokenStream {
    let name = prose::text(&plan.identity.name);
    let rule = match plan.app.redirect_uri.accepted {
        AcceptedUris::HTTPS_OR_LOOPBACK => quote! { HttpsOrLoopback },
        AcceptedUris::HTTPS => quote! { Https },
        AcceptedUris::ANY => quote! { AnyUri },
        AcceptedUris {
            http,
            loopback,
            localhost,
            private_use,
        } => quote! { HttpsOr<#http, #loopback, #localhost, #private_use> },
    };
    let about = doc(&format!(
        "The redirect URI of a {name} app: {}.",
        text::app::redirect_uri(&plan.app.redirect_uri).join("; ")
    ));
    quote! {
        #about
        pub type RedirectUri = runtime::RedirectUri<runtime::#rule>;
    }
}

/// Generates a type for the checked text of an input or a field.
fn checked(
    own_name: &str,
    form: &Form,
    about: &str,
    example: Option<&str>,
) -> impl Iterator<Item = TokenStream> {
    let type_name = ident(&name::camel(own_name));
    let rule = rule(form);
    let wants = match example {
        Some(example) => format!("{}, such as `{example}`", words::form(form)),
        None => words::form(form),
    };
    let says = prose::text(&wants);
    let text = match about.is_empty() {
        true => format!("{}: {says}.", prose::code(own_name)),
        false => format!("{}: {says}.", prose::text(about)),
    };
    let about = doc(&text);
    let texts = texts(form);
    let of_words = (!texts.is_empty()).then(|| quote! { impl #type_name { #(#texts)* } });
    let items = [
        quote! {
            #about
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct #type_name(String);
        },
        quote! {
            runtime::text_methods! { #type_name, #own_name, #wants, #rule }
        },
    ];
    items.into_iter().chain(of_words)
}

/// Generates a method for each text that a word of a choice selects.
fn texts(form: &Form) -> Vec<TokenStream> {
    let Form::Choice(words) = form else {
        return Vec::new();
    };
    let names = words.first().map(|(_, texts)| texts.as_slice());
    let names = names.unwrap_or_default().iter().map(|(name, _)| name);
    let method = |name: &String| {
        let own = ident(&super::values::text_method(name));
        let arms = words.iter().map(|(word, _)| {
            let text = form.text_of(word, name).unwrap_or_default();
            quote! { #word => #text }
        });
        let about = match name.as_str() {
            "" => " Returns the text for the word.".to_owned(),
            name => format!(" What the word stands for as {}.", prose::code(name)),
        };
        quote! {
            #[doc = #about]
            pub fn #own(&self) -> &'static str {
                match self.0.as_str() {
                    #(#arms,)*
                    // `parse` takes no other word.
                    _ => "",
                }
            }
        }
    };
    names.map(method).collect()
}

fn rule(form: &Form) -> TokenStream {
    match form {
        Form::Text => quote! { InputRule::Text },
        Form::Label => quote! { InputRule::Label },
        Form::Host(hosts) => hosts_rule(hosts, &quote! { Host }),
        Form::Origin(hosts) => hosts_rule(hosts, &quote! { Origin }),
        Form::Url(hosts) => hosts_rule(hosts, &quote! { Url }),
        Form::Uuid => quote! { InputRule::Uuid },
        Form::Integer => quote! { InputRule::Integer },
        Form::OneOf(words) => quote! { InputRule::OneOf(&[#(#words),*]) },
        Form::Choice(words) => {
            let words = words.iter().map(|(word, _)| word);
            quote! { InputRule::OneOf(&[#(#words),*]) }
        }
        Form::Boolean => quote! { InputRule::OneOf(&["true", "false"]) },
        Form::Pattern(runs) => {
            let runs = runs.iter().map(|Run { ranges, min, max }| {
                let ranges = ranges.iter().map(|(low, high)| {
                    let (low, high) = (byte(*low), byte(*high));
                    quote! { (#low, #high) }
                });
                let (min, max) = (count(*min), count(*max));
                quote! { Run { ranges: &[#(#ranges),*], min: #min, max: #max } }
            });
            quote! { InputRule::Pattern(&[#(#runs),*]) }
        }
    }
}

fn hosts_rule(hosts: &Hosts, kind: &TokenStream) -> TokenStream {
    let allow = &hosts.allow;
    let rule = quote! { InputRule::#kind(&[#(#allow),*]) };
    match hosts.private {
        true => quote! { InputRule::Private(&#rule) },
        false => rule,
    }
}

fn byte(byte: u8) -> proc_macro2::Literal {
    proc_macro2::Literal::byte_character(byte)
}

/// Generates the struct of the inputs that each connection has.
fn inputs(plan: &Plan) -> Option<TokenStream> {
    let fields: Vec<TokenStream> = plan
        .connection_inputs()
        .map(|input| {
            let about = doc(&prose::text(if input.doc.is_empty() {
                &input.name
            } else {
                &input.doc
            }));
            let (field, kind) = (
                ident(&name::snake(&input.name)),
                ident(&name::camel(&input.name)),
            );
            quote! { #about pub #field: #kind }
        })
        .collect();
    let about = format!(
        " The inputs of one connection to {}.",
        prose::text(&plan.identity.name)
    );
    (!fields.is_empty()).then(|| {
        quote! {
            #[doc = #about]
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct Inputs { #(#fields),* }
        }
    })
}

/// Generates the conversion of the inputs to and from texts, for a login and a connection.
fn stored_inputs(plan: &Plan) -> Option<TokenStream> {
    let names = || plan.connection_inputs().map(|input| &input.name);
    let fields = || names().map(|own| ident(&name::snake(own)));
    let (texts, parsed) = (fields(), fields());
    let kinds = names().map(|own| ident(&name::camel(own)));
    let (own, stored) = (names(), names());
    plan.connection_inputs().next()?;
    Some(quote! {
        impl StoredInputs for Inputs {
            fn texts(&self) -> Vec<(&'static str, String)> {
                vec![#((#own, self.#texts.as_str().to_owned())),*]
            }

            fn from_texts(text: &dyn Fn(&str) -> String) -> Result<Inputs, InvalidInput> {
                Ok(Inputs { #(#parsed: #kinds::parse(text(#stored))?),* })
            }
        }
    })
}

fn environment(plan: &Plan) -> [TokenStream; 2] {
    let name = prose::text(&plan.identity.name);
    let variants = plan.environments.iter().map(|environment| {
        let about = doc(&prose::text(&environment.doc));
        let variant = ident(&name::camel(&environment.name));
        quote! { #about #variant }
    });
    let rows = plan.environments.iter().flat_map(|environment| {
        let variant = ident(&name::camel(&environment.name));
        environment.hosts.iter().map(move |(origin, instead)| {
            quote! { (Environment::#variant, #origin) => #instead }
        })
    });
    let names = plan.environments.iter().map(|environment| {
        let (variant, own) = (ident(&name::camel(&environment.name)), &environment.name);
        quote! { Environment::#variant => #own }
    });
    let about = format!(" Which of {name}'s worlds the app lives in: hosts differ, types do not.");
    let replaces = plan.templates().any(|own| {
        let pieces = own.0.iter();
        pieces
            .into_iter()
            .any(|piece| matches!(piece, Piece::Origin(_)))
    });
    let at = replaces.then(|| {
        quote! {
            fn at(self, origin: &'static str) -> &'static str {
                match (self, origin) {
                    #(#rows,)*
                    _ => origin,
                }
            }
        }
    });
    [
        quote! {
            #[doc = #about]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub enum Environment {
                /// Production.
                #[default]
                Production,
                #(#variants),*
            }
        },
        quote! {
            impl Environment {
                fn name(self) -> &'static str {
                    match self {
                        Environment::Production => "production",
                        #(#names),*
                    }
                }

                #at
            }
        },
    ]
}

fn app(plan: &Plan) -> Vec<TokenStream> {
    let identity = &plan.identity;
    let secret = plan.app.confidential;
    let login = plan.login.is_some();
    let mut fields = Vec::new();
    let (mut parameters, mut values, mut lets) = (Vec::new(), Vec::new(), Vec::new());
    if plan.has_client() {
        parameters.push(quote! { client_id: impl Into<String> });
        lets.push(quote! { let client_id = client_id.into(); });
    }
    if secret {
        parameters.push(quote! { client_secret: impl Into<Secret> });
        lets.push(quote! { let client_secret = client_secret.into(); });
    }
    if let Some(basic) = plan.app.basic {
        let function = ident(if basic == Basic::Raw {
            "basic_raw"
        } else {
            "basic"
        });
        fields.push(quote! { basic: Secret });
        values.push(quote! { basic: runtime::#function(&client_id, &client_secret) });
    }
    // This moves `client_id`, so the credential above must borrow it first.
    if keeps_client_id(plan) {
        fields.push(quote! { client_id: runtime::EncodedOnce });
        values.push(quote! { client_id: runtime::EncodedOnce::new(client_id) });
    }
    if secret && super::calls::names(plan, &Source::ClientSecret) {
        fields.push(quote! { client_secret: runtime::EncodedOnce });
        values.push(quote! { client_secret: runtime::EncodedOnce::of_secret(&client_secret) });
    }
    if login {
        fields.push(quote! { redirect_uri: runtime::EncodedUri });
        parameters.push(quote! { redirect_uri: RedirectUri });
        values.push(quote! { redirect_uri: redirect_uri.encoded_once() });
    }
    let mut setters = Vec::new();
    for input in plan.app_inputs() {
        let (field, kind) = (
            ident(&name::snake(&input.name)),
            ident(&name::camel(&input.name)),
        );
        fields.push(quote! { #field: #kind });
        match &input.default {
            Some(default) => {
                values.push(quote! { #field: #kind(String::from(#default)) });
                setters.push(setter(
                    plan,
                    &input.name,
                    &kind,
                    &format!(
                        "Sets {}, which is {} by default.",
                        prose::text(&input.name),
                        prose::code(default)
                    ),
                ));
            }
            None => {
                parameters.push(quote! { #field: #kind });
                values.push(quote! { #field });
            }
        }
    }
    let identified = is_identified(plan).then(|| {
        fields.push(quote! { identity: runtime::AppIdentity });
        values.push(quote! { identity: runtime::AppIdentity::UNKNOWN });
        quote! { .identified() }
    });
    if !plan.environments.is_empty() {
        fields.push(quote! { environment: Environment });
        values.push(quote! { environment: Environment::default() });
        setters.push(setter(
            plan,
            "environment",
            &ident("Environment"),
            "Sets the environment, which is production by default.",
        ));
    }
    let name = prose::text(&identity.name);
    let about = doc(&match &identity.variant {
        None if !plan.has_client() => format!("What all calls to {name} share."),
        Some((_, setting)) => format!(
            "An app registered with {name}, with this setting: {}.",
            prose::text(setting)
        ),
        None => format!("An app registered with {name}."),
    });
    let new = match plan.has_client() {
        true => doc("An app as its registration states it."),
        false => doc("The app, with the spec's own values."),
    };
    let default = parameters.is_empty().then(|| {
        quote! {
            impl Default for App {
                fn default() -> App {
                    App::new()
                }
            }
        }
    });
    let identify = is_identified(plan).then(identify);
    let kind = quote! {
        #about
        #[derive(Clone, Debug)]
        pub struct App { #(#fields),* }
    };
    let made = quote! {
            impl App {
                #new
                pub fn new(#(#parameters),*) -> App {
                    #(#lets)*
                    App { #(#values),* } #identified
                }

                #(#setters)*

                #identify
            }
    };
    let registered = is_identified(plan).then(|| registered(plan));
    [Some(kind), Some(made), default, registered]
        .into_iter()
        .flatten()
        .collect()
}

/// Returns whether `App` keeps the client id.
fn keeps_client_id(plan: &Plan) -> bool {
    let is_kept = plan.has_client() && super::managed::is_any(plan);
    super::calls::names(plan, &Source::ClientId) || is_kept
}

/// Generates an expression for the credential that `App` keeps, or `None`.
fn credential(plan: &Plan) -> TokenStream {
    let named = plan.app.confidential && super::calls::names(plan, &Source::ClientSecret);
    match (plan.app.basic, named) {
        (Some(_), _) => quote! { Some(self.basic.expose()) },
        (None, true) => quote! { Some(self.client_secret.expose()) },
        (None, false) => quote! { None },
    }
}

/// Returns whether logins or connections are bound to the app's identity.
pub(super) fn is_identified(plan: &Plan) -> bool {
    plan.login.is_some() || super::managed::is_any(plan)
}

/// Generates the name and the value of each app input, sorted by name.
fn listed_inputs(plan: &Plan) -> Vec<TokenStream> {
    let mut inputs: Vec<_> = plan.app_inputs().collect();
    inputs.sort_by(|one, other| one.name.cmp(&other.name));
    let listed = inputs.into_iter().map(|input| {
        let (own, field) = (&input.name, ident(&name::snake(&input.name)));
        quote! { (#own, self.#field.as_str()) }
    });
    listed.collect()
}

fn identify() -> TokenStream {
    quote! {
        fn identified(mut self) -> App {
            self.identity = runtime::AppIdentity::of(&self);
            self
        }
    }
}

/// Generates the interface by which logins and the token lifecycle know the app.
fn registered(plan: &Plan) -> TokenStream {
    let redirect_uri = match plan.login {
        Some(_) => quote! { Some(self.redirect_uri.as_str()) },
        None => quote! { None },
    };
    let environment = match plan.environments.is_empty() {
        true => quote! { None },
        false => quote! { Some(self.environment.name()) },
    };
    let client_id = match keeps_client_id(plan) {
        true => quote! { self.client_id.expose() },
        false => quote! { "" },
    };
    let inputs = listed_inputs(plan);
    let inputs = match inputs.is_empty() {
        true => quote! { Vec::new() },
        false => quote! { vec![#(#inputs),*] },
    };
    let credential = credential(plan);
    quote! {
        impl runtime::RegisteredApp for App {
            const PROVIDER: &'static Provider = &PROVIDER;

            fn identity(&self) -> runtime::AppIdentity {
                self.identity
            }

            fn registration(&self) -> runtime::Registration<'_> {
                runtime::Registration {
                    client_id: #client_id,
                    redirect_uri: #redirect_uri,
                    environment: #environment,
                    inputs: #inputs,
                    credential: #credential,
                }
            }
        }
    }
}

fn setter(plan: &Plan, own: &str, kind: &proc_macro2::Ident, about: &str) -> TokenStream {
    let identified = match is_identified(plan) {
        true => quote! { self.identified() },
        false => quote! { self },
    };
    let (method, field) = (
        ident(&format!(
            "with_{}",
            name::snake(own).trim_start_matches("r#")
        )),
        ident(&name::snake(own)),
    );
    let about = doc(about);
    quote! {
        #about
        #[must_use]
        pub fn #method(mut self, #field: #kind) -> App {
            self.#field = #field;
            #identified
        }
    }
}
