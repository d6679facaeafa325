//! The house rules as data: which modules may depend on which, where files, clocks and printing belong, how long code may
//! be, and which names must not appear in the runtime. A test breaks each rule once, and the rule detects it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::pages;

/// A rule: the code in `inside` contains none of `words`, except in the named files.
struct Rule {
    inside: &'static str,
    words: &'static [&'static str],
    except: &'static [&'static str],
    because: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        inside: "oauth-runtime/src",
        words: &["oauth_spec", "toml::", "syn::", "quote!"],
        except: &[],
        because: "whoever runs a module does not compile the compiler",
    },
    Rule {
        inside: "oauth-spec/src",
        words: &["oauth_runtime::{", "use oauth_runtime", "oauth_macros"],
        // These files write code that uses the runtime.
        except: &["emit/docs/snippet.rs", "emit/package.rs"],
        because: "compiler and runtime never import each other",
    },
    Rule {
        inside: "oauth-runtime/src",
        words: &["reqwest::", "rustls::"],
        except: &["http.rs"],
        because: "the network has one door",
    },
    Rule {
        inside: "oauth-runtime/src",
        words: &["tokio", "async fn", ".await"],
        except: &[
            "bin/",
            "http.rs",
            "lifecycle/",
            "login/loopback.rs",
            "operator.rs",
            "web.rs",
        ],
        because: "the core is pure",
    },
    Rule {
        inside: "oauth-runtime/src/lifecycle/protocol",
        words: &[
            "tokio",
            "async fn",
            ".await",
            "dyn Store",
            "crate::clock",
            "crate::http",
            "crate::lifecycle::store",
        ],
        except: &[],
        because: "the protocol knows no store, no network and no clock",
    },
    Rule {
        inside: "oauth-runtime/src/lifecycle/store/sqlite",
        words: &["Token", "Secret", "SealingKeys"],
        except: &[],
        because: "a store knows keys and blobs",
    },
    Rule {
        inside: "oauth-runtime/src/lifecycle/store/postgres",
        words: &["Token", "Secret", "SealingKeys"],
        except: &[],
        because: "a store knows keys and blobs",
    },
    Rule {
        inside: "oauth-runtime/src",
        words: &["SystemTime::now", "Instant::now"],
        except: &["clock.rs"],
        because: "the clock is an argument",
    },
    Rule {
        inside: "oauth-spec/src/plan",
        words: &[
            "toml",
            "serde::",
            "quote",
            "Span,",
            "source::Span",
            "document::",
        ],
        except: &[],
        because: "a Plan is decided facts",
    },
    Rule {
        inside: "oauth-spec/src/syntax",
        words: &["crate::plan", "crate::check", "crate::emit", "crate::lower"],
        except: &[],
        because: "a file can be read without knowing what it means",
    },
    Rule {
        inside: "oauth-spec/src/lower",
        words: &[
            "crate::emit",
            "crate::interpret",
            "crate::render",
            "crate::check",
        ],
        except: &[],
        because: "meaning is decided without a thought for output",
    },
    Rule {
        inside: "oauth-spec/src/check",
        words: &["crate::emit", "crate::render"],
        except: &[],
        because: "a check depends on what a Plan means, and not on an emitter",
    },
    Rule {
        inside: "oauth-spec/src/interpret",
        words: &[
            "crate::emit",
            "crate::lower",
            "crate::check",
            "syntax::document",
        ],
        except: &[],
        because: "a Plan has a meaning without generated code",
    },
    Rule {
        inside: "oauth-spec/src/emit",
        words: &[
            "syntax::document",
            "crate::lower",
            "crate::check",
            "syntax::Written",
        ],
        except: &[],
        because: "emitters see nothing but the Plan",
    },
    Rule {
        inside: "oauth-spec/src",
        words: &[
            "std::fs",
            "std::env",
            "fs::read",
            " println!(",
            "SystemTime::now",
        ],
        except: &[
            // This file writes the snippet of a page.
            "emit/docs/snippet.rs",
            "main.rs",
            // This file reads a spec and the specs that it overlays, for the attribute, build scripts and the command.
            "files.rs",
            "command.rs",
            "command/build.rs",
            "command/changed.rs",
            "command/formatted.rs",
            "command/rustfmt.rs",
            "command/show.rs",
            "command/example.rs",
            "command/check.rs",
            "command/new.rs",
            "build.rs",
        ],
        because: "only the command and build scripts touch files, environment and terminal",
    },
    Rule {
        inside: "generated/src",
        words: &["#[allow", "#![allow", "unsafe", "oauth_spec"],
        except: &[],
        because: "generated code needs no excuse",
    },
];

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns every Rust file in a folder and its subfolders, with its path from there.
pub(super) fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Returns the lines of code, without comments and without unit tests. Unit tests may use any module.
pub(super) fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let tests = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    text[..tests]
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn broken_in(rule: &Rule, name: &str, text: &str) -> Vec<String> {
    let within = |folder: &str| folder.ends_with('/') && name.starts_with(folder);
    if rule.except.iter().any(|own| *own == name || within(own)) {
        return Vec::new();
    }
    code(text)
        .filter(|(_, line)| rule.words.iter().any(|word| line.contains(word)))
        .map(|(number, line)| {
            format!(
                "{}/{name}:{}: {} ({})",
                rule.inside,
                number + 1,
                line.trim(),
                rule.because
            )
        })
        .collect()
}

#[test]
fn nobody_knows_whom_he_must_not_know() {
    let broken: Vec<String> = RULES
        .iter()
        .flat_map(|rule| {
            let files = files(&root().join(rule.inside));
            files
                .iter()
                .flat_map(|(name, text)| broken_in(rule, name, text))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn each_rule_catches_what_breaks_it() {
    for rule in RULES {
        for word in rule.words {
            let planted = format!("fn planted() {{\n    {word};\n}}\n");
            assert_eq!(
                broken_in(rule, "planted.rs", &planted).len(),
                1,
                "{word} in {}",
                rule.inside
            );
        }
    }
}

#[test]
fn no_provider_is_named_in_the_runtime() {
    // These ids of specs are also ordinary words.
    const ORDINARY: &[&str] = &["box", "custom"];
    let mut ids = pages::shipped();
    ids.retain(|id| !ORDINARY.contains(&id.as_str()));
    assert!(ids.len() >= 5);
    for (name, text) in files(&root().join("oauth-runtime/src")) {
        for (number, line) in code(&text) {
            let words = line.split(|character: char| !character.is_alphanumeric());
            for word in words {
                let word = word.to_ascii_lowercase();
                assert!(
                    !ids.contains(&word),
                    "oauth-runtime/src/{name}:{}: {line}",
                    number + 1
                );
            }
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for crate_name in ["oauth-spec", "oauth-macros", "oauth-runtime", "generated"] {
        for (name, text) in files(&root().join(crate_name).join("src")) {
            let first = text
                .lines()
                .find(|line| !line.is_empty() && !line.starts_with("// @generated"));
            assert!(
                first.is_some_and(|line| line.starts_with("//!")),
                "{crate_name}/src/{name}"
            );
        }
    }
}

/// Returns the functions of a file that are longer than `most` lines. Unit tests at the end of a file do not count.
fn long_functions(text: &str, most: usize) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    let lines: Vec<&str> = text.lines().collect();
    let begins = lines.iter().enumerate().filter_map(|(at, line)| {
        let indent = &line[..line.len() - line.trim_start().len()];
        let head = line.trim_start();
        let head = ["pub(crate) ", "pub(super) ", "pub "]
            .iter()
            .fold(head, |head, word| head.strip_prefix(word).unwrap_or(head));
        let head = ["const ", "async "]
            .iter()
            .fold(head, |head, word| head.strip_prefix(word).unwrap_or(head));
        let name = head.strip_prefix("fn ")?;
        let end = format!("{indent}}}");
        // A declaration without a body ends at its semicolon, at the same depth.
        let declared = format!("{indent}) ");
        let stop = lines[at..].iter().position(|line| {
            *line == end
                || line.ends_with(';') && (line.starts_with(&declared) || *line == lines[at])
        });
        let name = name.split(['(', '<']).next().unwrap_or(name);
        Some((name.to_owned(), stop? + 1))
    });
    begins
        .filter(|(_, length)| *length > most)
        .map(|(name, length)| format!("{name} has {length} lines"))
        .collect()
}

#[test]
fn functions_stay_short_enough_to_be_read_at_once() {
    for crate_name in ["oauth-spec", "oauth-macros", "oauth-runtime"] {
        for (name, text) in files(&root().join(crate_name).join("src")) {
            let long = long_functions(&text, 150);
            assert!(long.is_empty(), "{crate_name}/src/{name}: {long:?}");
        }
    }
    let body = "    work();\n".repeat(149);
    assert_eq!(
        long_functions(&format!("fn f() {{\n{body}}}\n"), 150).len(),
        1
    );
    assert_eq!(
        long_functions("fn f(\n    a: u8,\n) -> u8;\nfn g() {\n}\n", 3),
        Vec::<String>::new()
    );
}

#[test]
fn files_stay_short_enough_to_have_one_job() {
    for (crate_name, most) in [
        ("oauth-spec", 620),
        ("oauth-macros", 200),
        ("oauth-runtime", 600),
    ] {
        for (name, text) in files(&root().join(crate_name).join("src")) {
            let lines = text.lines().count();
            assert!(lines <= most, "{crate_name}/src/{name} has {lines} lines");
        }
    }
}

#[test]
fn nothing_is_left_undone() {
    for crate_name in ["oauth-spec", "oauth-macros", "oauth-runtime"] {
        for (name, text) in files(&root().join(crate_name).join("src")) {
            for word in ["todo!(", "unimplemented!(", "FIXME", "TODO", "dbg!("] {
                assert!(!text.contains(word), "{crate_name}/src/{name} says {word}");
            }
        }
    }
}

/// Words that plain English does without, over everything that a person reads.
const RULED_OUT: &[&str] = &[
    "whoever", "nobody", "somebody", "mend", "mends", "mended", "beneath", "anew", "fares",
];

/// Phrases that it does without.
const RULED_OUT_PHRASES: &[&str] = &["for want of", "in the place of", "so many ", "so long "];

/// Returns what is ruled out in a text.
fn ruled_out(text: &str) -> Option<&'static str> {
    // Databases have stored it since the first revision.
    let text = text.to_ascii_lowercase().replace("mend app", "");
    let is_letter = |character: char| character.is_alphanumeric() || character == '_';
    let mut words = text.split(|character| !is_letter(character));
    let word = words.find_map(|word| RULED_OUT.iter().find(|own| **own == word));
    let mut phrases = RULED_OUT_PHRASES.iter();
    word.or_else(|| phrases.find(|phrase| text.contains(**phrase)))
        .copied()
}

/// Returns the parts of a line that a person reads: all of a document, comments and string literals of code.
fn read_by_people<'l>(name: &str, line: &'l str) -> Vec<&'l str> {
    let code = line.trim_start();
    match Path::new(name).extension().is_some_and(|own| own == "rs") {
        false => vec![line],
        true if code.starts_with("//") => vec![line],
        true => code.split('"').skip(1).step_by(2).collect(),
    }
}

/// Returns the documents and sources under a folder, with their texts.
fn documents(folder: &Path) -> Vec<(String, String)> {
    const ENDS: [&str; 5] = ["rs", "md", "j2", "toml", "yml"];
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        if next.is_dir() {
            let entries = fs::read_dir(&next).unwrap();
            open.extend(entries.map(|entry| entry.unwrap().path()));
        } else if ENDS
            .iter()
            .any(|end| next.extension().is_some_and(|own| own == *end))
        {
            let name = next.strip_prefix(root()).unwrap().display().to_string();
            found.push((name, fs::read_to_string(&next).unwrap()));
        }
    }
    found
}

#[test]
fn what_a_person_reads_is_plain_english() {
    let mut found = Vec::new();
    for folder in [
        "oauth-runtime/src",
        "oauth-spec/src",
        "oauth-spec/rules",
        "oauth-macros/src",
        "generated",
        "specs",
        ".github",
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
    ] {
        let documents = documents(&root().join(folder));
        assert!(!documents.is_empty(), "{folder}");
        for (name, text) in documents {
            for (number, line) in text.lines().enumerate() {
                let place = format!("{name}:{}", number + 1);
                let words = read_by_people(&name, line).into_iter().find_map(ruled_out);
                found.extend(words.map(|word| format!("{place}: `{word}` in {line}")));
                let comment = line.trim_start();
                let doc = comment
                    .strip_prefix("/// ")
                    .or_else(|| comment.strip_prefix("//! "));
                if doc.is_some_and(|doc| doc.starts_with("The same")) {
                    found.push(format!("{place}: a doc comment depends on its neighbour"));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_is_ruled_out_is_found() {
    for text in [
        "Whoever reads this",
        "a token is asked for anew",
        "for want of a scope",
        "so many calls",
    ] {
        assert!(ruled_out(text).is_some(), "{text}");
    }
    for text in ["recommend", "the word mend app", "anew_value", "as many as"] {
        assert_eq!(ruled_out(text), None, "{text}");
    }
    let code = read_by_people("a.rs", "let anew = \"a nobody\"; // fine");
    assert_eq!(code, ["a nobody"]);
}
