//! Examples: they show what the Plan sends and what the answer means, and leave no call out.

use super::Context;
use crate::emit::{outcome, wire};
use crate::plan::{Call, CallKind, Example, Expectation};
use crate::rules;

pub(super) fn check(cx: &mut Context<'_>) {
    let plan = cx.plan;
    for example in &plan.examples {
        if is_known(cx, example) {
            request(cx, example);
            response(cx, example);
        }
    }
    unknown_variants(cx);
    missing(cx);
}

/// The calls that an example is about: several where each token has its own.
fn calls<'p>(cx: &Context<'p>, example: &Example) -> Vec<&'p Call> {
    cx.plan
        .calls
        .iter()
        .filter(|call| call.path == example.call)
        .collect()
}

fn is_known(cx: &mut Context<'_>, example: &Example) -> bool {
    let plan = cx.plan;
    let login = plan.login.as_ref().filter(|_| example.call == "authorize");
    let own = calls(cx, example);
    if login.is_none() && own.is_empty() {
        let message = format!("`{}` is no call of this module", example.call);
        let mut names: Vec<&str> = plan.calls.iter().map(|call| call.path.as_str()).collect();
        names.extend(plan.login.iter().map(|_| "authorize"));
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
        let message = format!("`{environment}` is no environment");
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
        "offline",
    ]
    .to_vec();
    names.extend(plan.inputs.iter().map(|input| input.name.as_str()));
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
    let unknown: Vec<String> = example
        .given
        .iter()
        .map(|(name, _)| name.clone())
        .filter(|name| !names.contains(&name.as_str()))
        .collect();
    for name in unknown {
        let message = format!("`{name}` is given, and nothing takes it");
        let help = crate::syntax::read::nearest(&name, &names)
            .map(|near| format!("did you mean `{near}`?"));
        cx.report_example(&rules::UNKNOWN_EXAMPLE, example.position, message, help);
    }
    true
}

/// An example that shows a request gives everything that the call cannot do without.
fn missing_arguments(cx: &mut Context<'_>, example: &Example, calls: &[&Call]) {
    let plan = cx.plan;
    let login = plan.login.as_ref().filter(|_| example.call == "authorize");
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
        .map(|(argument, value)| format!("`{value}` is no word for `{}`", argument.name))
        .collect();
    for name in absent {
        let message = format!("`{}` does not give `{name}`", example.name);
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
    let Some(stated) = &example.request else {
        return;
    };
    let plan = cx.plan;
    let given = wire::Given::example(plan, example);
    let produced = match plan.login.as_ref().filter(|_| example.call == "authorize") {
        Some(login) => wire::login_message(plan, login, &given).exact(),
        None => match calls(cx, example).first() {
            Some(call) => wire::call_message(plan, call, &given).exact(),
            None => return,
        },
    };
    if produced != *stated {
        let message = format!(
            "`{}` shows another request than the spec produces",
            example.name
        );
        cx.report_example(
            &rules::WRONG_REQUEST,
            example.position,
            message,
            Some(difference(stated, &produced)),
        );
    }
}

/// The first place where two requests differ, at the granularity of lines and parameters.
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
            .map_or("its end".to_owned(), |part| format!("`{part}`"))
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
    let own = calls(cx, example);
    let read: Vec<Result<Expectation, String>> = own
        .iter()
        .map(|call| outcome::read(cx.plan, call, response))
        .collect();
    let fits = |outcome: &Expectation| is_expected(outcome, &example.expected);
    if read.is_empty() || read.iter().flatten().any(fits) {
        return;
    }
    let told = match &read[0] {
        Ok(outcome) => format!("by the spec it means {}", words(outcome)),
        Err(problem) => problem.clone(),
    };
    let message = format!(
        "`{}` says that its answer means something else",
        example.name
    );
    cx.report_example(
        &rules::WRONG_RESPONSE,
        example.position,
        message,
        Some(told),
    );
}

fn is_expected(outcome: &Expectation, expected: &Expectation) -> bool {
    let sorted = |members: &[(String, crate::syntax::shapes::Given)]| {
        let mut members = members.to_vec();
        members.sort_by(|left, right| left.0.cmp(&right.0));
        members
    };
    let tokens = |all: &Expectation| {
        let mut tokens: Vec<_> = all
            .tokens
            .iter()
            .map(|(name, members)| (name.clone(), sorted(members)))
            .collect();
        tokens.sort_by(|left, right| left.0.cmp(&right.0));
        tokens
    };
    outcome.error == expected.error
        && tokens(outcome) == tokens(expected)
        && sorted(&outcome.fields) == sorted(&expected.fields)
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
    let all: Vec<String> = tokens.chain(fields).collect();
    if all.is_empty() {
        "success and nothing more".to_owned()
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
                format!("`{variant}` is no variant"),
                None,
            );
        }
    }
}

fn missing(cx: &mut Context<'_>) {
    let plan = cx.plan;
    let shown = |path: &str, refused: bool| {
        plan.examples.iter().any(|example| {
            example.call == path
                && (example.expected.error.is_some() == refused)
                && if path == "authorize" {
                    example.request.is_some()
                } else {
                    example.response.is_some()
                }
        })
    };
    let mut absent: Vec<String> = Vec::new();
    if plan.login.is_some() && !shown("authorize", false) {
        absent.push("authorize".to_owned());
    }
    absent.extend(
        plan.calls
            .iter()
            .map(|call| call.path.clone())
            .filter(|path| !shown(path, false)),
    );
    absent.dedup();
    let span = cx.written.place("provider.id").span;
    let path = cx
        .written
        .variant
        .as_ref()
        .map_or_else(|| "example".to_owned(), |name| format!("variant.{name}"));
    let own = cx
        .written
        .variant
        .as_ref()
        .map_or(String::new(), |name| format!("variant `{name}`: "));
    for call in absent {
        let message = format!("{own}no example shows `{call}`");
        cx.diagnostics.report(
            &rules::MISSING_EXAMPLE,
            span,
            path.clone(),
            message,
            format!("add an [[example]] with `call = \"{call}\"`"),
        );
    }
    let fails = plan
        .examples
        .iter()
        .any(|example| example.expected.error.is_some() && example.response.is_some());
    let can_fail = plan.calls.iter().any(|call| {
        matches!(
            call.kind,
            CallKind::Exchange | CallKind::Refresh | CallKind::Renew | CallKind::ClientCredentials
        )
    });
    if can_fail && !fails {
        let message = format!("{own}no example shows a refusal");
        cx.diagnostics.report(
            &rules::MISSING_EXAMPLE,
            span,
            path,
            message,
            "add an [[example]] with `error = { code = \"…\", class = \"…\" }`".to_owned(),
        );
    }
}
