//! `build`: what the compiler writes, and whether it is what is there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use clap::Args;
use oauth_spec::emit::{docs, package, rust};
use oauth_spec::{Compiled, Demand, Source, compile, render, schema};

use super::{Done, Stop, colour, print, progress, sources};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Writes nothing, and fails if what is there is not what would be written
    #[arg(long)]
    check: bool,
    /// The folder of the specs
    #[arg(long, default_value = "specs")]
    specs: PathBuf,
    /// The folder to write to
    #[arg(long, default_value = "generated")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    let sources = sources(std::slice::from_ref(&arguments.specs))?;
    let compiled = compile_all(&sources)?;
    let files = files(&sources, &compiled)?;
    for own in &compiled {
        print(&summary(own));
    }
    let stale = stale(&arguments.out, &files);
    if arguments.check {
        for path in &stale {
            print(&format!("stale: {}\n", path.display()));
        }
        return match stale.is_empty() {
            true => {
                print(&format!(
                    "{} files in {} are fresh\n",
                    files.len(),
                    arguments.out.display()
                ));
                Ok(())
            }
            false => {
                print("run `cargo spec build`, and commit what it writes\n");
                Err(Stop::Found)
            }
        };
    }
    for path in &stale {
        write(path, arguments, &files)?;
    }
    print(&format!(
        "{} of {} files in {} written anew\n",
        stale.len(),
        files.len(),
        arguments.out.display()
    ));
    Ok(())
}

fn compile_all(sources: &[Source]) -> Result<Vec<Compiled>, Stop> {
    let mut compiled = Vec::new();
    let mut found = false;
    for source in sources {
        progress(&format!("compiling {}", source.name));
        match compile(source, Demand::Complete) {
            Ok(own) => compiled.push(own),
            Err(findings) => {
                found = true;
                for finding in &findings {
                    print(&format!("{}\n", render::finding(source, finding, colour())));
                }
            }
        }
    }
    if found {
        Err(Stop::Found)
    } else {
        Ok(compiled)
    }
}

fn summary(compiled: &Compiled) -> String {
    let lines = compiled.plans().map(|plan| {
        let module = plan.identity.reference();
        let login = plan.login.iter().map(|_| "login".to_owned());
        let calls: Vec<String> = login
            .chain(plan.calls.iter().map(oauth_spec::plan::Call::function))
            .collect();
        format!("{module:<20} {}\n", calls.join(", "))
    });
    lines.collect()
}

/// Everything that is written: path beneath the output folder, and text.
fn files(sources: &[Source], compiled: &[Compiled]) -> Result<BTreeMap<PathBuf, String>, Stop> {
    let mut files = BTreeMap::new();
    let rendered = |result: Result<String, _>| {
        result
            .map_err(|error: minijinja::Error| Stop::Usage(format!("a template is wrong: {error}")))
    };
    for (source, own) in sources.iter().zip(compiled) {
        let id = &own.base.identity.id;
        let spec = format!(
            "specs/{}",
            Path::new(&source.name)
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
        );
        let module = rust::module(&own.base, &own.variants);
        files.insert(
            format!("src/{id}.rs").into(),
            rust::file::module(&module, &spec),
        );
        let tests = own
            .plans()
            .flat_map(|plan| rust::tests(plan, &package::module_path(plan)))
            .collect::<Vec<_>>();
        files.insert(
            format!("tests/examples/{id}.rs").into(),
            rust::file::tests(&tests, &spec),
        );
        files.insert(format!("docs/{id}.md").into(), rendered(docs::page(own))?);
    }
    let all: Vec<&Compiled> = compiled.iter().collect();
    let ids: Vec<&str> = compiled
        .iter()
        .map(|own| own.base.identity.id.as_str())
        .collect();
    files.insert("src/lib.rs".into(), package::library(&ids));
    files.insert("tests/examples/main.rs".into(), package::test_main(&ids));
    files.insert("Cargo.toml".into(), package::manifest(&ids));
    files.insert("docs/index.md".into(), rendered(docs::index(&all))?);
    files.insert("docs/rules.md".into(), rendered(docs::rules())?);
    let schema = schema::text();
    // It was written a moment ago.
    let read = serde_json::from_str(&schema).unwrap_or_default();
    files.insert("docs/language.md".into(), rendered(docs::language(&read))?);
    files.insert("spec.schema.json".into(), schema);
    format(&mut files)?;
    Ok(files)
}

/// The files that are not there, or not as they would be written; and those that nobody writes any more.
fn stale(out: &Path, files: &BTreeMap<PathBuf, String>) -> Vec<PathBuf> {
    let differs =
        |path: &&PathBuf| fs::read_to_string(out.join(path)).ok().as_ref() != files.get(*path);
    let mut stale: Vec<PathBuf> = files.keys().filter(differs).cloned().collect();
    for folder in ["src", "tests/examples", "docs"] {
        let entries = fs::read_dir(out.join(folder))
            .into_iter()
            .flatten()
            .flatten();
        let left_over = entries.map(|entry| Path::new(folder).join(entry.file_name()));
        stale.extend(left_over.filter(|path| !files.contains_key(path)));
    }
    stale
}

fn write(path: &Path, arguments: &Arguments, files: &BTreeMap<PathBuf, String>) -> Done {
    let target = arguments.out.join(path);
    let done = match files.get(path) {
        None => fs::remove_file(&target),
        Some(text) => target
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&target, text)),
    };
    done.map_err(|error| Stop::Usage(format!("{}: {error}", target.display())))
}

/// Through rustfmt, so that `cargo fmt --check` holds for what is written, too: one run of it for all files but
/// the two that name the others, which are written as it would have them.
fn format(files: &mut BTreeMap<PathBuf, String>) -> Done {
    let is_module = |path: &&PathBuf| {
        let names_others = ["src/lib.rs", "tests/examples/main.rs"];
        path.extension().is_some_and(|extension| extension == "rs")
            && !names_others
                .iter()
                .any(|own| Path::new(own) == path.as_path())
    };
    let paths: Vec<PathBuf> = files.keys().filter(is_module).cloned().collect();
    let scratch = Scratch::new()?;
    let mut written = Vec::new();
    for (at, path) in paths.iter().enumerate() {
        let own = scratch.0.join(format!("{at}.rs"));
        fs::write(&own, &files[path]).map_err(|error| scratch.failed(&error))?;
        written.push(own);
    }
    let output = Command::new("rustfmt")
        .args([
            "--edition",
            "2024",
            "--config",
            "use_field_init_shorthand=true,use_try_shorthand=true",
        ])
        .args(&written)
        .output();
    let output = output.map_err(|error| {
        Stop::Usage(format!(
            "rustfmt cannot be run ({error}): `rustup component add rustfmt`"
        ))
    })?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Stop::Usage(format!(
            "rustfmt refused what the compiler wrote, which is a defect of oauth-spec: {told}"
        )));
    }
    for (path, own) in paths.into_iter().zip(&written) {
        let text = fs::read_to_string(own).map_err(|error| scratch.failed(&error))?;
        files.insert(path, text);
    }
    Ok(())
}

/// A folder that is gone with its value.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Scratch, Stop> {
        let own = std::env::temp_dir().join(format!("oauth-spec-{}", std::process::id()));
        let scratch = Scratch(own);
        fs::create_dir_all(&scratch.0).map_err(|error| scratch.failed(&error))?;
        Ok(scratch)
    }

    fn failed(&self, error: &io::Error) -> Stop {
        Stop::Usage(format!("{}: {error}", self.0.display()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left over lies among temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
