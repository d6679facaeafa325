//! Implementations of `StoredToken`, which describe each token type to the token lifecycle.

use proc_macro2::TokenStream;
use quote::quote;

use super::calls::{
    Subject, call_fields, field_texts, is_by_value, needs_inputs, subject, template_fields,
    template_needs_app, uses, uses_app, uses_inputs,
};
use super::tokens::type_name;
use super::values::slice_name;
use super::{answers, api, ident, scopes};
use crate::emit::prose;
use crate::plan::token::Renewal;
use crate::plan::{
    Api, Argument, Call, CallKind, Field, FieldKind, Plan, ScopeSet, Source, Template, Token,
    Value, name,
};

pub(super) fn items(plan: &Plan) -> Vec<TokenStream> {
    let kept = plan.tokens.iter().filter_map(|token| Kept::of(plan, token));
    kept.flat_map(|kept| [kept.inputs(), vec![kept.managed()]])
        .flatten()
        .collect()
}

/// Returns whether the lifecycle can store any of the tokens.
pub(super) fn is_any(plan: &Plan) -> bool {
    plan.tokens
        .iter()
        .any(|token| Kept::of(plan, token).is_some())
}

/// Returns whether the lifecycle can store any token that the API accepts.
pub(super) fn has_api(plan: &Plan) -> bool {
    let mut kept = plan.tokens.iter().filter_map(|token| Kept::of(plan, token));
    kept.any(|kept| kept.accepting().is_some())
}

/// A token that the lifecycle can store.
struct Kept<'p> {
    plan: &'p Plan,
    token: &'p Token,
    /// The call that returns the next token.
    renew: Option<&'p Call>,
    /// The call that revokes the token.
    revoke: Option<&'p Call>,
    /// The call that revokes a token without a refresh token, if `revoke` sends one.
    revoke_without: Option<&'p Call>,
    /// The call that returns the token's granted scopes.
    introspect: Option<&'p Call>,
}

impl<'p> Kept<'p> {
    /// Returns `None` if the token's renewal needs values that are not stored.
    fn of(plan: &'p Plan, token: &'p Token) -> Option<Kept<'p>> {
        let kind = match token.policy.renewal {
            Renewal::None => None,
            Renewal::Refresh => Some(CallKind::Refresh),
            Renewal::Exchange | Renewal::WithoutToken => Some(CallKind::Renew),
            Renewal::ClientCredentials => Some(CallKind::ClientCredentials),
        };
        let renew = match kind {
            None => None,
            Some(kind) => Some(plan.calls.iter().find(|call| {
                let is_own = call.of_token.as_ref().is_none_or(|own| *own == token.name);
                let gives_it = matches!(&call.readings[..], [only] if only.token == token.name && !only.optional);
                call.kind == kind && is_own && gives_it && wants_kept_alone(plan, call)
            })?),
        };
        let first = plan.tokens.first().map(|first| &first.name);
        let ends = [CallKind::RevokeRefreshToken, CallKind::RevokeAccessToken];
        let mut revokes = plan.calls.iter().filter(|call| {
            let subject = call.of_token.as_ref().or(call.carries.as_ref()).or(first);
            ends.contains(&call.kind) && subject == Some(&token.name) && is_kept(plan, call)
        });
        let (revoke, revoke_without) = (revokes.next(), revokes.next());
        let introspect = plan.calls.iter().find(|call| {
            let tells = call.fields.iter().any(|field| field.name == "scope");
            let subject = call.carries.as_ref().or(first);
            let is_own = subject == Some(&token.name) && !uses(call, &Source::RefreshToken);
            call.kind == CallKind::Introspect && tells && is_own && wants_kept_alone(plan, call)
        });
        Some(Kept {
            plan,
            token,
            renew,
            revoke,
            revoke_without,
            introspect,
        })
    }

    fn calls(&self) -> impl Iterator<Item = &'p Call> {
        let revoke = self.revoke.into_iter().chain(self.revoke_without);
        self.renew.into_iter().chain(revoke).chain(self.introspect)
    }

    /// Returns the API, if it accepts the token.
    fn accepting(&self) -> Option<&'p Api> {
        let api = self.plan.api.as_ref();
        api.filter(|api| api.accepts(&self.token.name))
    }

    /// Returns the API, if it accepts the token, and all values that its calls need are stored.
    fn api(&self) -> Option<&'p Api> {
        let api = self.accepting()?;
        let templates: Vec<_> = api.templates().collect();
        let fields = template_fields(self.plan, &templates);
        fields
            .iter()
            .all(|field| field.kind != FieldKind::Secret)
            .then_some(api)
    }

    fn api_templates(&self) -> Vec<&'p Template> {
        self.api().into_iter().flat_map(Api::templates).collect()
    }

    fn uses_inputs(&self) -> bool {
        let templates = self.api_templates();
        self.calls().any(|call| uses_inputs(self.plan, call)) || needs_inputs(self.plan, &templates)
    }

    /// Returns the fields that the calls or the API use, each once.
    fn fields(&self) -> Vec<&'p Field> {
        let templates = self.api_templates();
        let of_api = template_fields(self.plan, &templates);
        let of_calls = self.calls().flat_map(|call| call_fields(self.plan, call));
        let mut fields: Vec<&Field> = Vec::new();
        for field in of_calls.chain(of_api) {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        fields
    }

    /// Returns the scopes and arguments of the client credentials request, which a renewal repeats.
    fn asked(&self) -> Vec<Asked<'p>> {
        let machine = self
            .renew
            .filter(|call| call.kind == CallKind::ClientCredentials);
        let Some(call) = machine else {
            return Vec::new();
        };
        let scopes = call.parameters().filter_map(|row| match row.value {
            Value::Scopes(index) => self.plan.scope_sets.get(index).map(Asked::Scopes),
            _ => None,
        });
        let arguments = call.arguments.iter().filter(|own| !own.may_be_left_out());
        scopes.chain(arguments.map(Asked::Argument)).collect()
    }

    fn keeps_nothing(&self) -> bool {
        !self.uses_inputs() && self.fields().is_empty() && self.asked().is_empty()
    }

    /// Returns the type of the values that are stored beside the token.
    fn inputs_type(&self) -> TokenStream {
        match !self.keeps_nothing() {
            true => {
                let kind = ident(&format!("{}Inputs", type_name(&self.token.name)));
                quote! { #kind }
            }
            false => quote! { () },
        }
    }

    fn inputs(&self) -> Vec<TokenStream> {
        if self.keeps_nothing() {
            return Vec::new();
        }
        let kind = self.inputs_type();
        let (mut fields, mut texts, mut values) = (Vec::new(), Vec::new(), Vec::new());
        if self.uses_inputs() {
            fields.push(quote! {
                /// What was known of the user before the login.
                pub inputs: Inputs
            });
            values.push(quote! { inputs: Inputs::from_texts(text)? });
        }
        for field in self.fields() {
            let (text, own) = (&field.name, ident(&name::snake(&field.name)));
            let about = format!(" {}, as the login gave it.", prose::code(text));
            let (of, written, read) = match &field.kind {
                FieldKind::Checked(_) => {
                    let kind = ident(&name::camel(text));
                    (
                        quote! { #kind },
                        quote! { self.#own.as_str().to_owned() },
                        quote! { #kind::parse(text(#text))? },
                    )
                }
                FieldKind::Text | FieldKind::Secret => (
                    quote! { String },
                    quote! { self.#own.clone() },
                    quote! { text(#text) },
                ),
                FieldKind::Integer => (
                    quote! { i64 },
                    quote! { self.#own.to_string() },
                    quote! { runtime::stored_integer(#text, &text(#text))? },
                ),
                FieldKind::Boolean => (
                    quote! { bool },
                    quote! { self.#own.to_string() },
                    quote! { text(#text) == "true" },
                ),
            };
            fields.push(quote! { #[doc = #about] pub #own: #of });
            texts.push(quote! { (#text, #written) });
            values.push(quote! { #own: #read });
        }
        for asked in self.asked() {
            let (field, written, read) = asked.kept();
            let text = asked.name();
            fields.push(field);
            texts.push(quote! { (#text, #written) });
            values.push(read);
        }
        let texts = match (self.uses_inputs(), texts.is_empty()) {
            (true, true) => quote! { self.inputs.texts() },
            (true, false) => quote! { [self.inputs.texts(), vec![#(#texts),*]].concat() },
            (false, _) => quote! { vec![#(#texts),*] },
        };
        let names: Vec<_> = self
            .calls()
            .map(|call| format!("[`{}`]", call.function()))
            .collect();
        let wanted = match (names.as_slice(), self.api()) {
            ([], _) => "calls to the API".to_owned(),
            (names, Some(_)) => format!("{} and calls to the API", names.join(", ")),
            (names, None) => names.join(" and "),
        };
        let about = format!(" What a connection keeps beside its token, for {wanted}.");
        vec![
            quote! {
                #[doc = #about]
                #[derive(Clone, Debug, PartialEq, Eq)]
                pub struct #kind { #(#fields),* }
            },
            quote! {
                impl StoredInputs for #kind {
                    fn texts(&self) -> Vec<(&'static str, String)> {
                        #texts
                    }

                    fn from_texts(text: &dyn Fn(&str) -> String) -> Result<#kind, InvalidInput> {
                        Ok(#kind { #(#values),* })
                    }
                }
            },
        ]
    }

    fn managed(&self) -> TokenStream {
        let (plan, own) = (self.plan, &self.token.name);
        let (kind, inputs) = (type_name(own), self.inputs_type());
        let operation = super::operations::kind(plan);
        let access = self.access().map(|(with, access)| {
            quote! {
                fn access(#with) -> Option<runtime::Access> {
                    #access
                }
            }
        });
        let api_conventions = self.accepting().map(|_| {
            quote! {
                const API: Option<&'static runtime::ApiConventions> = Some(&API_CONVENTIONS);
            }
        });
        let renew = self.renew.map(|call| {
            let (with, renew) = self.method(call);
            quote! {
                fn renew(#with) -> Option<Call<#kind>> {
                    #renew
                }
            }
        });
        let introspect = self.introspect.map(|call| {
            let (with, introspect) = self.method(call);
            quote! {
                fn introspect(#with) -> Option<Call<Option<runtime::Scopes>>> {
                    let call: Option<Call<Introspection>> = { #introspect };
                    call.map(|call| {
                        call.read_by(|response| {
                            let own = read_introspect(response)?;
                            Ok(runtime::introspected(own.active, own.scope.as_deref()))
                        })
                    })
                }
            }
        });
        let revoke = self.revoke.map(|call| {
            let (with, revoke) = match self.revoke_without {
                None => self.method(call),
                Some(without) => {
                    let (own, other) = (self.call(call), self.call(without));
                    let with = self.parameters(Uses {
                        app: own.uses.app || other.uses.app,
                        inputs: own.uses.inputs || other.uses.inputs,
                        token: true,
                    });
                    let (own, other) = (own.body, other.body);
                    let body = quote! {
                        match token.refresh_token().is_some() {
                            true => { #own }
                            false => { #other }
                        }
                    };
                    (with, body)
                }
            };
            quote! {
                fn revoke(#with) -> Option<Call<()>> {
                    #revoke
                }
            }
        });
        quote! {
            impl StoredToken for #kind {
                type App = App;
                type Inputs = #inputs;
                type Operation = #operation;
                const NAME: &'static str = #own;
                #api_conventions

                #access
                #renew
                #introspect
                #revoke
            }
        }
    }

    /// Returns the parameters and the body of `access`, which describes what an API call sends.
    fn access(&self) -> Option<(TokenStream, TokenStream)> {
        let (plan, inputs) = (self.plan, self.inputs_type());
        let api = self.api()?;
        let templates: Vec<_> = api.templates().collect();
        let app = match templates.iter().any(|own| template_needs_app(plan, own)) {
            true => quote! { app },
            false => quote! { _ },
        };
        let mut kept = Vec::new();
        if needs_inputs(plan, &templates) {
            kept.push(quote! { inputs });
        }
        let fields = template_fields(plan, &templates);
        kept.extend(fields.iter().map(|field| {
            let own = ident(&name::snake(&field.name));
            quote! { #own }
        }));
        let (own, taken) = match kept.is_empty() {
            true if inputs.to_string() == "()" => (quote! { () }, quote! {}),
            true => (quote! { _ }, quote! {}),
            false => (
                quote! { inputs },
                quote! { let #inputs { #(#kept,)* .. } = inputs; },
            ),
        };
        let texts = field_texts(plan, templates.iter().copied());
        let access = api::access(plan, api);
        Some((
            quote! { #app: &App, #own: &#inputs, token: &Token },
            quote! { #taken #texts Some(#access) },
        ))
    }

    /// Returns the parameters and the body of a function that makes a call.
    fn method(&self, call: &Call) -> (TokenStream, TokenStream) {
        let Making { uses, body } = self.call(call);
        (self.parameters(uses), body)
    }

    /// Returns the parameters of a function that makes a call. Unused parameters have no name.
    fn parameters(&self, uses: Uses) -> TokenStream {
        let inputs = self.inputs_type();
        let named = |is_used: bool, name: TokenStream| match is_used {
            true => name,
            false => quote! { _ },
        };
        let app = named(uses.app, quote! { app });
        let token = named(uses.token, quote! { token });
        let own = match (uses.inputs, inputs.to_string() == "()") {
            (true, _) => quote! { inputs },
            (false, true) => quote! { () },
            (false, false) => quote! { _ },
        };
        quote! { #app: &App, #own: &#inputs, #token: Token }
    }

    /// Returns the expression that makes a call, and the parameters that it uses.
    fn call(&self, call: &Call) -> Making {
        let plan = self.plan;
        let (mut given, mut kept) = (Vec::new(), false);
        if uses_app(plan, call) {
            given.push(quote! { app });
        }
        if uses_inputs(plan, call) {
            kept = true;
            given.push(quote! { &inputs.inputs });
        }
        let subject = subject(plan, call);
        match subject {
            Subject::None | Subject::Code | Subject::Secret => {}
            Subject::RefreshToken { is_consumed } => given.push(match is_consumed {
                true => quote! { token.take_refresh_token()? },
                false => quote! { &token.take_refresh_token()? },
            }),
            Subject::AccessToken => {
                let kind = type_name(&self.token.name);
                given.push(quote! { &#kind(token) });
            }
        }
        let asked = match call.kind {
            CallKind::ClientCredentials => self.asked(),
            _ => Vec::new(),
        };
        kept |= !asked.is_empty();
        let [scopes, arguments] = [true, false].map(|scopes| {
            let own = asked.iter().filter(move |own| own.is_scopes() == scopes);
            own.map(Asked::given)
        });
        given.extend(scopes);
        for field in call_fields(plan, call) {
            kept = true;
            let own = ident(&name::snake(&field.name));
            given.push(match is_by_value(field) {
                true => quote! { inputs.#own },
                false => quote! { &inputs.#own },
            });
        }
        given.extend(arguments);
        if call.arguments.iter().any(Argument::may_be_left_out) {
            let options = ident(&format!("{}Options", name::camel(&call.function())));
            given.push(quote! { #options::default() });
        }
        let function = ident(&call.function());
        // Only a login uses the values that come with the token.
        let alone = match (answers::struct_name(plan, call), &call.readings[..]) {
            (Some(_), [reading]) => {
                let read = ident(&format!("read_{}", call.function()));
                let field = ident(&name::snake(&reading.token));
                quote! { .read_by(|response| Ok(#read(response)?.#field)) }
            }
            _ => TokenStream::new(),
        };
        let takes_refresh_token = matches!(subject, Subject::RefreshToken { .. });
        let taken = takes_refresh_token.then(|| {
            let kind = type_name(&self.token.name);
            quote! { let mut token = #kind(token); }
        });
        Making {
            uses: Uses {
                app: uses_app(plan, call),
                inputs: kept,
                token: !matches!(subject, Subject::None),
            },
            body: quote! { #taken Some(#function(#(#given),*) #alone) },
        }
    }
}

/// An expression that makes a call.
struct Making {
    uses: Uses,
    body: TokenStream,
}

/// The parameters of a method of `StoredToken` that a call uses.
#[derive(Clone, Copy)]
struct Uses {
    app: bool,
    inputs: bool,
    token: bool,
}

/// A part of a client credentials request.
enum Asked<'p> {
    Scopes(&'p ScopeSet),
    Argument(&'p Argument),
}

impl Asked<'_> {
    fn is_scopes(&self) -> bool {
        matches!(self, Asked::Scopes(_))
    }

    fn name(&self) -> String {
        match self {
            Asked::Scopes(set) => slice_name(set),
            Asked::Argument(argument) => argument.name.clone(),
        }
    }

    /// Returns the field that stores the value, the expression that writes it as text, and the one that reads it.
    fn kept(&self) -> (TokenStream, TokenStream, TokenStream) {
        let text = self.name();
        let own = ident(&name::snake(&text));
        let about = format!(" {}, as it was asked for.", prose::code(&text));
        let (kind, written, read) = match self {
            Asked::Scopes(set) => {
                let kind = scopes::type_name(set);
                let known = set
                    .known
                    .iter()
                    .map(|scope| ident(&scopes::constant(scope)));
                (
                    quote! { Vec<#kind> },
                    quote! { runtime::joined(&self.#own) },
                    quote! { runtime::stored_scopes(#text, &text(#text), &[#(#kind::#known),*])? },
                )
            }
            Asked::Argument(argument) if argument.one_of.is_empty() => (
                quote! { String },
                quote! { self.#own.clone() },
                quote! { text(#text) },
            ),
            Asked::Argument(argument) => {
                let kind = ident(&name::camel(&argument.name));
                let words = argument.one_of.iter();
                let rows = words.map(|word| {
                    let variant = ident(&name::camel(word));
                    quote! { (#word, #kind::#variant) }
                });
                (
                    quote! { #kind },
                    quote! { self.#own.as_str().to_owned() },
                    quote! { runtime::stored_word(#text, &text(#text), &[#(#rows),*])? },
                )
            }
        };
        (
            quote! { #[doc = #about] pub #own: #kind },
            written,
            quote! { #own: #read },
        )
    }

    /// Returns the value as an argument of the call.
    fn given(&self) -> TokenStream {
        let own = ident(&name::snake(&self.name()));
        match self {
            Asked::Argument(argument) if !argument.one_of.is_empty() => quote! { inputs.#own },
            _ => quote! { &inputs.#own },
        }
    }
}

/// Returns whether all values that a call needs are stored, and the call returns at most one token.
fn is_kept(plan: &Plan, call: &Call) -> bool {
    wants_kept_alone(plan, call) && answers::struct_name(plan, call).is_none()
}

/// Returns whether all values that a call needs are stored.
fn wants_kept_alone(plan: &Plan, call: &Call) -> bool {
    // The values of a client credentials request are stored with the token.
    let is_kept = call.kind == CallKind::ClientCredentials;
    let asks_scopes = || {
        let mut parameters = call.parameters();
        parameters.any(|parameter| matches!(parameter.value, Value::Scopes(_)))
    };
    let needs_argument = || call.arguments.iter().any(|own| !own.may_be_left_out());
    let needs_member = || call.sources().any(|own| matches!(own, Source::Member(..)));
    let fields = call_fields(plan, call);
    let needs_secret = fields.iter().any(|own| own.kind == FieldKind::Secret);
    !needs_secret && (is_kept || !(asks_scopes() || needs_argument() || needs_member()))
}
