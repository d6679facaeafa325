//! Checks of inputs: defaults and examples have the input's form, and an installation fills every input.

use super::Context;
use crate::rules;
use crate::syntax::path;
use crate::words;

pub(super) fn check(cx: &mut Context<'_>) {
    defaults(cx);
    installations(cx);
}

/// Checks the form of defaults and examples, because they bypass the check of supplied values.
fn defaults(cx: &mut Context<'_>) {
    let plan = cx.plan;
    for input in &plan.inputs {
        let at = path::join("inputs", &input.name);
        let stated = [("default", &input.default), ("example", &input.example)];
        for (key, value) in stated {
            let Some(value) = value.as_ref().filter(|value| !input.form.holds(value)) else {
                continue;
            };
            let message = format!("the {key} of `{}` is not valid: `{value}`", input.name);
            let help = format!("it must be {}", words::form(&input.form));
            cx.report(&rules::BAD_DEFAULT, &path::join(&at, key), message, help);
        }
    }
    for example in &plan.examples {
        for input in &plan.inputs {
            let given = example.text(&input.name);
            let Some(given) = given.filter(|given| !input.form.holds(given)) else {
                continue;
            };
            let message = format!(
                "`{}` has the invalid value `{given}` for `{}`",
                example.name, input.name
            );
            let help = format!("it must be {}", words::form(&input.form));
            cx.report_example(&rules::BAD_DEFAULT, example.position, message, Some(help));
        }
    }
}

fn installations(cx: &mut Context<'_>) {
    let plan = cx.plan;
    let Some(install) = &plan.install else { return };
    if plan.connection_inputs().next().is_none() {
        let message = "`install` fills no input: the login that it starts needs none";
        let help = "declare an input per connection, or drop `install`".to_owned();
        cx.report(&rules::UNREAD_TABLE, "install", message.to_owned(), help);
    }
    for (name, _) in &install.inputs {
        if !plan.connection_inputs().any(|input| input.name == *name) {
            let message = format!("`{name}` is not an input of a connection");
            let at = path::join("install.inputs", name);
            cx.report(&rules::INCOMPLETE_INSTALL, &at, message, None);
        }
    }
    for input in plan.connection_inputs() {
        if !install.inputs.iter().any(|(name, _)| *name == input.name) {
            let message = format!("an installation does not set `{}`", input.name);
            let help = format!("`install.inputs.{} = \"{{callback.…}}\"`", input.name);
            cx.report(&rules::INCOMPLETE_INSTALL, "install", message, help);
        }
    }
    if install.verify.is_empty() {
        let message = "an installation without verification can be forged".to_owned();
        let help = "add `install.verify.PARAMETER` with the signature that the provider computes"
            .to_owned();
        cx.report(&rules::INCOMPLETE_INSTALL, "install", message, help);
    }
}
