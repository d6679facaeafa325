//! Checks of examples: they agree with what the Plan sends and how it reads responses, and no call is left out.

use super::Context;
use crate::interpret::examples;
use crate::interpret::sample::{self, Missing};
use crate::plan::token::GrantedScopes;
use crate::plan::{Call, Example, ExampleSubject, Expectation, Source};
use crate::rules;

pub(super) fn check(cx: &mut Context<'_>) {
    let plan = cx.plan;
    for example in &plan.examples {
        if example.generated && example.source.is_some() {
            let message = format!("`{}` is generated and has a source", example.name);
            let help = "drop `generated = true`".to_owned();
            cx.report_example(
                &rules::GENERATED_EVIDENCE,
                example.position,
                message,
                Some(help),
            );
        }
        if is_known(cx, example) {
            request(cx, example);
            response(cx, example);
        }
    }
    unknown_variants(cx);
    missing(cx);
}

fn is_known(cx: &mut Context<'_>, example: &Example) -> bool {
    let plan = cx.plan;
    let at_login = matches!(
        example.call,
        ExampleSubject::Authorize | ExampleSubject::Callback
    );
    let login = plan.login.as_ref().filter(|_| at_login);
    let own: Vec<&Call> = plan.call_of(example).into_iter().collect();
    let installs = plan.install.is_some() && example.call == ExampleSubject::Install;
    if login.is_none() && own.is_empty() && !installs {
        let message = format!("unknown call `{}`", example.call);
        let mut names: Vec<String> = plan.calls.iter().map(|call| call.id.to_string()).collect();
        let own = [ExampleSubject::Authorize, ExampleSubject::Callback].map(|own| own.to_string());
        names.extend(plan.login.iter().flat_map(|_| own.clone()));
        names.extend(
            plan.install
                .iter()
                .map(|_| ExampleSubject::Install.to_string()),
        );
        names.dedup();
        cx.report_example(
            &rules::UNKNOWN_EXAMPLE,
            example.position,
            message,
            Some(format!("one of: {}", names.join(", "))),
        );
        return false;
    }
    if let Some(environment) = &example.environment
        && !plan.environments.iter().any(|own| own.name == *environment)
    {
        let message = format!("unknown environment `{environment}`");
        cx.report_example(&rules::UNKNOWN_EXAMPLE, example.position, message, None);
    }
    missing_arguments(cx, example, &own);
    let mut names: Vec<&str> = [
        "client_id",
        "client_secret",
        "redirect_uri",
        "state",
        "code",
        "code_verifier",
        "refresh_token",
        "access_token",
        "nonce",
        "uuid",
        "now",
        "now_ms",
        "offline",
    ]
    .to_vec();
    names.extend(plan.inputs.iter().map(|input| input.name.as_str()));
    names.extend(plan.fields.iter().map(|field| field.name.as_str()));
    names.extend(plan.scope_sets.iter().map(|set| {
        if set.name.is_empty() {
            "scope"
        } else {
            set.name.as_str()
        }
    }));
    let arguments = login
        .iter()
        .flat_map(|login| &login.arguments)
        .chain(own.iter().flat_map(|call| &call.arguments));
    names.extend(arguments.map(|argument| argument.name.as_str()));
    let members = members_of_other_calls(&own);
    names.extend(members.iter().map(String::as_str));
    let granted = plan.exchange().and_then(granted_parameter);
    names.extend(granted.as_deref());
    let unknown: Vec<String> = example
        .given
        .iter()
        .map(|(name, _)| name.clone())
        .filter(|name| !names.contains(&name.as_str()))
        .collect();
    for name in unknown {
        let message = format!("`{name}` is given, but nothing uses it");
        let help = crate::syntax::read::nearest(&name, &names)
            .map(|near| format!("did you mean `{near}`?"));
        cx.report_example(&rules::UNKNOWN_EXAMPLE, example.position, message, help);
    }
    true
}

/// Returns the members of other responses that these calls send, as `token.PATH` or `CALL.PATH`.
fn members_of_other_calls(calls: &[&Call]) -> Vec<String> {
    let sources = calls.iter().flat_map(|call| call.sources());
    let names = sources.filter_map(|source| match source {
        Source::Member(call, path) => Some(format!("{}.{}", call.source(), path.join("."))),
        _ => None,
    });
    names.collect()
}

/// Returns the callback parameter that lists the granted scopes.
fn granted_parameter(call: &Call) -> Option<String> {
    let mut readings = call.readings.iter();
    readings.find_map(|reading| match &reading.scope {
        Some((GrantedScopes::Callback(name), _)) => Some(format!("callback.{name}")),
        _ => None,
    })
}

/// Checks that an example gives every required argument of its call, and only allowed words.
fn missing_arguments(cx: &mut Context<'_>, example: &Example, calls: &[&Call]) {
    let plan = cx.plan;
    let login = plan
        .login
        .as_ref()
        .filter(|_| example.call == ExampleSubject::Authorize);
    let own = login.iter().flat_map(|login| &login.arguments);
    let arguments = own.chain(calls.iter().flat_map(|call| &call.arguments));
    let absent: Vec<String> = arguments
        .filter(|argument| !argument.may_be_left_out() && example.text(&argument.name).is_none())
        .map(|argument| argument.name.clone())
        .collect();
    let wrong: Vec<String> = login
        .iter()
        .flat_map(|login| &login.arguments)
        .chain(calls.iter().flat_map(|call| &call.arguments))
        .filter(|argument| !argument.one_of.is_empty())
        .filter_map(|argument| Some((argument, example.text(&argument.name)?)))
        .filter(|(argument, value)| !argument.one_of.contains(value))
        .map(|(argument, value)| format!("invalid value `{value}` for `{}`", argument.name))
        .collect();
    for name in absent {
        let message = format!("`{}` has no value for `{name}`", example.name);
        let help = format!("given.{name} = \"…\"");
        cx.report_example(
            &rules::UNKNOWN_EXAMPLE,
            example.position,
            message,
            Some(help),
        );
    }
    for message in wrong {
        cx.report_example(&rules::UNKNOWN_EXAMPLE, example.position, message, None);
    }
}

fn request(cx: &mut Context<'_>, example: &Example) {
    if example.call.comes_from_browser() {
        return callback(cx, example);
    }
    let (Some(stated), Some(produced)) = (&example.request, examples::request(cx.plan, example))
    else {
        return;
    };
    if !examples::same(stated, &produced) {
        let message = format!(
            "the request of `{}` differs from the one that the spec produces",
            example.name
        );
        let help = match example.generated {
            true => "run `oauth-spec check --fix`, which replaces it".to_owned(),
            false => difference(stated, &produced),
        };
        let help = Some(help);
        cx.report_example(&rules::WRONG_REQUEST, example.position, message, help);
    }
}

/// Checks that an example of a callback has a GET request with a query. The provider sends it, so it is not compared
/// with the Plan; the module's test checks what it means.
fn callback(cx: &mut Context<'_>, example: &Example) {
    let is_get = example
        .request
        .as_ref()
        .is_some_and(|request| request.starts_with("GET ") && request.contains('?'));
    if !is_get {
        let message = format!("`{}` has no callback request", example.name);
        let help = "write a `request` with GET, the redirect URI and the query".to_owned();
        cx.report_example(&rules::BAD_EXAMPLE, example.position, message, Some(help));
    }
}

/// Describes the first difference between two requests, by lines and parameters.
fn difference(stated: &str, produced: &str) -> String {
    let parts = |text: &str| {
        text.replace('&', "\n&")
            .replace('?', "\n?")
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (stated, produced) = (parts(stated), parts(produced));
    let at = stated
        .iter()
        .zip(&produced)
        .take_while(|(left, right)| left == right)
        .count();
    let part = |parts: &[String]| {
        parts
            .get(at)
            .map_or("no more text".to_owned(), |part| format!("`{part}`"))
    };
    format!(
        "the example has {} where the spec produces {}",
        part(&stated),
        part(&produced)
    )
}

fn response(cx: &mut Context<'_>, example: &Example) {
    let Some(response) = &example.response else {
        return;
    };
    let told = match examples::outcome(cx.plan, example, response) {
        None => return,
        Some(Ok(outcome)) if examples::means(&outcome, &example.expected) => return,
        _ if example.generated => "run `oauth-spec check --fix`, which replaces it".to_owned(),
        Some(Ok(outcome)) => format!("the spec reads it as {}", words(&outcome)),
        Some(Err(problem)) => problem,
    };
    let message = format!(
        "the expectations of `{}` do not match its response",
        example.name
    );
    cx.report_example(
        &rules::WRONG_RESPONSE,
        example.position,
        message,
        Some(told),
    );
}

fn words(outcome: &Expectation) -> String {
    if let Some((code, class)) = &outcome.error {
        return format!(
            "error = {{ code = {:?}, class = \"{class}\" }}",
            code.as_deref().unwrap_or_default()
        );
    }
    let members = |members: &[(String, crate::syntax::shapes::Given)]| {
        members
            .iter()
            .map(|(name, value)| format!("{name} = {}", value.toml()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let tokens = outcome
        .tokens
        .iter()
        .map(|(name, own)| format!("tokens.{name} = {{ {} }}", members(own)));
    let fields = (!outcome.fields.is_empty())
        .then(|| format!("fields = {{ {} }}", members(&outcome.fields)));
    let entries: Vec<String> = outcome
        .entries
        .iter()
        .map(|entry| format!("{{ {} }}", members(entry)))
        .collect();
    let entries = (!entries.is_empty()).then(|| format!("entries = [{}]", entries.join(", ")));
    let all: Vec<String> = tokens.chain(fields).chain(entries).collect();
    if all.is_empty() {
        "a success without values".to_owned()
    } else {
        all.join(", ")
    }
}

fn unknown_variants(cx: &mut Context<'_>) {
    if cx.written.variant.is_some() {
        return;
    }
    let document = cx.document();
    let known: Vec<String> = document
        .variant
        .iter()
        .flat_map(|variants| variants.iter().map(|(name, _)| name.clone()))
        .collect();
    for example in document.example.iter().flatten() {
        if let Some(variant) = example
            .variant
            .as_ref()
            .filter(|variant| !known.contains(variant))
        {
            let position = cx
                .written
                .position_of_example(example.name.as_deref().unwrap_or_default());
            cx.report_example(
                &rules::UNKNOWN_EXAMPLE,
                position,
                format!("unknown variant `{variant}`"),
                None,
            );
        }
    }
}

fn missing(cx: &mut Context<'_>) {
    let plan = cx.plan;
    if cx.written.is_overlay() {
        // The base has examples of what the overlay keeps.
        return;
    }
    let missing = sample::missing(plan);
    let variant = cx.written.variant.clone();
    let path = match &variant {
        Some(name) => format!("variant.{name}"),
        None => "example".to_owned(),
    };
    let of_variant = |before: &str, after: &str| {
        let name = variant.as_ref();
        name.map_or(String::new(), |name| format!("{before}{name}{after}"))
    };
    let own = of_variant("variant `", "`: ");
    let with = of_variant("`variant = \"", "\"` and ");
    for missing in missing {
        let (message, help, at) = match missing {
            Missing::Login => {
                let call = "`call = \"authorize\"`";
                (
                    format!("shows {call}"),
                    call.to_owned(),
                    "authorize".to_owned(),
                )
            }
            Missing::Call(call) => {
                let token = call.of_token.iter();
                let token = token.map(|token| format!(" and `token = \"{token}\"`"));
                let subject = format!("`call = \"{}\"`{}", call.id, token.collect::<String>());
                (format!("shows {subject}"), subject, call.id.to_string())
            }
            Missing::Refusal(_) => {
                let error = "`error = { code = \"…\", class = \"…\" }`";
                (
                    "shows an error response".to_owned(),
                    error.to_owned(),
                    "token".to_owned(),
                )
            }
        };
        // Of a call without a table, the closest table above it.
        let span = cx.written.place(&at).span;
        let message = format!("{own}no example {message}");
        let help = format!(
            "add an [[example]] with {with}{help}, or let `oauth-spec check --fix` write one from the spec"
        );
        cx.diagnostics
            .report(&rules::MISSING_EXAMPLE, span, path.clone(), message, help);
    }
}
