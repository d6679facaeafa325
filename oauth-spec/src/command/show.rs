//! `show`, which prints the HTTP requests of a provider.

use std::path::Path;

use clap::Args;
use oauth_spec::emit::docs;
use oauth_spec::{Compiled, Demand, Plan, Source, compile, render, shipped};

use super::{Done, Stop, colour, path_of, print, read};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The id of a spec in the folder `specs` or of a shipped spec, or a path; `id::variant` for a variant
    provider: String,
    /// The call, by its function (such as login or refresh) or by its path in the spec; by default all calls
    call: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    let (id, variant) = variant_of(&arguments.provider);
    let compiled = unfinished(id)?;
    let plan = plan(&compiled, variant)?;
    let calls = calls(plan);
    let shown: Vec<&(String, String)> = match &arguments.call {
        None => calls.iter().collect(),
        Some(wanted) => {
            let own: Vec<_> = calls
                .iter()
                .filter(|(function, path)| function == wanted || path == wanted)
                .collect();
            if own.is_empty() {
                let names: Vec<&str> = calls
                    .iter()
                    .map(|(function, _)| function.as_str())
                    .collect();
                return Err(Stop::Usage(format!(
                    "unknown call `{wanted}` of {id}; its calls are {}",
                    names.join(", ")
                )));
            }
            own
        }
    };
    let messages: Vec<String> = shown
        .iter()
        .map(|(function, _)| {
            let message = docs::request(plan, function);
            match arguments.call {
                None => format!("# {function}\n{message}\n"),
                Some(_) => format!("{message}\n"),
            }
        })
        .collect();
    print(&messages.join("\n"));
    Ok(())
}

/// Returns the id or the path in a word such as `slack::rotating`, and the variant.
pub(super) fn variant_of(word: &str) -> (&str, Option<&str>) {
    match word.split_once("::") {
        Some((id, variant)) => (id, Some(variant)),
        None => (word, None),
    }
}

/// Compiles a spec, which need not have finished examples. Without a file, it is the shipped spec of that id.
pub(super) fn unfinished(id: &str) -> Result<Compiled, Stop> {
    let path = path_of(Path::new(id));
    let source = match shipped::text(id) {
        Some(text) if !path.exists() => Source::new(format!("{id}.toml"), text.as_bytes()),
        _ => read(&path)?,
    };
    compile(&source, Demand::Unfinished).map_err(|findings| {
        for finding in &findings {
            print(&format!(
                "{}\n",
                render::finding(&source, finding, colour())
            ));
        }
        Stop::Found
    })
}

/// Returns the Plan of the base or of a variant.
pub(super) fn plan<'c>(compiled: &'c Compiled, variant: Option<&str>) -> Result<&'c Plan, Stop> {
    let Some(wanted) = variant else {
        return Ok(&compiled.base);
    };
    let is_it = |plan: &&Plan| {
        plan.identity
            .variant
            .as_ref()
            .is_some_and(|(name, _)| name == wanted)
    };
    compiled.variants.iter().find(is_it).ok_or_else(|| {
        Stop::Usage(format!(
            "{} has no variant `{wanted}`",
            compiled.base.identity.id
        ))
    })
}

/// Returns the function and the spec path of every call, the login first.
fn calls(plan: &Plan) -> Vec<(String, String)> {
    let login = plan
        .login
        .iter()
        .map(|_| ("login".to_owned(), "authorize".to_owned()));
    login
        .chain(
            plan.calls
                .iter()
                .map(|call| (call.function(), call.id.to_string())),
        )
        .collect()
}
