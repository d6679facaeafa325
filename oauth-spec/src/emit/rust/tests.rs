//! Tests of a module: every example of the spec, as the calls that a user writes.

mod checks;

use proc_macro2::TokenStream;
use quote::quote;

use super::answers::{carried_name, struct_name};
use super::calls::Subject;
use super::scopes::{constant, type_name as scope_type};
use super::tokens::{refresh_type_name, type_name};
use super::values::slice_name;
use super::{calls, ident, login};
use crate::interpret::wire::{self, Given, standard_value};
use crate::plan::{
    Argument, Call, CallKind, Example, ExampleSubject, FieldKind, Nonce, Plan, ScopeSet, name,
};
use crate::syntax::shapes::Given as Stated;

/// Generates a test for each example of a Plan. `module` is the path of its module.
pub fn tests(plan: &Plan, module: &str) -> Vec<TokenStream> {
    let path: Vec<_> = module.split("::").map(ident).collect();
    let module = quote! { #(#path)::* };
    plan.examples
        .iter()
        .enumerate()
        .filter_map(|(index, example)| test(plan, &module, index, example))
        .collect()
}

fn test(plan: &Plan, module: &TokenStream, index: usize, example: &Example) -> Option<TokenStream> {
    let own = format!(
        "{}_{}",
        name::snake(&example.name).trim_start_matches("r#"),
        index + 1
    );
    let variant = plan
        .identity
        .variant
        .as_ref()
        .map_or(String::new(), |(variant, _)| format!("{variant}_"));
    let function = ident(&format!("{variant}{own}"));
    let body = match &example.call {
        ExampleSubject::Authorize => authorize(plan, module, example),
        ExampleSubject::Callback => callback(plan, module, example),
        ExampleSubject::Install => install(plan, module, example)?,
        _ => call(plan, module, example, plan.call_of(example)?),
    };
    Some(quote! {
        #[test]
        fn #function() {
            #body
        }
    })
}

fn given(example: &Example, name: &str) -> String {
    example
        .text(name)
        .or_else(|| standard_value(name).map(str::to_owned))
        .unwrap_or_default()
}

fn app_of(plan: &Plan, module: &TokenStream, example: &Example) -> TokenStream {
    let id = given(example, "client_id");
    let mut values = vec![quote! { #id }];
    if plan.app.confidential {
        let secret = given(example, "client_secret");
        values.push(quote! { #secret });
    }
    if plan.login.is_some() {
        let redirect_uri = given(example, "redirect_uri");
        values.push(quote! { #module::RedirectUri::parse(#redirect_uri).unwrap() });
    }
    let mut setters = Vec::new();
    for input in plan.app_inputs() {
        let kind = ident(&name::camel(&input.name));
        let given = example.text(&input.name);
        match input.default {
            Some(_) if given.is_none() => {}
            Some(_) => {
                let value = given.unwrap_or_default();
                let setter = ident(&format!(
                    "with_{}",
                    name::snake(&input.name).trim_start_matches("r#")
                ));
                setters.push(quote! { .#setter(#module::#kind::parse(#value).unwrap()) });
            }
            None => {
                let value = given.unwrap_or_else(|| input.sample());
                values.push(quote! { #module::#kind::parse(#value).unwrap() });
            }
        }
    }
    if let Some(environment) = &example.environment {
        let environment = ident(&name::camel(environment));
        setters.push(quote! { .with_environment(#module::Environment::#environment) });
    }
    quote! { let app = #module::App::new(#(#values),*) #(#setters)*; }
}

fn inputs_of(plan: &Plan, module: &TokenStream, example: &Example) -> Option<TokenStream> {
    plan.connection_inputs().next()?;
    let fields = plan.connection_inputs().map(|input| {
        let (field, kind) = (
            ident(&name::snake(&input.name)),
            ident(&name::camel(&input.name)),
        );
        let value = example.text(&input.name).unwrap_or_else(|| input.sample());
        quote! { #field: #module::#kind::parse(#value).unwrap() }
    });
    Some(quote! { let inputs = #module::Inputs { #(#fields),* }; })
}

fn scopes(module: &TokenStream, set: &ScopeSet, example: &Example) -> TokenStream {
    let kind = scope_type(set);
    let own = if set.name.is_empty() {
        "scope"
    } else {
        &set.name
    };
    let scopes =
        example
            .list(own)
            .iter()
            .map(|id| match set.known.iter().find(|scope| scope.id == *id) {
                Some(scope) => {
                    let constant = ident(&constant(scope));
                    quote! { #module::#kind::#constant }
                }
                None => quote! { #module::#kind::unlisted(#id) },
            });
    quote! { &[#(#scopes),*] }
}

fn options(
    module: &TokenStream,
    kind: &str,
    arguments: &[Argument],
    further: &TokenStream,
    example: &Example,
) -> Option<TokenStream> {
    if further.is_empty() && !arguments.iter().any(Argument::may_be_left_out) {
        return None;
    }
    let fields = arguments
        .iter()
        .filter(|argument| argument.may_be_left_out())
        .map(|argument| {
            let field = ident(&name::snake(&argument.name));
            match example.text(&argument.name) {
                None => quote! { #field: None },
                Some(value) => {
                    let value = argument_value(module, argument, &value);
                    quote! { #field: Some(#value) }
                }
            }
        });
    let kind = ident(kind);
    Some(quote! { #module::#kind { #further #(#fields),* } })
}

fn argument_value(module: &TokenStream, argument: &Argument, value: &str) -> TokenStream {
    match argument.one_of.is_empty() {
        true => quote! { #value },
        false => {
            let (kind, word) = (
                ident(&name::camel(&argument.name)),
                ident(&name::camel(value)),
            );
            quote! { #module::#kind::#word }
        }
    }
}

/// Returns the arguments of `login`.
fn login_arguments(plan: &Plan, module: &TokenStream, example: &Example) -> Vec<TokenStream> {
    let Some(own) = &plan.login else {
        return Vec::new();
    };
    let mut arguments = vec![quote! { &app }];
    if plan.connection_inputs().next().is_some() {
        arguments.push(quote! { &inputs });
    }
    let mut named = TokenStream::new();
    for set in plan.login_scopes() {
        let scopes = scopes(module, set, example);
        match plan.has_named_scopes() {
            true => {
                let field = ident(&slice_name(set));
                named.extend(quote! { #field: #scopes, });
            }
            false => arguments.push(scopes),
        }
    }
    for argument in own
        .arguments
        .iter()
        .filter(|argument| !argument.may_be_left_out())
    {
        let first = || argument.one_of.first().cloned();
        let value = example.text(&argument.name).or_else(first);
        arguments.push(argument_value(module, argument, &value.unwrap_or_default()));
    }
    if own.has_offline {
        let offline = example.flag("offline");
        named.extend(quote! { offline: #offline, });
    }
    arguments.extend(options(
        module,
        "LoginOptions",
        &own.arguments,
        &named,
        example,
    ));
    debug_assert_eq!(arguments.len(), login::parameters(plan, own).0.len());
    arguments
}

/// Generates the test of a callback, which returns a code or is rejected.
fn callback(plan: &Plan, module: &TokenStream, example: &Example) -> TokenStream {
    let (app, inputs) = (
        app_of(plan, module, example),
        inputs_of(plan, module, example),
    );
    let secrets = secrets(plan, example);
    let arguments = login_arguments(plan, module, example);
    let url = example
        .request
        .as_deref()
        .unwrap_or_default()
        .trim_start_matches("GET ");
    let given_app = plan
        .login
        .iter()
        .filter(|login| login.verifies_late())
        .map(|_| quote! { &app, });
    let outcome = ident(if example.expected.error.is_some() {
        "is_err"
    } else {
        "is_ok"
    });
    quote! {
        #app
        #inputs
        #secrets
        let login = #module::login_with(#(#arguments,)* &secrets);
        assert!(login.callback(#(#given_app)* #url).#outcome());
    }
}

/// Generates the test of an installation request, which fills inputs or is rejected.
fn install(plan: &Plan, module: &TokenStream, example: &Example) -> Option<TokenStream> {
    let install = plan.install.as_ref()?;
    let needs_app = install
        .verify
        .iter()
        .any(|verify| calls::template_needs_app(plan, &verify.value));
    let app = needs_app.then(|| app_of(plan, module, example));
    let given_app = needs_app.then(|| quote! { &app, });
    let url = example.request.as_deref().unwrap_or_default();
    let url = url.trim_start_matches("GET ");
    let outcome = match &example.expected.error {
        Some(_) => quote! { assert!(outcome.is_err()); },
        None => {
            let checks = example.expected.fields.iter().filter_map(|(name, value)| {
                let (field, text) = (
                    ident(&name::snake(name)),
                    match value {
                        Stated::Text(text) => text.clone(),
                        _ => return None,
                    },
                );
                Some(quote! { assert_eq!(inputs.#field.as_str(), #text); })
            });
            quote! { let inputs = outcome.unwrap(); #(#checks)* }
        }
    };
    Some(quote! {
        #app
        let outcome = #module::install(#given_app #url);
        #outcome
    })
}

fn secrets(plan: &Plan, example: &Example) -> TokenStream {
    let (state, verifier) = (given(example, "state"), given(example, "code_verifier"));
    let nonce = plan
        .login
        .as_ref()
        .filter(|login| login.nonce != Nonce::None)
        .map(|_| {
            let nonce = given(example, "nonce");
            quote! { .with_nonce(#nonce).unwrap() }
        });
    quote! { let secrets = LoginSecrets::from_parts(#state, #verifier).unwrap() #nonce; }
}

fn authorize(plan: &Plan, module: &TokenStream, example: &Example) -> TokenStream {
    let (app, inputs) = (
        app_of(plan, module, example),
        inputs_of(plan, module, example),
    );
    let secrets = secrets(plan, example);
    let arguments = login_arguments(plan, module, example);
    let url = plan.login.as_ref().map(|login| {
        let text = wire::login_message(plan, login, &Given::example(plan, example)).exact();
        text.trim_start_matches("GET ").to_owned()
    });
    quote! {
        #app
        #inputs
        #secrets
        let login = #module::login_with(#(#arguments,)* &secrets);
        assert_eq!(login.url(), #url);
    }
}

fn call(plan: &Plan, module: &TokenStream, example: &Example, call: &Call) -> TokenStream {
    let takes_app = calls::uses_app(plan, call) || call.kind == CallKind::Exchange;
    let app = takes_app.then(|| app_of(plan, module, example));
    let takes_inputs = calls::uses_inputs(plan, call) || call.kind == CallKind::Exchange;
    let inputs = takes_inputs
        .then(|| inputs_of(plan, module, example))
        .flatten();
    let (subject, arguments) = call_arguments(plan, module, example, call);
    let function = ident(&match calls::draws(call) {
        true => format!("{}_with", call.function()),
        false => call.function(),
    });
    let request = example.request.is_some().then(|| {
        let expected = wire::call_message(plan, call, &Given::example(plan, example)).exact();
        quote! { assert_eq!(message(&call), #expected); }
    });
    let outcome = example.response.as_ref().map(|response| {
        let (status, body) = (response.status, &response.body);
        let checks = checks::checks(plan, call, example);
        let challenge = response.headers.iter().find_map(|(name, value)| {
            name.eq_ignore_ascii_case("www-authenticate")
                .then_some(value)
        });
        let answer = match challenge {
            None => quote! { let answer = response(#status, #body); },
            Some(value) => quote! {
                let mut answer = response(#status, #body);
                answer.headers_mut().insert("www-authenticate", #value.parse().unwrap());
            },
        };
        quote! {
            #answer
            let outcome = call.read(&answer, UNIX_EPOCH);
            #checks
        }
    });
    quote! {
        #app
        #inputs
        #subject
        let call = #module::#function(#(#arguments),*);
        #request
        #outcome
    }
}

fn call_arguments(
    plan: &Plan,
    module: &TokenStream,
    example: &Example,
    call: &Call,
) -> (TokenStream, Vec<TokenStream>) {
    let mut arguments = Vec::new();
    if calls::uses_app(plan, call) {
        arguments.push(quote! { &app });
    }
    if calls::uses_inputs(plan, call) {
        arguments.push(quote! { &inputs });
    }
    let token = call
        .of_token
        .as_deref()
        .or(call.carries.as_deref())
        .or(plan.tokens.first().map(|token| token.name.as_str()))
        .unwrap_or("access");
    let subject = match calls::subject(plan, call) {
        Subject::None => quote! {},
        Subject::Code => {
            arguments.push(quote! { code });
            code(plan, module, example)
        }
        Subject::RefreshToken { is_consumed } => {
            let (kind, text) = (
                refresh_type_name(plan, token),
                given(example, "refresh_token"),
            );
            arguments.push(match is_consumed {
                true => quote! { refresh_token },
                false => quote! { &refresh_token },
            });
            quote! { let refresh_token = #module::#kind::from_stored(Secret::new(#text)); }
        }
        Subject::Secret => {
            let text = given(example, "access_token");
            arguments.push(quote! { &token });
            quote! { let token = Secret::new(#text); }
        }
        Subject::AccessToken => {
            let (kind, text) = (type_name(token), given(example, "access_token"));
            arguments.push(quote! { &token });
            quote! { let token = #module::#kind::from_stored(Token::new(Secret::new(#text))); }
        }
    };
    let (answers, names) = earlier_answers(plan, module, example, call);
    arguments.extend(names);
    let subject = quote! { #subject #answers };
    for parameter in call.parameters() {
        if let crate::plan::Value::Scopes(index) = parameter.value {
            arguments.push(scopes(module, &plan.scope_sets[index], example));
        }
    }
    for field in calls::call_fields(plan, call) {
        let text = example.text(&field.name).unwrap_or_default();
        arguments.push(match field.kind {
            FieldKind::Checked(_) => {
                let kind = ident(&name::camel(&field.name));
                quote! { &#module::#kind::parse(#text).unwrap() }
            }
            FieldKind::Secret => quote! { &Secret::new(#text) },
            _ if calls::is_by_value(field) => text.parse().unwrap_or_default(),
            _ => quote! { #text },
        });
    }
    for argument in call
        .arguments
        .iter()
        .filter(|argument| !argument.may_be_left_out())
    {
        let value = example.text(&argument.name).unwrap_or_default();
        arguments.push(argument_value(module, argument, &value));
    }
    let kind = format!("{}Options", name::camel(&call.function()));
    arguments.extend(options(
        module,
        &kind,
        &call.arguments,
        &TokenStream::new(),
        example,
    ));
    if calls::draws(call) {
        let uuid = given(example, "uuid");
        let now: u64 = given(example, "now_ms").parse().unwrap_or_default();
        arguments
            .push(quote! { &GeneratedValues::from_parts(#uuid, UNIX_EPOCH + Duration::from_millis(#now)) });
    }
    (subject, arguments)
}

/// Generates the responses of earlier calls that this call sends members of, with values of the example.
fn earlier_answers(
    plan: &Plan,
    module: &TokenStream,
    example: &Example,
    call: &Call,
) -> (TokenStream, Vec<TokenStream>) {
    let mut lines = TokenStream::new();
    let mut names = Vec::new();
    for own in calls::answers_used(plan, call) {
        let mut earlier = plan.calls.iter();
        let Some(earlier) = earlier.find(|call| struct_name(plan, call).as_ref() == Some(&own))
        else {
            continue;
        };
        let word = earlier.id.source();
        let tokens = earlier.readings.iter().map(|reading| {
            let (field, kind) = (ident(&name::snake(&reading.token)), type_name(&reading.token));
            match reading.optional {
                true => quote! { #field: None },
                false => {
                    quote! { #field: #module::#kind::from_stored(Token::new(Secret::new("unused"))) }
                }
            }
        });
        let fields = earlier.fields.iter().map(|field| {
            let own = ident(&name::snake(&field.name));
            if field.optional {
                return quote! { #own: None };
            }
            let value = match &field.kind {
                FieldKind::Text => quote! { String::new() },
                FieldKind::Secret => quote! { Secret::new("unused") },
                FieldKind::Integer => quote! { 0 },
                FieldKind::Boolean => quote! { false },
                FieldKind::Checked(form) => {
                    let kind = ident(&name::camel(&field.name));
                    let sample = example.text(&field.name).unwrap_or_else(|| form.sample());
                    quote! { #module::#kind::parse(#sample).unwrap() }
                }
            };
            quote! { #own: #value }
        });
        let carried = earlier.carried.iter().map(|path| {
            let field = ident(&carried_name(path));
            let value = given(example, &format!("{word}.{}", path.join(".")));
            quote! { #field: Secret::new(#value) }
        });
        let label = earlier
            .selection
            .as_ref()
            .filter(|selection| selection.label.is_some())
            .map(|_| quote! { label: String::new() });
        let parts: Vec<TokenStream> = tokens.chain(fields).chain(carried).chain(label).collect();
        let (variable, kind) = (ident(&name::snake(&own)), ident(&own));
        lines.extend(quote! { let #variable = #module::#kind { #(#parts),* }; });
        names.push(quote! { &#variable });
    }
    (lines, names)
}

/// Generates the statements that obtain a code: only the callback of a login returns one.
fn code(plan: &Plan, module: &TokenStream, example: &Example) -> TokenStream {
    let secrets = secrets(plan, example);
    let given_scopes = Example {
        given: example.given.clone(),
        ..example.clone()
    };
    let arguments = login_arguments(plan, module, &given_scopes);
    let Some(login) = &plan.login else {
        return quote! {};
    };
    let [code, state, ..] = &login.callback;
    let (own_code, own_state) = (given(example, "code"), given(example, "state"));
    let verify = login.verify_early().map(|verify| {
        let value = wire::template(plan, &verify.value, &Given::example(plan, example));
        (verify.name.clone(), value)
    });
    let kept = plan.callback_fields().map(|field| {
        let sample = || match &field.kind {
            FieldKind::Checked(form) => form.sample(),
            _ => field.name.clone(),
        };
        let value = example.text(&field.name).unwrap_or_else(sample);
        (field.path.concat(), value)
    });
    let granted = plan.exchange().and_then(super::reader::keeps_granted);
    let granted = granted.and_then(|parameter| {
        let given = example.text(&format!("callback.{parameter}"))?;
        Some((parameter.to_owned(), given))
    });
    let pairs = [(code.clone(), own_code), (state.clone(), own_state)]
        .into_iter()
        .filter(|(name, _)| !(login.state_in_redirect && name == state))
        .chain(
            login
                .state_in_redirect
                .then(|| (state.clone(), given(example, "state"))),
        )
        .chain(verify)
        .chain(granted)
        .chain(kept);
    let mut pairs: Vec<(String, String)> = pairs.collect();
    for verify in login.verify_late() {
        let given = Given::example(plan, example).with_rest(&pairs);
        pairs.push((
            verify.name.clone(),
            wire::template(plan, &verify.value, &given),
        ));
    }
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", wire::form(name), wire::form(value)))
        .collect();
    let query = pairs.join("&");
    let app = login.verifies_late().then(|| quote! { &app, });
    quote! {
        #secrets
        let login = #module::login_with(#(#arguments,)* &secrets);
        let code = login.callback(#app #query).unwrap();
    }
}
