//! `build`, which writes the generated files, or checks that they are up to date.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::{fs, thread};

use clap::Args;
use oauth_spec::emit::{docs, package, rust};
use oauth_spec::{Compiled, Demand, Source, compile, control, render, schema};

use super::formatted::Record;
use super::{Done, Stop, colour, print, progress, rustfmt, sources};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Write nothing, and fail if a generated file is missing or out of date
    #[arg(long)]
    check: bool,
    /// The folder that contains the specs
    #[arg(long, default_value = "specs")]
    specs: PathBuf,
    /// The folder to write to
    #[arg(long, default_value = "generated")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    let sources = sources(std::slice::from_ref(&arguments.specs))?;
    let compiled = compile_all(&sources)?;
    let record = Record::read(&arguments.out, rustfmt::version()?);
    let files = files(&sources, &compiled, &record)?;
    record.save();
    for own in compiled.iter().filter(|own| !own.base.identity.is_reported) {
        print(&summary(own));
    }
    let stale = stale(&arguments.out, &files);
    if arguments.check {
        for path in &stale {
            let path = path.to_string_lossy();
            print(&format!("stale: {}\n", control::escaped(&path)));
        }
        return match stale.is_empty() {
            true => {
                print(&format!(
                    "{} files in {} are up to date\n",
                    files.len(),
                    arguments.out.display()
                ));
                Ok(())
            }
            false => {
                print("run `cargo spec build`, and commit the files that it writes\n");
                Err(Stop::Found)
            }
        };
    }
    for path in &stale {
        write(path, arguments, &files)?;
    }
    print(&format!(
        "wrote {} of {} files in {}\n",
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

/// The texts of files, by their paths in the output folder.
type Files = BTreeMap<PathBuf, String>;

/// Generates all files.
fn files(sources: &[Source], compiled: &[Compiled], record: &Record) -> Result<Files, Stop> {
    let is_documented = |(_, own): &(&Source, &Compiled)| !own.base.identity.is_reported;
    let pairs = sources.iter().zip(compiled).filter(is_documented);
    let documented: Vec<(&Source, &Compiled)> = pairs.collect();
    let mut files = every_provider(&documented, record)?;
    let all: Vec<&Compiled> = documented.iter().map(|(_, own)| *own).collect();
    let ids: Vec<&str> = all
        .iter()
        .map(|own| own.base.identity.id.as_str())
        .collect();
    let with_reported: Vec<&Compiled> = compiled.iter().collect();
    // rustfmt would look for the modules that these files name, so they are generated in its format.
    files.insert("src/lib.rs".into(), package::library(&all));
    files.insert("tests/examples/main.rs".into(), package::test_main(&ids));
    files.insert("Cargo.toml".into(), package::manifest(&ids));
    files.insert("README.md".into(), package::readme(&all));
    files.insert(
        "docs/index.md".into(),
        rendered(docs::index(&with_reported))?,
    );
    files.insert("docs/rules.md".into(), rendered(docs::rules())?);
    let schema = schema::text();
    // The schema was serialized just before, so it parses.
    let read = serde_json::from_str(&schema).unwrap_or_default();
    files.insert("docs/language.md".into(), rendered(docs::language(&read))?);
    files.insert("spec.schema.json".into(), schema);
    Ok(files)
}

fn rendered(page: Result<String, minijinja::Error>) -> Result<String, Stop> {
    page.map_err(|error| Stop::Usage(format!("cannot render a documentation page: {error}")))
}

/// Generates the files of each provider, on all available threads, since formatting takes most of the time.
fn every_provider(specs: &[(&Source, &Compiled)], record: &Record) -> Result<Files, Stop> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = |first: usize| {
        let own = specs.iter().skip(first).step_by(threads);
        let mut files = Files::new();
        for (source, compiled) in own {
            for (path, text) in provider_files(source, compiled)? {
                let is_module = path.extension().is_some_and(|extension| extension == "rs");
                let text = match is_module {
                    true => record.formatted(&path, &text, rustfmt::format)?,
                    false => text,
                };
                files.insert(path, text);
            }
        }
        Ok::<Files, Stop>(files)
    };
    thread::scope(|scope| {
        let shares: Vec<_> = (0..threads.min(specs.len()))
            .map(|first| scope.spawn(move || share(first)))
            .collect();
        let mut files = Files::new();
        for own in shares {
            files.extend(own.join().unwrap_or_else(|panic| resume_unwind(panic))?);
        }
        Ok(files)
    })
}

fn provider_files(source: &Source, own: &Compiled) -> Result<[(PathBuf, String); 3], Stop> {
    let id = &own.base.identity.id;
    let spec = format!(
        "specs/{}",
        Path::new(&source.name)
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
    );
    let module = rust::module(&own.base, &own.variants);
    let tests = own
        .plans()
        .flat_map(|plan| rust::tests(plan, &package::module_path(plan)))
        .collect::<Vec<_>>();
    Ok([
        (
            format!("src/{id}.rs").into(),
            rust::file::module(&module, &spec),
        ),
        (
            format!("tests/examples/{id}.rs").into(),
            rust::file::tests(&tests, &spec),
        ),
        (format!("docs/{id}.md").into(), rendered(docs::page(own))?),
    ])
}

/// Returns the files that are missing or out of date, and those that are no longer generated.
fn stale(out: &Path, files: &Files) -> Vec<PathBuf> {
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

fn write(path: &Path, arguments: &Arguments, files: &Files) -> Done {
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
