//! Reads specs from files: a spec, and the specs that it extends.
//!
//! A spec may come from an untrusted author. Therefore only regular files of the spec's package are read, up to a
//! maximum size: no device, no pipe, and no link that leads to another user's file.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use crate::Source;

/// A spec that was read, and every file that it depends on.
#[derive(Debug)]
pub struct Read {
    /// The spec.
    pub source: Source,
    /// The spec's file, and the files of the specs that it extends.
    pub files: Vec<PathBuf>,
}

/// The maximum number of specs in a chain of `extends`, the first one included.
const MAX_BASES: usize = 4;

/// The maximum size of a file, in bytes. The compiler has a lower limit for the text of a spec.
const MAX_BYTES: u64 = 1024 * 1024;

/// Reads the spec at `path`, which messages call `name`, and the specs that it extends. `extends` is either the id
/// of a spec in the same folder or a path relative to it. The compiler reports a spec that cannot be found.
///
/// # Errors
///
/// Returns an error if `path` cannot be read. It also returns one if `path` or a file that it extends is not a regular
/// file, leads out of the spec's package, or has more than 1 MiB.
pub fn read(path: &Path, name: &str) -> io::Result<Read> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let root = package(&fs::canonicalize(folder.unwrap_or(Path::new(".")))?);
    let is_link = fs::symlink_metadata(path)?.is_symlink();
    let source = Source::new(name, &contents(path, is_link.then_some(root.as_path()))?);
    let mut files = vec![path.to_owned()];
    Ok(Read {
        source: laid_over(source, path, &root, &mut files)?,
        files,
    })
}

/// Returns the folder of the package that contains a folder, or the folder itself if there is no package.
fn package(folder: &Path) -> PathBuf {
    let is_package = |above: &&Path| above.join("Cargo.toml").is_file();
    folder
        .ancestors()
        .find(is_package)
        .unwrap_or(folder)
        .to_owned()
}

/// Reads the bytes of a regular file. If `root` is given, the file must be within it and its name must end in `.toml`.
fn contents(path: &Path, root: Option<&Path>) -> io::Result<Vec<u8>> {
    let refuse = |what: String| io::Error::new(ErrorKind::InvalidInput, what);
    let regular = |metadata: Metadata| match metadata.is_file() {
        _ if metadata.len() > MAX_BYTES => Err(refuse(format!(
            "{} has more than {MAX_BYTES} bytes",
            path.display()
        ))),
        true => Ok(()),
        false => Err(refuse(format!("{} is not a regular file", path.display()))),
    };
    let real = fs::canonicalize(path)?;
    if let Some(root) = root {
        let is_toml = real
            .extension()
            .is_some_and(|extension| extension == "toml");
        if !real.starts_with(root) || !is_toml {
            let message = format!(
                "{} does not lead to a `.toml` file in {}",
                path.display(),
                root.display()
            );
            return Err(refuse(message));
        }
    }
    // Opening a pipe waits for its other end.
    regular(fs::metadata(&real)?)?;
    let file = File::open(&real)?;
    regular(file.metadata()?)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn laid_over(
    source: Source,
    path: &Path,
    root: &Path,
    files: &mut Vec<PathBuf>,
) -> io::Result<Source> {
    let Some(extends) = source.extends().filter(|_| files.len() < MAX_BASES) else {
        return Ok(source);
    };
    let is_path = extends.contains('/') || extends.to_ascii_lowercase().ends_with(".toml");
    let file = match is_path {
        true => PathBuf::from(&extends),
        false => PathBuf::from(format!("{extends}.toml")),
    };
    let base = path.parent().unwrap_or(Path::new("")).join(file);
    let bytes = match contents(&base, Some(root)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::InvalidInput => {
            let message = format!("`extends` of {}: {error}", path.display());
            return Err(io::Error::new(ErrorKind::InvalidInput, message));
        }
        // The compiler reports that it cannot be found.
        Err(_) => return Ok(source),
    };
    files.push(base.clone());
    let read = Source::new(base.to_string_lossy(), &bytes);
    let read = laid_over(read, &base, root, files)?;
    Ok(source.over(read))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const SPEC: &str = "language = 1\n[provider]\nid = \"acme\"\nname = \"Acme\"\ndocs = \"https://acme.example/\"\n";

    /// Creates a package folder that is unique to this process and test.
    fn folder(name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../target")
            .join(format!("files-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("specs")).unwrap();
        fs::write(folder.join("Cargo.toml"), "[package]\n").unwrap();
        folder
    }

    fn refusal(path: &Path) -> String {
        read(path, "spec").unwrap_err().to_string()
    }

    #[test]
    fn a_spec_is_a_regular_file_and_no_link_out_of_its_package() {
        let folder = folder("links");
        let spec = |name: &str| folder.join("specs").join(name);
        fs::write(spec("acme.toml"), SPEC).unwrap();
        fs::write(folder.join("key.txt"), "hush").unwrap();
        symlink("acme.toml", spec("same.toml")).unwrap();
        assert!(read(&spec("same.toml"), "same").is_ok());

        symlink("/proc/self/environ", spec("environ.toml")).unwrap();
        symlink("../key.txt", spec("key.toml")).unwrap();
        symlink("/dev/zero", spec("zero.toml")).unwrap();
        for name in ["environ.toml", "key.toml", "zero.toml"] {
            let message = refusal(&spec(name));
            assert!(message.contains("does not lead to"), "{message}");
        }
        for device in ["/dev/zero", "/dev/null"] {
            assert!(refusal(Path::new(device)).contains("is not a regular file"));
        }
        let made = std::process::Command::new("mkfifo")
            .arg(spec("pipe.toml"))
            .status();
        assert!(made.unwrap().success());
        assert!(refusal(&spec("pipe.toml")).contains("is not a regular file"));

        fs::write(spec("large.toml"), vec![b'#'; 1024 * 1024 + 1]).unwrap();
        assert!(refusal(&spec("large.toml")).contains("bytes"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn extends_reads_specs_of_the_package_alone() {
        let folder = folder("extends");
        let over = |extends: &str| {
            let path = folder.join("specs").join("own.toml");
            let text = format!("language = 1\n[provider]\nid = \"own\"\nextends = \"{extends}\"\n");
            fs::write(&path, text).unwrap();
            read(&path, "own")
        };
        fs::write(folder.join("acme.toml"), SPEC).unwrap();
        fs::write(folder.join("key.txt"), "hush").unwrap();
        assert_eq!(over("../acme.toml").unwrap().files.len(), 2);
        assert!(over("unknown").unwrap().source.base.is_none());
        for base in [
            "/dev/zero",
            "../key.txt",
            "/proc/self/environ",
            "/etc/hostname",
        ] {
            let message = over(base).unwrap_err().to_string();
            assert!(message.contains("`extends` of"), "{base}: {message}");
            assert!(!message.contains("hush"), "{message}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
