//! Compiles OAuth provider specs.
//!
//! ```text
//! text ──parse──▶ Document ──lower──▶ Plan ──check──▶ ──emit──▶ Rust | Markdown
//!        syntax              lower      │     check      emit
//!                                       └─ interpret: HTTP messages and outcomes, for check, pages and the simulator
//! ```
//!
//! `compile` does not access files, the environment or the clock. `main.rs` and [`build`] do.
//!
//! ```
//! use oauth_spec::{Demand, Source, compile};
//!
//! let spec = r#"
//! language = 1
//!
//! [provider]
//! id = "acme"
//! name = "Acme"
//! docs = "https://acme.example/docs"
//!
//! [authorize]
//! url = "https://id.acme.example/authorize"
//!
//! [token]
//! url = "https://id.acme.example/token"
//! "#;
//! let compiled = compile(&Source::new("acme.toml", spec.as_bytes()), Demand::Sound).unwrap();
//! assert_eq!(compiled.base.calls[0].function(), "exchange");
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod build;
pub mod control;
pub mod diagnostic;
pub mod emit;
pub mod files;
pub mod interpret;
pub mod plan;
pub mod render;
pub mod rules;
#[cfg(feature = "schema")]
pub mod schema;
#[cfg(any(feature = "cli", feature = "simulator"))]
#[cfg(test)]
mod sentences;
pub mod shipped;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod source;
#[doc(hidden)]
pub mod steps;
pub mod syntax;

mod check;
mod lower;
mod words;

pub use check::tally::{Questions, Tally};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use plan::Plan;
pub use rules::{Day, Demand, Rule};
pub use source::Source;

/// A spec without findings at the given `Demand`.
#[derive(Debug)]
pub struct Compiled {
    /// The Plan of the base.
    pub base: Plan,
    /// The Plans of the variants, in the order of the file.
    pub variants: Vec<Plan>,
    /// The number of values for each kind of evidence.
    pub tally: Tally,
    /// What is still to be looked up.
    pub questions: Questions,
}

impl Compiled {
    /// Returns the Plans of the base and the variants.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        std::iter::once(&self.base).chain(&self.variants)
    }
}

/// Compiles the text of a spec into Plans. Each stage reports all its findings; parsing must have none before
/// lowering begins.
///
/// # Errors
///
/// Returns the findings if the spec has any.
pub fn compile(source: &Source, demand: Demand) -> Result<Compiled, Vec<Diagnostic>> {
    steps::begin();
    let mut diagnostics = Diagnostics::new();
    let mut written = syntax::parse(source, &mut diagnostics);
    if !diagnostics.is_empty() {
        return Err(diagnostics.into_sorted());
    }
    for written in &mut written {
        lower::silence::tolerate(&mut written.document);
    }
    let mut plans: Vec<Plan> = written
        .iter()
        .map(|written| lower::lower(written, &mut diagnostics))
        .map(without_untrue_inheritance)
        .collect();
    if let Some((base, variants)) = plans.split_first_mut() {
        for variant in variants {
            variant
                .examples
                .extend(interpret::sample::serving(base, variant));
        }
    }
    check::check(&written, &plans, demand, &mut diagnostics);
    check::file_name(source, &written, demand, &mut diagnostics);
    let found = diagnostics.into_sorted();
    let mut plans = plans.into_iter();
    match (found.is_empty(), plans.next()) {
        (true, Some(base)) => {
            let (tally, questions) = check::tally::tally(&written, &base);
            Ok(Compiled {
                base,
                variants: plans.collect(),
                tally,
                questions,
            })
        }
        _ => Err(found),
    }
}

/// Removes inherited examples that do not hold for an overlay. They show what the overlay changes, not a mistake.
fn without_untrue_inheritance(mut plan: Plan) -> Plan {
    let holds: Vec<bool> = plan
        .examples
        .iter()
        .map(|example| !example.inherited || interpret::examples::holds(&plan, example))
        .collect();
    let mut holds = holds.into_iter();
    plan.examples.retain(|_| holds.next().unwrap_or(true));
    plan
}

/// Finds specs that have the id of an earlier one. Returns the index of each later spec with its finding.
pub fn one_id_twice(all: &[(&Source, &Compiled)]) -> Vec<(usize, Diagnostic)> {
    let mut found = Vec::new();
    for (at, (source, own)) in all.iter().enumerate() {
        let id = &own.base.identity.id;
        let earlier = all[..at]
            .iter()
            .find(|(_, other)| other.base.identity.id == *id);
        if let Some((earlier, _)) = earlier {
            let start = source.text.find(&format!("\"{id}\"")).unwrap_or_default();
            found.push((
                at,
                Diagnostic {
                    rule: &rules::ONE_ID_TWICE,
                    span: source::Span {
                        start,
                        end: start + id.len() + 2,
                    },
                    path: "provider.id".to_owned(),
                    message: format!(
                        "`{id}` is the id of {}, too",
                        control::escaped(&earlier.name)
                    ),
                    help: Some(
                        "an id is stored with every connection: give one of them another"
                            .to_owned(),
                    ),
                },
            ));
        }
    }
    found
}
