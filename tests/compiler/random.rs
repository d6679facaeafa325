//! Random specs: whatever the compiler accepts compiles without warnings, reads its own examples, and logs in at its own
//! simulator.
//!
//! A spec of this repository is changed at random: keys of the language get random values, or those of other specs, in
//! combination. The compiler rejects most of the results. Of an accepted one, every part must agree with the others.
//!
//! The test runs on twenty accepted specs. `RANDOM_SPECS=2000 cargo test --package outer-tests random -- --nocapture` runs on
//! as many, and `RANDOM_SEED` sets another seed.

mod batch;
mod values;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use fastrand::Rng;
use oauth_spec::interpret::examples;
use oauth_spec::interpret::sample::{self, Missing};
use oauth_spec::plan::Plan;
use oauth_spec::{Compiled, Demand, Source, compile};
use toml::{Table, Value};

use crate::simulator::logins::connect;
use crate::support::pages;
use values::{Language, Path as Keys};

/// The seed of the run in every test.
const SEED: u64 = 17;

/// The number of accepted specs in every test.
const ACCEPTED: usize = 20;

/// The number of specs in one crate.
const BATCH: usize = 100;

const FOLDERS: [&str; 5] = [
    "../specs",
    "../specs/reported",
    "documents/census/fixtures",
    "compiler/combinations",
    "specs",
];

/// An accepted spec, with an example of every call.
struct Accepted {
    text: String,
    plans: Vec<Plan>,
}

/// Returns the specs that are changed, without what only people read.
fn bases() -> Vec<Table> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paths = FOLDERS
        .iter()
        .flat_map(|folder| pages::specs(tests.join(folder)));
    let read = paths.map(|path| {
        let mut table: Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
        for only_read in ["evidence", "accept", "example", "deprecated"] {
            table.remove(only_read);
        }
        table
    });
    let extends = |table: &Table| table["provider"].get("extends").is_some();
    read.filter(|table| !extends(table)).collect()
}

/// Returns a spec with some random changes.
fn changed(rng: &mut Rng, bases: &[Table], language: &Language, id: usize) -> Table {
    let mut spec = bases[rng.usize(..bases.len())].clone();
    for _ in 0..rng.usize(1..7) {
        let path = language.path(rng);
        let other = &bases[rng.usize(..bases.len())];
        match rng.usize(..10) {
            0..=1 => values::remove(&mut spec, &path),
            2..=4 => {
                // The value of another spec, if it has one at this path.
                if let Some(value) = values::get(other, &path) {
                    values::set(&mut spec, &path, value.clone());
                }
            }
            _ => {
                let value = language.value(rng, &path);
                values::set(&mut spec, &path, value);
            }
        }
    }
    let provider: Keys = vec!["provider".to_owned(), "id".to_owned()];
    values::set(&mut spec, &provider, Value::String(format!("random_{id}")));
    spec
}

/// Checks an accepted spec without compiling its module. The error states the part that differs.
fn agrees(compiled: &Compiled) -> Result<Vec<Plan>, String> {
    let mut plans = Vec::new();
    for plan in compiled.plans() {
        let mut own = plan.clone();
        for missing in sample::missing(plan) {
            let made = sample::example(plan, missing);
            let made = made.map_err(|why| format!("no example of {}: {why}", subject(missing)))?;
            if !examples::holds(plan, &made) {
                return Err(format!("the example of {} does not hold", subject(missing)));
            }
            own.examples.push(made);
        }
        connect(&own).map_err(|why| format!("simulator: {why}"))?;
        plans.push(own);
    }
    oauth_spec::emit::docs::page(compiled).map_err(|why| format!("page: {why}"))?;
    Ok(plans)
}

fn subject(missing: Missing<'_>) -> String {
    match missing {
        Missing::Login => "authorize".to_owned(),
        Missing::Call(call) => call.id.to_string(),
        Missing::Refusal(call) => format!("{}, refused", call.id),
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn whatever_is_accepted_compiles_and_logs_in_at_its_own_simulator() {
    let wanted = number("RANDOM_SPECS").map_or(ACCEPTED, |count| usize::try_from(count).unwrap());
    let mut rng = Rng::with_seed(number("RANDOM_SEED").unwrap_or(SEED));
    let (bases, language) = (bases(), Language::read());
    let mut rejected: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut accepted, mut differences) = (Vec::new(), Vec::new());
    for id in 0.. {
        if accepted.len() + differences.len() == wanted {
            break;
        }
        let spec = changed(&mut rng, &bases, &language, id);
        let text = toml::to_string(&spec).unwrap();
        let source = Source::new(format!("random_{id}.toml"), text.as_bytes());
        match compile(&source, Demand::Sound) {
            Err(found) => *rejected.entry(found[0].rule.code).or_default() += 1,
            Ok(compiled) => {
                let judged = catch_unwind(AssertUnwindSafe(|| agrees(&compiled)));
                match judged.unwrap_or_else(|_| Err("a panic".to_owned())) {
                    Ok(plans) => accepted.push(Accepted { text, plans }),
                    Err(why) => differences.push(format!("{why}\n{text}")),
                }
            }
        }
    }
    let count: usize = rejected.values().sum();
    println!("{count} rejected: {rejected:?}");
    for batch in accepted.chunks(BATCH) {
        let run = catch_unwind(AssertUnwindSafe(|| batch::run(batch)));
        differences.extend(run.unwrap_or_else(|_| Err("a panic".to_owned())).err());
    }
    println!("{} accepted, {} differ", wanted, differences.len());
    for difference in &differences {
        println!("--- {difference}");
    }
    assert!(differences.is_empty(), "{} differences", differences.len());
}
