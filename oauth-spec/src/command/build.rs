//! `build`: what the compiler writes, and whether it is what is there.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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
                    print(&render::finding(source, finding, colour()));
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
        let module = match &plan.identity.variant {
            Some((variant, _)) => format!("{}::{variant}", plan.identity.id),
            None => plan.identity.id.clone(),
        };
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
            formatted(&rust::file::module(&module, &spec))?,
        );
        let tests = own
            .plans()
            .flat_map(|plan| rust::tests(plan, &package::module_path(plan)))
            .collect::<Vec<_>>();
        files.insert(
            format!("tests/examples/{id}.rs").into(),
            formatted(&rust::file::tests(&tests, &spec))?,
        );
        files.insert(format!("docs/{id}.md").into(), rendered(docs::page(own))?);
    }
    let all: Vec<&Compiled> = compiled.iter().collect();
    let ids: Vec<&str> = compiled
        .iter()
        .map(|own| own.base.identity.id.as_str())
        .collect();
    files.insert("src/lib.rs".into(), formatted(&package::library(&ids))?);
    files.insert(
        "tests/examples/main.rs".into(),
        formatted(&package::test_main(&ids))?,
    );
    files.insert("Cargo.toml".into(), package::manifest(&ids));
    files.insert("docs/index.md".into(), rendered(docs::index(&all))?);
    files.insert("docs/rules.md".into(), rendered(docs::rules())?);
    files.insert("spec.schema.json".into(), schema::text());
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

/// Through rustfmt, so that `cargo fmt --check` holds for what is written, too.
fn formatted(text: &str) -> Result<String, Stop> {
    let missing = |error: io::Error| {
        Stop::Usage(format!(
            "rustfmt cannot be run ({error}): `rustup component add rustfmt`"
        ))
    };
    let mut rustfmt = Command::new("rustfmt")
        .args([
            "--edition",
            "2024",
            "--config",
            "use_field_init_shorthand=true,use_try_shorthand=true",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(missing)?;
    if let Some(mut input) = rustfmt.stdin.take() {
        input.write_all(text.as_bytes()).map_err(missing)?;
    }
    let output = rustfmt.wait_with_output().map_err(missing)?;
    match output.status.success() {
        true => String::from_utf8(output.stdout)
            .map_err(|_| Stop::Usage("rustfmt wrote no UTF-8".to_owned())),
        false => Err(Stop::Usage(
            "rustfmt refused what the compiler wrote: that is a defect of oauth-spec".to_owned(),
        )),
    }
}
