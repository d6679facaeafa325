//! The functions of calls, whose bodies are the HTTP messages, and the readers of their responses.

use proc_macro2::TokenStream;
use quote::quote;

use super::arguments::{argument_enums, argument_type, options, options_lifetime};
use super::scopes::type_name as scope_type;
use super::statements::{At, Statements};
use super::tokens::{needs_app, refresh_type_name, type_name};
use super::values::{Place, Within, slice_name};
use super::{answers, api, deprecated, doc, document, ident, login, reader, refused};
use crate::emit::prose;
use crate::plan::token::Rotation;
use crate::plan::{
    Argument, Body, Call, CallKind, Field, FieldKind, Method, Parameter, Piece, Plan, Source,
    Template, Value, When, name,
};

pub(super) fn items(plan: &Plan) -> Vec<TokenStream> {
    let mut items = refused::constants(plan);
    let mut seen: Vec<&Argument> = plan
        .login
        .iter()
        .flat_map(|login| &login.arguments)
        .collect();
    for call in &plan.calls {
        // Calls share the type of an argument with one name.
        let is_new = |own: &&Argument| seen.iter().all(|other| other.name != own.name);
        let new: Vec<Argument> = call.arguments.iter().filter(is_new).cloned().collect();
        items.extend(argument_enums(&new));
        seen.extend(&call.arguments);
        let kind = format!("{}Options", name::camel(&call.function()));
        let about = format!("What `{}` may be given besides.", call.function());
        items.extend(options(&kind, &about, &call.arguments, &TokenStream::new()));
        items.extend(answers::item(plan, call));
        items.extend(functions(plan, call));
        items.extend(reader::readers(plan, call));
    }
    items.extend(api::items(plan));
    if plan.denies_refresh_tokens {
        items.extend(no_refresh(plan));
    }
    items
}

/// Generates the function of a call. A call that generates values for each request also has a `…_with` function.
fn functions(plan: &Plan, call: &Call) -> Vec<TokenStream> {
    let within = match call.kind {
        CallKind::Exchange => Within::Exchange,
        CallKind::Further if call.when == When::Migration => Within::Migration,
        _ => Within::Other,
    };
    let place = Place {
        plan,
        arguments: &call.arguments,
        within,
    };
    let function = ident(&call.function());
    let about = doc(&document::call(plan, call));
    let path = call.id.to_string();
    let Parameters {
        parameters,
        names,
        lines,
    } = parameters(plan, call);
    let (made, request) = request(&place, call);
    let read = reader::reference(plan, call);
    let result = answers::result(plan, call);
    let spending = spending(plan, call);
    let ends = deprecated(plan, &path);
    if !draws(call) {
        return vec![quote! {
            #about
            #ends
            pub fn #function(#(#parameters),*) -> Call<#result> {
                #lines
                #made
                let request = #request;
                Call::new(&PROVIDER, #path, request, #read) #spending
            }
        }];
    }
    let with = ident(&format!("{}_with", call.function()));
    let told = format!(
        " [`{}`] with values that are known beforehand: for tests.",
        call.function()
    );
    vec![
        quote! {
            #about
            #ends
            pub fn #function(#(#parameters),*) -> Call<#result> {
                #with(#(#names,)* &GeneratedValues::generate())
            }
        },
        quote! {
            #[doc = #told]
            #ends
            pub fn #with(#(#parameters,)* generated: &GeneratedValues) -> Call<#result> {
                #lines
                #made
                let request = #request;
                Call::new(&PROVIDER, #path, request, #read) #spending
            }
        },
    ]
}

/// Returns whether a call generates values for each request.
pub(crate) fn draws(call: &Call) -> bool {
    call.sources()
        .any(|source| matches!(source, Source::Generated(_)))
}

/// Returns the statements before the request, and the request itself.
fn request(place: &Place<'_>, call: &Call) -> (TokenStream, TokenStream) {
    let method = ident(match call.method {
        Method::Get => "Get",
        Method::Post => "Post",
        Method::Put => "Put",
        Method::Delete => "Delete",
    });
    let mut statements = Statements::new(place);
    statements.url(&call.url);
    statements.parameters(At::Query, &call.query, &[]);
    statements.headers(&call.headers);
    match &call.body {
        Body::Empty => {}
        Body::Form(parameters) => {
            statements.said.extend(quote! { out.form_body(); });
            statements.parameters(At::Form, parameters, &[]);
        }
        Body::Json(parameters) => {
            statements.said.extend(quote! { out.json_body(); });
            statements.parameters(At::Json, parameters, &[]);
        }
    }
    let (made, said) = (statements.made, statements.said);
    let request = quote! { Request::write(Method::#method, |out| { #said }) };
    if call.kind != CallKind::Exchange {
        return (made, request);
    }
    let fields = match login::keeps_fields(place.plan) {
        true => quote! { fields },
        false => quote! { () },
    };
    let nonce = place.plan.checks_nonce(call).then(|| {
        let client_id = match place.plan.has_client() && uses_app(place.plan, call) {
            true => quote! { app.client_id.expose() },
            false => quote! { "" },
        };
        let issuer = reader::issuer(place.plan).map(|pieces| {
            let pieces = pieces.iter().map(|piece| place.piece(piece));
            quote! { #(#pieces),* }
        });
        quote! { out.expect_id_token(&code, #client_id, &[#issuer]); }
    });
    let conditions = exchangeable(place.plan, call);
    let request = quote! {
        Request::write(Method::#method, |out| { #said #nonce }) #conditions
    };
    (
        quote! { let (code, #fields) = code.into_parts(); #made },
        request,
    )
}

/// Generates the conditions under which a code may be exchanged.
fn exchangeable(plan: &Plan, call: &Call) -> Option<TokenStream> {
    let of_app = uses_app(plan, call).then(|| quote! { code.belongs_to(app.identity) });
    let inputs = uses_inputs(plan, call).then(|| {
        let inputs = plan.connection_inputs().map(|input| {
            let field = ident(&name::snake(&input.name));
            quote! { inputs.#field.as_str() }
        });
        quote! { code.has_inputs(&[#(#inputs),*]) }
    });
    let id_token = reader::needs_id_token(plan, call).then(|| quote! { code.has_id_token() });
    let conditions = [of_app, inputs, id_token].into_iter().flatten();
    let all = conditions.reduce(|one, other| quote! { #one.and(#other) })?;
    Some(quote! { .only_if(#all) })
}

/// The parameters of a call's function, their names, and the lines that unwrap the checked subject and format numbers
/// as texts.
struct Parameters {
    parameters: Vec<TokenStream>,
    names: Vec<TokenStream>,
    lines: TokenStream,
}

impl Parameters {
    fn add(&mut self, name: &str, kind: &TokenStream) {
        let name = ident(name);
        self.parameters.push(quote! { #name: #kind });
        self.names.push(quote! { #name });
    }
}

fn parameters(plan: &Plan, call: &Call) -> Parameters {
    let mut own = Parameters {
        parameters: Vec::new(),
        names: Vec::new(),
        lines: TokenStream::new(),
    };
    if uses_app(plan, call) {
        own.add("app", &quote! { &App });
    }
    if uses_inputs(plan, call) {
        own.add("inputs", &quote! { &Inputs });
    }
    add_subject(plan, call, &mut own);
    for answer in answers_used(plan, call) {
        let kind = ident(&answer);
        own.add(&name::snake(&answer), &quote! { &#kind });
    }
    for index in call
        .parameters()
        .filter_map(|parameter| match parameter.value {
            Value::Scopes(index) => Some(index),
            _ => None,
        })
    {
        let set = &plan.scope_sets[index];
        let kind = scope_type(set);
        own.add(&slice_name(set), &quote! { &[#kind] });
    }
    let fields = call_fields(plan, call);
    for field in &fields {
        own.add(&name::snake(&field.name), &field_type(field));
    }
    own.lines.extend(texts_of(&fields));
    for argument in call
        .arguments
        .iter()
        .filter(|argument| !argument.may_be_left_out())
    {
        own.add(&name::snake(&argument.name), &argument_type(argument));
    }
    if call.arguments.iter().any(Argument::may_be_left_out) {
        let kind = ident(&format!("{}Options", name::camel(&call.function())));
        let lifetime = options_lifetime(&call.arguments);
        own.add("options", &quote! { #kind #lifetime });
    }
    own
}

/// Adds the parameter for the subject of a call: the code, or one of the provider's tokens.
fn add_subject(plan: &Plan, call: &Call, own: &mut Parameters) {
    let token = call
        .of_token
        .as_deref()
        .or(call.carries.as_deref())
        .or_else(|| subject_token(plan))
        .unwrap_or("access");
    match subject(plan, call) {
        Subject::None => {}
        Subject::Code => own.add("code", &quote! { Code }),
        Subject::Secret => own.add("token", &quote! { &Secret }),
        Subject::RefreshToken { is_consumed } => {
            let kind = refresh_type_name(plan, token);
            let kind = match is_consumed {
                true => quote! { #kind },
                false => quote! { &#kind },
            };
            own.add("refresh_token", &kind);
        }
        Subject::AccessToken => {
            let kind = type_name(token);
            own.add("token", &quote! { &#kind });
        }
    }
}

/// The code or the token that a call's function takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The request contains neither a code nor a token.
    None,
    /// The authorization code.
    Code,
    /// A refresh token. A refresh that replaces it takes it by value.
    RefreshToken {
        /// Whether the function takes it by value.
        is_consumed: bool,
    },
    /// An access token.
    AccessToken,
    /// A token of a time before the spec's setting was switched on.
    Secret,
}

/// Returns the subject of a call.
pub(crate) fn subject(plan: &Plan, call: &Call) -> Subject {
    let token = call.of_token.as_deref().or_else(|| subject_token(plan));
    match call.kind {
        CallKind::Exchange => Subject::Code,
        CallKind::Refresh => Subject::RefreshToken {
            is_consumed: !token.is_some_and(|token| keeps_refresh_token(plan, token)),
        },
        CallKind::ClientCredentials => Subject::None,
        _ if call.when == When::Migration => Subject::Secret,
        _ if uses(call, &Source::RefreshToken) => Subject::RefreshToken { is_consumed: false },
        _ if call.takes_access_token() => Subject::AccessToken,
        _ => Subject::None,
    }
}

pub(crate) fn uses(call: &Call, wanted: &Source) -> bool {
    call.sources().any(|source| source == wanted)
}

/// Returns the types of the other calls' responses that a call sends members of.
pub(crate) fn answers_used(plan: &Plan, call: &Call) -> Vec<String> {
    let mut answers = Vec::new();
    for source in call.sources() {
        if let Source::Member(from, _) = source {
            let own = plan
                .call_by_id(from)
                .and_then(|call| answers::struct_name(plan, call));
            answers.extend(own.filter(|own| !answers.contains(own)));
        }
    }
    answers
}

/// Returns the spec's first token, the user's. It is the subject of a call that names no token.
fn subject_token(plan: &Plan) -> Option<&str> {
    plan.tokens.first().map(|token| token.name.as_str())
}

/// Returns whether a refresh leaves the refresh token unchanged, so that a reference is enough.
pub(super) fn keeps_refresh_token(plan: &Plan, token: &str) -> bool {
    plan.token(token)
        .is_some_and(|token| token.policy.rotation == Rotation::Never)
}

/// Returns the parameters of a function that only fills in templates: the app, the inputs, each field.
pub(super) fn template_parameters(plan: &Plan, templates: &[&Template]) -> Vec<TokenStream> {
    let mut parameters = Vec::new();
    if needs_app_at_all(plan, templates) {
        parameters.push(quote! { app: &App });
    }
    if needs_inputs(plan, templates) {
        parameters.push(quote! { inputs: &Inputs });
    }
    parameters.extend(field_parameters(plan, templates.iter().copied()));
    parameters
}

/// Returns the arguments that a caller passes for the parameters of `template_parameters`.
#[cfg(feature = "docs")]
pub(super) fn template_arguments(plan: &Plan, templates: &[&Template]) -> Vec<String> {
    let app = needs_app_at_all(plan, templates).then(|| "&app".to_owned());
    let inputs = needs_inputs(plan, templates).then(|| "&inputs".to_owned());
    let fields = template_fields(plan, templates).into_iter();
    let fields = fields.map(|field| {
        let mark = if is_by_value(field) { "" } else { "&" };
        format!("{mark}{}", name::snake(&field.name))
    });
    app.into_iter().chain(inputs).chain(fields).collect()
}

fn needs_app_at_all(plan: &Plan, templates: &[&Template]) -> bool {
    templates.iter().any(|own| template_needs_app(plan, own))
}

pub(super) fn needs_inputs(plan: &Plan, templates: &[&Template]) -> bool {
    let mut sources = templates.iter().flat_map(|own| own.sources());
    sources.any(|source| is_of_connection(plan, source))
}

/// Returns a parameter for each field that the templates use, in the order of the spec.
pub(super) fn field_parameters<'t>(
    plan: &Plan,
    templates: impl IntoIterator<Item = &'t Template>,
) -> Vec<TokenStream> {
    let used: Vec<&Source> = templates.into_iter().flat_map(Template::sources).collect();
    let parameter = |field: &&Field| {
        let (name, kind) = (ident(&name::snake(&field.name)), field_type(field));
        quote! { #name: #kind }
    };
    used_fields(plan, &used).iter().map(parameter).collect()
}

fn field_type(field: &Field) -> TokenStream {
    match field.kind {
        FieldKind::Checked(_) => {
            let kind = ident(&name::camel(&field.name));
            quote! { &#kind }
        }
        FieldKind::Integer => quote! { i64 },
        FieldKind::Boolean => quote! { bool },
        FieldKind::Text => quote! { &str },
        FieldKind::Secret => quote! { &Secret },
    }
}

/// Returns whether a field is passed by value.
pub(crate) fn is_by_value(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Integer | FieldKind::Boolean)
}

/// Generates the lines that format numbers and booleans as texts.
fn texts_of(fields: &[&Field]) -> TokenStream {
    let line = |field: &&&Field| {
        let name = ident(&name::snake(&field.name));
        quote! { let #name = &*#name.to_string(); }
    };
    let lines = fields
        .iter()
        .filter(|field| is_by_value(field))
        .map(|field| line(&field));
    lines.collect()
}

/// Generates the lines that format as texts the numbers and booleans that the templates use.
pub(super) fn field_texts<'t>(
    plan: &Plan,
    templates: impl IntoIterator<Item = &'t Template>,
) -> TokenStream {
    let used: Vec<&Source> = templates.into_iter().flat_map(Template::sources).collect();
    texts_of(&used_fields(plan, &used))
}

/// Returns the fields among these sources, each once.
fn used_fields<'p>(plan: &'p Plan, used: &[&Source]) -> Vec<&'p Field> {
    let is_used = |field: &&Field| {
        used.iter()
            .any(|source| matches!(source, Source::Field(own) if *own == field.name))
    };
    plan.fields.iter().filter(is_used).collect()
}

/// Returns the fields that templates use, each once.
pub(super) fn template_fields<'p>(plan: &'p Plan, templates: &[&Template]) -> Vec<&'p Field> {
    let used: Vec<&Source> = templates.iter().flat_map(|own| own.sources()).collect();
    used_fields(plan, &used)
}

/// Returns the fields that a call's function takes.
pub(crate) fn call_fields<'p>(plan: &'p Plan, call: &Call) -> Vec<&'p Field> {
    let used: Vec<&Source> = call.sources().collect();
    let mut fields = used_fields(plan, &used);
    // The code contains the fields of the callback.
    fields.retain(|field| call.kind != CallKind::Exchange || !field.from_callback());
    fields
}

fn spending(plan: &Plan, call: &Call) -> Option<TokenStream> {
    let token = call
        .of_token
        .as_deref()
        .or_else(|| subject_token(plan))
        .unwrap_or("access");
    match call.kind {
        CallKind::Exchange => {
            let fields = plan.callback_fields().map(|field| field.optional);
            let granted = reader::keeps_granted(call).map(|_| false);
            let kept = fields.chain(granted).enumerate().map(|(at, optional)| {
                let place = proc_macro2::Literal::usize_unsuffixed(at);
                match optional {
                    true => quote! { fields.#place.as_ref().map_or("", |own| own.as_str()) },
                    false => quote! { fields.#place.as_str() },
                }
            });
            let kept: Vec<TokenStream> = kept.collect();
            (!kept.is_empty()).then(|| quote! { .keeping(&[#(#kept),*]) })
        }
        CallKind::Renew if call.readings.iter().any(|reading| reading.prolonged) => {
            Some(quote! { .keeping(&[token.0.access_token().expose()]) })
        }
        CallKind::Refresh if keeps_refresh_token(plan, token) => {
            Some(quote! { .spending(refresh_token.as_secret().clone()) })
        }
        CallKind::Refresh => Some(quote! { .spending(refresh_token.into_secret()) }),
        _ => None,
    }
}

pub(crate) fn uses_app(plan: &Plan, call: &Call) -> bool {
    // The code contains the redirect URI of an exchange.
    let redirects = call.kind != CallKind::Exchange && uses(call, &Source::RedirectUri);
    redirects
        || call
            .templates()
            .any(|template| template_needs_app(plan, template))
}

/// Returns whether a template uses values of the app, directly or in its functions.
pub(crate) fn template_needs_app(plan: &Plan, template: &Template) -> bool {
    let by_piece = template.0.iter().any(|piece| needs_app(plan, piece));
    by_piece
        || template
            .sources()
            .any(|source| needs_app(plan, &Piece::Source(source.clone())))
}

pub(crate) fn uses_inputs(plan: &Plan, call: &Call) -> bool {
    call.sources().any(|source| is_of_connection(plan, source))
}

/// Returns whether a value is an input of the connection.
pub(crate) fn is_of_connection(plan: &Plan, source: &Source) -> bool {
    match source {
        Source::Input(own) | Source::InputText(own, _) => {
            plan.input(own).is_some_and(|input| input.per_connection)
        }
        _ => false,
    }
}

/// Returns whether a URL, parameter or header of the login, a call or the API uses exactly this value.
pub(super) fn names(plan: &Plan, source: &Source) -> bool {
    let mut sources = plan.templates().flat_map(Template::sources);
    sources.any(|own| own == source)
}

pub(super) fn values(parameters: &[Parameter]) -> impl Iterator<Item = &Template> {
    parameters
        .iter()
        .filter_map(|parameter| match &parameter.value {
            Value::Template(template) => Some(template),
            _ => None,
        })
}

/// Generates a `refresh` function that cannot be called. Its compile error explains what to do instead.
fn no_refresh(plan: &Plan) -> [TokenStream; 2] {
    let provider = &plan.identity.name;
    let renew = plan.calls.iter().find(|call| call.kind == CallKind::Renew);
    let instead = match renew {
        Some(call) => format!(
            "`{}` exchanges the access token for the next one before it expires",
            call.function()
        ),
        None => "when the access token expires, start a new login".to_owned(),
    };
    let message = format!("{provider} issues no refresh tokens");
    let says = prose::text(&message);
    let page = format!("see {}.md, section “Token lifetime”", plan.identity.id);
    let about = doc(&format!(
        "{says}: {instead}. This function cannot be called. It exists for its compile error."
    ));
    [
        quote! {
            #[doc = " Implemented by nothing."]
            #[diagnostic::on_unimplemented(message = #message, label = #instead, note = #page)]
            pub trait IssuesRefreshTokens {
                /// Never.
                fn never(self) -> Call<Infallible>;
            }
        },
        quote! {
            #about
            pub fn refresh(_app: &App, refresh_token: impl IssuesRefreshTokens) -> Call<Infallible> {
                refresh_token.never()
            }
        },
    ]
}
