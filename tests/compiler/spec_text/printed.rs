//! Terminal output about a hostile spec, and about a file with a hostile name.

#[cfg(unix)]
use std::ffi::OsStr;
#[cfg(unix)]
use std::process::Command;

use oauth_spec::control::is_control;
use oauth_spec::render::{self, Colour};
use oauth_spec::{Demand, Source, compile};

const HOSTILE_NAME: &str = "x\n::error title=forged::y\u{1b}[31m\u{202e}.toml";

#[test]
fn findings_have_no_control_characters_whatever_is_found() {
    let specs = [
        "\"a\\u001b[31m\\n::error title=forged::\" = 1\n[provider]\nid = \"a\\u202eb\"\nname = \"\\u009b31m\"\n",
        "language = 1 # \u{1b}[31m\n",
        "[authorize]\n\turl = \"http://\u{202e}example\"\tpkce = 1\n",
        "[provider]\nextends = \"a\\u001b]0;x\\u0007\"\n",
        "[accept]\n[[accept]]\nrule = \"\\u001b\"\n",
    ];
    for spec in specs {
        let source = Source::new(HOSTILE_NAME, spec.as_bytes());
        let found = compile(&source, Demand::Complete).unwrap_err();
        assert!(!found.is_empty(), "{spec:?}");
        for finding in &found {
            let texts = [
                Some(&finding.message),
                Some(&finding.path),
                finding.help.as_ref(),
            ];
            for text in texts.into_iter().flatten() {
                assert!(!text.contains(is_control), "{text:?}");
            }
            let shown = render::finding(&source, finding, Colour::Never);
            let lines = shown.lines().count();
            assert!(lines <= 6, "{shown}");
            assert!(!shown.replace('\n', "").contains(is_control), "{shown:?}");
        }
    }
}

#[test]
fn a_mark_stands_below_what_it_marks_behind_a_tab_and_an_escape() {
    let spec = "\tlanguage = \"\u{202e}\" # x\n";
    let source = Source::new("x.toml", spec.as_bytes());
    let found = compile(&source, Demand::Sound).unwrap_err();
    let finding = found
        .iter()
        .find(|finding| finding.rule.code == "E0113")
        .unwrap();
    let shown = render::finding(&source, finding, Colour::Never);
    let marks = format!("  | {}{}\n", " ".repeat(12), "^".repeat(10));
    let expected = format!("1 |  language = \"\\u{{202e}}\" # x\n{marks}");
    assert!(shown.contains(&expected), "{shown}");
}

/// Runs the command. Returns its standard output and its standard error.
#[cfg(unix)]
fn command(arguments: &[&OsStr]) -> (String, String) {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "oauth-spec", "--"])
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

/// Unix file systems and git accept such a file name.
#[cfg(unix)]
#[test]
fn a_file_s_name_is_no_command_of_a_workflow_and_of_no_terminal() {
    let assert_plain = |said: &str| {
        let rest = said.replace('\n', "");
        assert!(!rest.contains(is_control), "{said:?}");
        let forged = said.lines().any(|line| line.starts_with("::error title"));
        assert!(!forged, "{said}");
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(HOSTILE_NAME);
    std::fs::write(&file, "language = 2\n\"a\\n::error title=forged::\" = 1\n").unwrap();
    for format in ["human", "json", "github", "sarif"] {
        let arguments = [
            OsStr::new("check"),
            OsStr::new("--format"),
            OsStr::new(format),
            file.as_os_str(),
        ];
        let (said, warned) = command(&arguments);
        assert!(said.contains("E0107"), "{format}: {said}{warned}");
        assert_plain(&said);
        assert_plain(&warned);
        if format == "github" {
            let is_ours =
                |line: &str| line.starts_with("::error file=") && line.matches("::").count() == 2;
            assert!(said.lines().all(is_ours), "{said}");
        }
    }
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("nowhere", &file).unwrap();
    let (_, warned) = command(&[OsStr::new("check"), file.as_os_str()]);
    assert!(warned.contains("\\u{a}::error title=forged"), "{warned}");
    assert_plain(&warned);
}
