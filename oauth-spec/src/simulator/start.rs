//! Creation of a simulator from the names of specs.

use std::fmt;
use std::path::Path;

use super::Simulator;
use crate::render::{self, Colour};
use crate::{Demand, Source, compile, files, shipped};

/// An error about a simulator's specs: a spec is missing, or has findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError(String);

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

impl Simulator {
    /// Creates a simulator from specs, with all their variants.
    ///
    /// Each spec is a path that ends in `.toml`, or the id of a spec that is shipped with this crate.
    ///
    /// # Errors
    ///
    /// Returns an error if a spec is missing or invalid. The error contains every finding in that spec.
    pub fn start<S: AsRef<str>>(
        specs: impl IntoIterator<Item = S>,
    ) -> Result<Simulator, StartError> {
        let mut plans = Vec::new();
        for spec in specs {
            let source = source(spec.as_ref())?;
            let compiled = compile(&source, Demand::Sound).map_err(|found| {
                let found = found
                    .iter()
                    .map(|one| render::finding(&source, one, Colour::Never));
                StartError(found.collect::<Vec<_>>().join("\n"))
            })?;
            plans.push(compiled.base);
            plans.extend(compiled.variants);
        }
        Ok(Simulator::of(plans))
    }
}

fn source(spec: &str) -> Result<Source, StartError> {
    let path = Path::new(spec);
    if path.extension().is_some_and(|own| own == "toml") {
        return match files::read(path, spec) {
            Ok(read) => Ok(read.source),
            Err(error) => Err(StartError(format!("{spec}: {error}"))),
        };
    }
    let text = shipped::text(spec).ok_or_else(|| {
        let help = match shipped::nearest(spec) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`oauth-spec list` lists their ids".to_owned(),
        };
        StartError(format!(
            "`{spec}` is neither a path that ends in `.toml`, nor the id of a spec in the folder `specs` or of a shipped one; {help}"
        ))
    })?;
    Ok(Source::new(format!("{spec}.toml"), text.as_bytes()))
}
