//! A record of formatted files, so that `build` runs rustfmt for changed modules only.
//!
//! rustfmt takes 18 s for 440 specs. Compiling them and printing their modules takes less than one. The record contains the
//! hash of each file before and after formatting. It is in cargo's target folder if there is one; without it, a build formats
//! everything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use sha2::{Digest as _, Sha256};

pub(super) struct Record {
    /// The folder of the formatted files.
    out: PathBuf,
    /// The file that contains the record.
    path: PathBuf,
    /// The first line of the record: the version of rustfmt.
    version: String,
    earlier: BTreeMap<String, Hashes>,
    now: Mutex<BTreeMap<String, Hashes>>,
}

/// The hashes of a file before and after formatting.
#[derive(PartialEq)]
struct Hashes {
    before: String,
    after: String,
}

impl Record {
    /// Reads the record of a folder. It is empty if it does not exist, or if another version of rustfmt made it.
    pub(super) fn read(out: &Path, version: String) -> Record {
        let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let absolute = std::path::absolute(out).unwrap_or_else(|_| out.to_path_buf());
        let name = format!("formatted-{}", &hash(&absolute.to_string_lossy())[..16]);
        let path = Path::new(&target).join("oauth-spec").join(name);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let earlier = match text.split_once('\n') {
            Some((first, lines)) if first == version => lines.lines().filter_map(parsed).collect(),
            _ => BTreeMap::new(),
        };
        Record {
            out: out.to_path_buf(),
            path,
            version,
            earlier,
            now: Mutex::default(),
        }
    }

    /// Returns a file's formatted text: what the folder contains, if that was formatted from this text, or the result of
    /// `format`.
    ///
    /// # Errors
    ///
    /// Returns the error of `format`.
    pub(super) fn formatted<E>(
        &self,
        file: &Path,
        text: &str,
        format: impl FnOnce(&str) -> Result<String, E>,
    ) -> Result<String, E> {
        let name = file.to_string_lossy().into_owned();
        let before = hash(text);
        let kept = self
            .earlier
            .get(&name)
            .filter(|hashes| hashes.before == before)
            .and_then(|hashes| {
                let text = fs::read_to_string(self.out.join(file)).ok()?;
                (hash(&text) == hashes.after).then_some(text)
            });
        let formatted = match kept {
            Some(text) => text,
            None => format(text)?,
        };
        let after = hash(&formatted);
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        now.insert(name, Hashes { before, after });
        Ok(formatted)
    }

    /// Saves the record. A failure costs time at the next build and is not an error of this one.
    pub(super) fn save(self) {
        let now = self
            .now
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if now == self.earlier {
            return;
        }
        let lines = now
            .iter()
            .map(|(name, hashes)| format!("{} {} {name}\n", hashes.before, hashes.after));
        let text = format!("{}\n{}", self.version, lines.collect::<String>());
        // Only the last folder is created: the command does not create a target folder.
        let _ = self.path.parent().map(fs::create_dir);
        let _ = fs::write(&self.path, text);
    }
}

fn parsed(line: &str) -> Option<(String, Hashes)> {
    let mut parts = line.splitn(3, ' ').map(str::to_owned);
    let (before, after) = (parts.next()?, parts.next()?);
    Some((parts.next()?, Hashes { before, after }))
}

fn hash(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
