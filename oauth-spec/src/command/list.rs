//! `list`, which lists the shipped specs of both tiers.

use std::fmt::Write as _;

use clap::Args;
use oauth_spec::{Demand, Plan, Source, compile, shipped};
use serde::Serialize;

use super::{Done, Stop, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only specs whose id or name contains this word
    word: Option<String>,
    /// Print a JSON array of objects
    #[arg(long)]
    json: bool,
}

/// A shipped spec.
#[derive(Serialize)]
struct Row {
    id: &'static str,
    name: String,
    tier: &'static str,
    grants: Vec<&'static str>,
    last_evidence: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    let documented = shipped::ids().map(|id| (id, "documented"));
    let reported = shipped::reported().map(|id| (id, "reported"));
    let word = arguments.word.as_deref().unwrap_or_default().to_lowercase();
    let all = documented
        .chain(reported)
        .filter_map(|(id, tier)| row(id, tier));
    let is_named = |row: &Row| row.id.contains(&word) || row.name.to_lowercase().contains(&word);
    let rows: Vec<Row> = all.filter(is_named).collect();
    if rows.is_empty() {
        return Err(Stop::Usage(format!(
            "no shipped spec has `{word}` in its id or its name; `oauth-spec new ID` creates one"
        )));
    }
    match arguments.json {
        // Texts always serialize.
        true => print(&(serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n")),
        false => print(&table(&rows)),
    }
    Ok(())
}

fn row(id: &'static str, tier: &'static str) -> Option<Row> {
    let source = Source::new(format!("{id}.toml"), shipped::text(id)?.as_bytes());
    let plan: Plan = compile(&source, Demand::Unfinished).ok()?.base;
    Some(Row {
        id,
        name: plan.identity.name.clone(),
        tier,
        grants: plan.grants(),
        last_evidence: plan.last_evidence().map(str::to_owned),
    })
}

fn table(rows: &[Row]) -> String {
    let width = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row).chars().count()).max();
    let id = width(|row| row.id).unwrap_or_default().max(2);
    let name = width(|row| &row.name).unwrap_or_default().max(4);
    let mut out = format!(
        "{:<id$}  {:<name$}  {:<10}  {:<10}  grants\n",
        "id", "name", "tier", "evidence"
    );
    for row in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{:<id$}  {:<name$}  {:<10}  {:<10}  {}",
            row.id,
            row.name,
            row.tier,
            row.last_evidence.as_deref().unwrap_or_default(),
            row.grants.join(", "),
        );
    }
    out
}
