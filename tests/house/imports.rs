//! Files of the runtime import in one direction: no file uses one that uses it, directly or through others.
//!
//! A `pub use` is no import here, since a folder's `mod.rs` presents the items of its files.

use std::collections::BTreeMap;

use super::tidy::{code, files, root};

/// The files of a crate by their module paths, such as `login::secrets`.
struct Crate(BTreeMap<String, File>);

#[derive(Default)]
struct File {
    /// The paths that the file names, such as `login::secrets::LoginSecrets`.
    uses: Vec<String>,
    /// The items that the file presents, by their names, with their paths.
    presents: BTreeMap<String, String>,
}

impl Crate {
    fn read(folder: &str) -> Crate {
        let files = files(&root().join(folder));
        let modules: Vec<String> = files.iter().map(|(name, _)| module(name)).collect();
        let read = files.iter().zip(&modules).map(|((_, text), module)| {
            let text: Vec<&str> = code(text).map(|(_, line)| line).collect();
            (
                module.clone(),
                File::read(&text.join("\n"), module, &modules),
            )
        });
        Crate(read.collect())
    }

    /// Returns the file that defines what a path names.
    fn defines(&self, path: &str) -> Option<&str> {
        let names: Vec<&str> = path.split("::").collect();
        let (file, rest) = (0..=names.len()).rev().find_map(|count| {
            let own = self.0.get_key_value(&names[..count].join("::"))?;
            Some((own, &names[count..]))
        })?;
        match rest.first().and_then(|name| file.1.presents.get(*name)) {
            Some(presented) if presented != path => self.defines(presented),
            _ => Some(file.0),
        }
    }

    /// Returns the files whose items a file uses.
    fn used_by(&self, module: &str) -> Vec<&str> {
        let uses = self.0[module].uses.iter();
        let mut used: Vec<&str> = uses.filter_map(|path| self.defines(path)).collect();
        // The root declares the modules and presents their items.
        used.retain(|own| *own != module && !own.is_empty());
        used.sort_unstable();
        used.dedup();
        used
    }

    /// Returns a circle of imports that leads back to a file, if there is one.
    fn circle(&self, module: &str) -> Option<String> {
        let mut ways = vec![vec![module]];
        let mut seen = Vec::new();
        while let Some(way) = ways.pop() {
            for next in self.used_by(way[way.len() - 1]) {
                let longer: Vec<&str> = way.iter().copied().chain([next]).collect();
                if next == module {
                    return Some(longer.join(" → "));
                }
                if !seen.contains(&next) {
                    seen.push(next);
                    ways.push(longer);
                }
            }
        }
        None
    }
}

impl File {
    fn read(text: &str, module: &str, modules: &[String]) -> File {
        let mut file = File::default();
        let mut rest = text;
        while let Some((before, statement)) = rest.split_once("use ") {
            let Some((tree, further)) = statement.split_once(';') else {
                break;
            };
            let line = before.rsplit('\n').next().unwrap_or_default().trim();
            let begins_item = line.is_empty() || line.starts_with("pub");
            rest = if begins_item { further } else { statement };
            if !begins_item {
                continue;
            }
            for path in leaves(tree) {
                let Some(path) = absolute(&path, module, modules) else {
                    continue;
                };
                match line.starts_with("pub") {
                    true => {
                        let name = path.rsplit("::").next().unwrap_or_default().to_owned();
                        file.presents.insert(name, path);
                    }
                    false => file.uses.push(path),
                }
            }
        }
        let presented: Vec<&String> = file.presents.values().collect();
        for (at, _) in text.match_indices("crate::") {
            let path = &text[at + "crate::".len()..];
            let end = path.find(|own: char| !own.is_alphanumeric() && own != '_' && own != ':');
            let path = path[..end.unwrap_or(path.len())]
                .trim_end_matches(':')
                .to_owned();
            let is_presented = presented.iter().any(|own| own.starts_with(&path));
            if !is_presented {
                file.uses.push(path);
            }
        }
        file
    }
}

/// Returns the module path of a file.
fn module(name: &str) -> String {
    let name = name.trim_end_matches(".rs").replace('/', "::");
    let name = name.strip_suffix("::mod").unwrap_or(&name);
    match name {
        "lib" | "mod" => String::new(),
        _ => name.to_owned(),
    }
}

/// Returns a path from the crate's root. Returns `None` for a path into another crate.
fn absolute(path: &str, module: &str, modules: &[String]) -> Option<String> {
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    if let Some(path) = path.strip_prefix("crate::") {
        return Some(path.to_owned());
    }
    if let Some(path) = path.strip_prefix("super::") {
        return Some(joined(parent, path));
    }
    let path = joined(module, path.strip_prefix("self::").unwrap_or(path));
    let first = path.split("::").take(module.split("::").count() + 1);
    let first = first.collect::<Vec<_>>().join("::");
    modules.contains(&first).then_some(path)
}

fn joined(module: &str, path: &str) -> String {
    match module.is_empty() {
        true => path.to_owned(),
        false => format!("{module}::{path}"),
    }
}

/// Returns the paths of a `use` tree: `a::{b, c::{d, e}}` is `a::b`, `a::c::d` and `a::c::e`.
fn leaves(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((start, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default().trim();
        return vec![path.trim_end_matches("::self").to_owned()];
    };
    let mut depth = 0;
    let parts = rest.trim_end().trim_end_matches('}').split(|own: char| {
        depth += i32::from(own == '{') - i32::from(own == '}');
        own == ',' && depth == 0
    });
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    parts
        .flat_map(leaves)
        .map(|leaf| match leaf.as_str() {
            "self" => start.trim_end_matches("::").to_owned(),
            leaf => format!("{start}{leaf}"),
        })
        .collect()
}

#[test]
fn no_import_leads_back() {
    for folder in ["oauth-runtime/src", "oauth-macros/src"] {
        let own = Crate::read(folder);
        let circles: Vec<String> = own
            .0
            .keys()
            .filter_map(|own_module| own.circle(own_module))
            .collect();
        assert!(circles.is_empty(), "{folder}:\n{}", circles.join("\n"));
    }
}

#[test]
fn a_circle_is_found() {
    let modules = ["", "a", "a::b", "c"].map(str::to_owned);
    let files = [
        ("", "pub use crate::a::A;"),
        ("a", "use crate::c::{self, d};\nmod b;\npub use b::B;"),
        ("a::b", "use std::fmt;"),
        ("c", "fn f(_: crate::a::B) {}"),
    ];
    let read = |files: &[(&str, &str)]| {
        let read = files
            .iter()
            .map(|(module, text)| ((*module).to_owned(), File::read(text, module, &modules)));
        Crate(read.collect())
    };
    assert_eq!(read(&files).circle("a"), None, "`B` is defined in `a::b`");
    let mut circular = files;
    circular[3].1 = "use crate::A;";
    assert_eq!(read(&circular).circle("a").unwrap(), "a → c → a");
}
