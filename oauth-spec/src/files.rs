//! Specs from files: a spec, and what it is laid over.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::Source;

/// A spec that was read, and every file that it depends on.
#[derive(Debug)]
pub struct Read {
    /// The spec.
    pub source: Source,
    /// The file, and those that it is laid over.
    pub files: Vec<PathBuf>,
}

/// As many specs lie over each other.
const DEEPEST: usize = 4;

/// Reads the spec at `path`, which messages call `name`, and what it is laid over: `extends` names a file
/// beside it by its id, or any by its path from there. One that cannot be read is a finding of the compiler.
///
/// # Errors
///
/// If `path` itself cannot be read.
pub fn read(path: &Path, name: &str) -> io::Result<Read> {
    let source = Source::new(name, &fs::read(path)?);
    let mut files = vec![path.to_owned()];
    Ok(Read {
        source: laid_over(source, path, &mut files),
        files,
    })
}

fn laid_over(source: Source, path: &Path, files: &mut Vec<PathBuf>) -> Source {
    let Some(extends) = source.extends().filter(|_| files.len() < DEEPEST) else {
        return source;
    };
    let is_path = extends.contains('/') || extends.to_ascii_lowercase().ends_with(".toml");
    let file = match is_path {
        true => PathBuf::from(&extends),
        false => PathBuf::from(format!("{extends}.toml")),
    };
    let base = path.parent().unwrap_or(Path::new("")).join(file);
    let Ok(bytes) = fs::read(&base) else {
        return source;
    };
    files.push(base.clone());
    let read = laid_over(Source::new(base.to_string_lossy(), &bytes), &base, files);
    source.over(read)
}
