//! `example`, which prints an example of a call, and `check --fix`, which writes the missing examples into a spec.

use std::fs;
use std::path::Path;

use clap::Args;
use oauth_spec::emit::example::table;
use oauth_spec::interpret::sample::{self, Missing};
use oauth_spec::plan::Call;
use oauth_spec::{Demand, Plan, Source, compile};
use toml_edit::{DocumentMut, Item, RawString};

use super::show::{plan, unfinished, variant_of};
use super::{Done, Stop, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The id of a spec in the folder `specs` or of a shipped spec, or a path; `id::variant` for a variant
    provider: String,
    /// The call, by its function (such as login or refresh) or by its path in the spec
    call: String,
    /// An error response instead of a success
    #[arg(long)]
    error: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    let (id, variant) = variant_of(&arguments.provider);
    let compiled = unfinished(id)?;
    let plan = plan(&compiled, variant)?;
    let missing = subject(plan, &arguments.call, arguments.error).ok_or_else(|| {
        let login = plan.login.iter().map(|_| "login".to_owned());
        let names: Vec<String> = login.chain(plan.calls.iter().map(Call::function)).collect();
        Stop::Usage(format!(
            "unknown call `{}` of {id}; its calls are {}",
            arguments.call,
            names.join(", ")
        ))
    })?;
    let example = sample::example(plan, missing)
        .map_err(|why| Stop::Usage(format!("no example of `{}`: {why}", arguments.call)))?;
    print(&table(plan, &example));
    Ok(())
}

fn subject<'p>(plan: &'p Plan, call: &str, error: bool) -> Option<Missing<'p>> {
    if matches!(call, "login" | "authorize") && plan.login.is_some() && !error {
        return Some(Missing::Login);
    }
    let call = plan.call(call)?;
    Some(match error {
        true => Missing::Refusal(call),
        false => Missing::Call(call),
    })
}

/// Writes the examples that a spec lacks into its file. Examples that an earlier run wrote are replaced; all others stay as
/// they are.
///
/// Returns the number of written examples, or `None` if findings about other things come first.
pub(super) fn fix(source: &Source, path: &Path) -> Result<Option<usize>, Stop> {
    let failed = |why: String| Stop::Usage(format!("{}: {why}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let without = without_generated(&text);
    let changed = source.with_text(&without);
    let Ok(compiled) = compile(&changed, Demand::Unfinished) else {
        // The findings are printed by the check itself.
        return Ok(None);
    };
    let mut tables = Vec::new();
    for plan in compiled.plans() {
        for missing in sample::missing(plan) {
            // Where the Plan cannot make an example, the check asks for one.
            if let Ok(example) = sample::example(plan, missing) {
                tables.push(table(plan, &example));
            }
        }
    }
    let mut fixed = without.trim_end().to_owned();
    for table in &tables {
        fixed.push_str("\n\n");
        fixed.push_str(table.trim_end());
    }
    fixed.push('\n');
    if fixed != text {
        fs::write(path, fixed).map_err(|error| failed(error.to_string()))?;
    }
    Ok(Some(tables.len()))
}

/// Removes the examples that `check --fix` wrote.
fn without_generated(text: &str) -> String {
    let Ok(mut document) = text.parse::<DocumentMut>() else {
        // The check reports why the text is not TOML.
        return text.to_owned();
    };
    let Some(Item::ArrayOfTables(examples)) = document.get_mut("example") else {
        return text.to_owned();
    };
    let is_generated = |example: &toml_edit::Table| {
        let generated = example.get("generated").and_then(Item::as_bool);
        generated == Some(true)
    };
    // What stands before a removed table, such as a comment about the spec, moves to the next example.
    let mut before = String::new();
    for example in examples.iter_mut() {
        let own = example.decor().prefix().and_then(RawString::as_str);
        let own = own.unwrap_or_default().to_owned();
        match is_generated(example) {
            true => before.push_str(own.trim_end()),
            false => {
                let moved = std::mem::take(&mut before);
                example.decor_mut().set_prefix(moved + &own);
            }
        }
    }
    examples.retain(|example| !is_generated(example));
    let rest = document.trailing().as_str().unwrap_or_default().to_owned();
    document.set_trailing(before + &rest);
    document.to_string()
}
