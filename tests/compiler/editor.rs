//! A spec in an editor. Taplo, a third-party language server, completes it, explains it and underlines it, with only
//! `.taplo.toml` and the schema. `editor/README.md` has the results.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::support::pages;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/compiler/editor");

/// The mark of the cursor's position in a text.
const CURSOR: char = '▮';

const BEGUN: &str = "\
language = 1

[provider]
id = \"bank\"
name = \"A bank nobody has heard of\"
docs = \"https://developer.bank.example/oauth\"
";

const PAGE: &str = "\
<!-- Written by tests/compiler/editor.rs: WRITE_PAGES=1 cargo test --package outer-tests editor. -->

# A spec in an editor

What the language server of [Taplo](https://taplo.tamasfe.dev) shows, which runs in editors that know TOML, by this
repository's [.taplo.toml](../../../.taplo.toml) and the [schema](../../../generated/spec.schema.json). The cursor is `▮`.
";

/// An editor with an open repository. It speaks the Language Server Protocol.
struct Editor {
    server: Child,
    to: ChildStdin,
    from: Receiver<Json>,
    asked: u64,
    root: String,
    /// The last diagnostics of each document.
    underlined: BTreeMap<String, Vec<Json>>,
}

impl Editor {
    fn open(folder: &Path) -> Editor {
        let folder = folder.canonicalize().unwrap();
        let mut server = Command::new("node")
            .args([
                format!("{FOLDER}/language_server.mjs"),
                pages::installed(FOLDER),
            ])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (to, lines) = (server.stdin.take().unwrap(), server.stdout.take().unwrap());
        let (told, from) = channel();
        std::thread::spawn(move || {
            let messages = BufReader::new(lines).lines().map_while(Result::ok);
            messages
                .map_while(|line| serde_json::from_str(&line).ok())
                .for_each(|message: Json| {
                    // The receiver is gone once the editor is closed.
                    let _ = told.send(message);
                });
        });
        let mut editor = Editor {
            server,
            to,
            from,
            asked: 0,
            root: format!("file://{}", folder.display()),
            underlined: BTreeMap::new(),
        };
        let root = editor.root.clone();
        let folders = json!([{ "uri": root, "name": "specs" }]);
        editor.ask(
            "initialize",
            &json!({ "processId": null, "rootUri": root, "capabilities": {}, "workspaceFolders": folders }),
        );
        editor.tell("initialized", &json!({}));
        // Only then the server requests its configuration, and restarts with it.
        editor.wait_for(|message| message["method"] == "workspace/configuration");
        editor
    }

    fn write(&mut self, mut message: Json) {
        message["jsonrpc"] = "2.0".into();
        writeln!(self.to, "{message}").unwrap();
    }

    fn tell(&mut self, method: &str, parameters: &Json) {
        self.write(json!({ "method": method, "params": parameters }));
    }

    fn ask(&mut self, method: &str, parameters: &Json) -> Json {
        self.asked += 1;
        let id = self.asked;
        self.write(json!({ "id": id, "method": method, "params": parameters }));
        self.wait_for(|message| message["id"] == id && message["method"].is_null())["result"].take()
    }

    /// Returns the next message of this kind. Requests for configuration in between get empty objects.
    #[track_caller]
    fn wait_for(&mut self, is_it: impl Fn(&Json) -> bool) -> Json {
        loop {
            let message = self.from.recv_timeout(Duration::from_secs(60)).unwrap();
            if message["method"] == "textDocument/publishDiagnostics" {
                let told = &message["params"];
                let uri = told["uri"].as_str().unwrap().to_owned();
                let diagnostics = told["diagnostics"].as_array().unwrap();
                self.underlined.insert(uri, diagnostics.clone());
            }
            if message["method"].is_string() && !message["id"].is_null() {
                let items = message["params"]["items"].as_array().map_or(0, Vec::len);
                self.write(json!({ "id": message["id"], "result": vec![json!({}); items] }));
            }
            if is_it(&message) {
                return message;
            }
        }
    }

    /// Opens an unsaved spec, and waits until the server associates the schema with it.
    fn show(&mut self, name: &str, text: &str) -> String {
        let uri = format!("{}/specs/{name}.toml", self.root);
        let document = json!({ "uri": uri, "languageId": "toml", "version": 1, "text": text });
        self.tell("textDocument/didOpen", &json!({ "textDocument": document }));
        let known = (0..1200).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            self.schema_of(&uri).ends_with("/spec.schema.json")
        });
        assert!(known, "{uri}");
        uri
    }

    fn schema_of(&mut self, uri: &str) -> String {
        let answer = self.ask("taplo/associatedSchema", &json!({ "documentUri": uri }));
        let url = answer["schema"]["url"].as_str();
        url.unwrap_or_default().to_owned()
    }

    /// Sends a request about the position of the cursor, and returns the result.
    fn at_cursor(&mut self, method: &str, name: &str, marked: &str) -> Json {
        let (before, _) = marked.split_once(CURSOR).unwrap();
        let line = before.matches('\n').count();
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count();
        let uri = self.show(name, &marked.replace(CURSOR, ""));
        let place = json!({ "line": line, "character": column });
        self.ask(
            method,
            &json!({ "textDocument": { "uri": uri }, "position": place }),
        )
    }

    /// Returns the distinct completions of the word before the cursor, each with its documentation.
    fn offered(&mut self, name: &str, marked: &str) -> BTreeMap<String, String> {
        let answer = self.at_cursor("textDocument/completion", name, marked);
        let items = answer.as_array().or(answer["items"].as_array()).unwrap();
        let before = marked.split(CURSOR).next().unwrap();
        let begun = before.rsplit([' ', '\n']).next().unwrap();
        let mut offered = BTreeMap::new();
        for item in items {
            let label = item["label"].as_str().unwrap();
            let words = item["documentation"]["value"].as_str().unwrap_or_default();
            if label.starts_with(begun) {
                offered.entry(label.to_owned()).or_insert(words.to_owned());
            }
        }
        offered
    }

    /// Returns the diagnostics of a text: line, column and message.
    fn underlined(&mut self, name: &str, text: &str) -> Vec<(u64, u64, String)> {
        let uri = self.show(name, text);
        while self.underlined.get(&uri).is_none_or(Vec::is_empty) {
            self.wait_for(|message| message["method"] == "textDocument/publishDiagnostics");
        }
        let all = self.underlined[&uri].iter();
        let all = all.map(|one| {
            let start = &one["range"]["start"];
            let place = |part: &str| start[part].as_u64().unwrap() + 1;
            (
                place("line"),
                place("character"),
                one["message"].as_str().unwrap().to_owned(),
            )
        });
        let mut all: Vec<_> = all.collect();
        all.sort_unstable();
        all
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn repository() -> PathBuf {
    Path::new(FOLDER).join("../../..")
}

fn table(page: &mut String, offered: &BTreeMap<String, String>) {
    page.push_str("| offered | what it says |\n|---|---|\n");
    for (label, words) in offered {
        let _ = writeln!(page, "| `{label}` | {} |", pages::cell(words));
    }
}

#[test]
fn an_editor_completes_explains_and_underlines_a_spec() {
    let mut editor = Editor::open(&repository());
    let mut page = String::from(PAGE);
    // Writing to a string cannot fail.
    let shown = |page: &mut String, title: &str, spec: &str| {
        let _ = write!(page, "\n## {title}\n\n```toml\n{}\n```\n\n", spec.trim());
    };

    let value = "\n[token]\nauth = ▮\n";
    let offered = editor.offered("value", &format!("{BEGUN}{value}"));
    assert!(
        offered["\"post\""].contains("RFC 6749 §2.3.1"),
        "{offered:?}"
    );
    shown(&mut page, "A value that is one of some words", value);
    table(&mut page, &offered);

    let key = "\n[token.refresh_token]\nr▮\n";
    let offered = editor.offered("key", &format!("{BEGUN}{key}"));
    assert!(offered.contains_key("rotation"), "{offered:?}");
    assert!(!offered.contains_key("redirect_uri"), "{offered:?}");
    let told = &offered["rotation"];
    assert!(told.contains("contains a new refresh token"), "{told}");
    shown(&mut page, "A key", key);
    table(&mut page, &offered);

    let hovered = "\n[authorize]\nno▮nce = \"required\"\n";
    let spec = format!("{BEGUN}{hovered}");
    let answer = editor.at_cursor("textDocument/hover", "hover", &spec);
    let words = answer["contents"]["value"].as_str().unwrap();
    assert_eq!(
        words,
        "Whether the request has a nonce that the ID token returns (OpenID Connect Core §3.1.2.1). By default it has\n\
         one if `openid` is a known scope."
    );
    shown(&mut page, "What a key means", hovered);
    let _ = writeln!(page, "> {}", pages::cell(words));

    let broken = "\n[token]\nauth = \"header\"\nrefresh_tokens = { rotation = \"always\" }\n";
    let spec = format!("{BEGUN}{broken}");
    let underlined = editor.underlined("broken", &spec);
    let is_told = |line: u64, word: &str| {
        let mut all = underlined.iter();
        all.any(|(own, _, words)| *own == line && words.contains(word))
    };
    assert!(is_told(9, "header"), "{underlined:?}");
    // For an unknown key, Taplo underlines the table.
    assert!(is_told(8, "refresh_tokens"), "{underlined:?}");
    shown(&mut page, "What is wrong", &spec);
    page.push_str("| underlined | what is wrong |\n|---|---|\n");
    for (line, column, words) in &underlined {
        let _ = writeln!(page, "| {line}:{column} | {} |", pages::cell(words));
    }
    pages::assert_fresh(&Path::new(FOLDER).join("README.md"), &page, "editor");
}

#[test]
fn no_shipped_spec_is_underlined() {
    let mut editor = Editor::open(&repository());
    let mut opened = Vec::new();
    for id in pages::shipped() {
        let path = format!("{FOLDER}/../../../specs/{id}.toml");
        opened.push(editor.show(&id, &std::fs::read_to_string(path).unwrap()));
    }
    // The server checks documents in order, so the diagnostics of the earlier ones have arrived before this one's.
    editor.underlined("broken", "language = 1\nauthorise = 1\n");
    for uri in opened {
        let underlined = &editor.underlined[&uri];
        assert!(underlined.is_empty(), "{uri}: {underlined:?}");
    }
}

#[test]
fn a_repository_of_one_s_own_needs_the_schema_and_a_file_that_names_it() {
    let folder = std::env::temp_dir().join(format!("oauth-editor-{}", std::process::id()));
    let schema = folder.join("generated/spec.schema.json");
    std::fs::create_dir_all(schema.parent().unwrap()).unwrap();
    std::fs::write(&schema, oauth_spec::schema::text()).unwrap();
    let names_it = ".taplo.toml";
    std::fs::copy(repository().join(names_it), folder.join(names_it)).unwrap();
    let mut editor = Editor::open(&folder);
    let offered = editor.offered("own", &format!("{BEGUN}\n[token]\nauth = ▮\n"));
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(offered.contains_key("\"post\""), "{offered:?}");
}
