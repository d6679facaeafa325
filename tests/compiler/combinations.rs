//! Unusual combinations of keys, each in a spec of its own. Such specs were accepted once although their modules did not
//! compile. `reported.rs` compiles these modules, with warnings as errors.

use oauth_spec::{Demand, Source, compile, render};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/compiler/combinations");

/// Compiles a spec with a line in place of another, and returns the findings.
fn findings(file: &str, line: &str, other: &str) -> String {
    let text = std::fs::read_to_string(format!("{FOLDER}/{file}")).unwrap();
    let changed = text.replace(line, other);
    assert_ne!(text, changed, "{line}");
    let source = Source::new(file, changed.as_bytes());
    let findings = compile(&source, Demand::Sound).err().unwrap_or_default();
    let texts = findings
        .iter()
        .map(|found| render::finding(&source, found, render::Colour::Never));
    texts.collect()
}

#[test]
fn every_combination_is_sound() {
    for entry in std::fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let source = Source::new(name.as_str(), &std::fs::read(&path).unwrap());
        let compiled = compile(&source, Demand::Sound);
        let messages = compiled.err().unwrap_or_default();
        let messages: Vec<String> = messages.into_iter().map(|own| own.message).collect();
        assert!(messages.is_empty(), "{name}: {messages:?}");
    }
}

#[test]
fn a_request_to_the_api_has_no_arguments() {
    let found = findings(
        "drawn_headers.toml",
        "headers.Sent-At = \"{now}\"",
        "headers.Sent-At = { doc = \"The time of the request\" }",
    );
    assert!(
        found.contains("E0614") && found.contains("`Sent-At` is an argument"),
        "{found}"
    );
}

#[test]
fn a_refresh_sends_a_refresh_token() {
    let found = findings(
        "unfilled_header.toml",
        "rotation = \"never\"",
        "rotation = \"never\"\nparams.refresh_token = false",
    );
    assert!(
        found.contains("E0601") && found.contains("sends no refresh token"),
        "{found}"
    );
}

#[test]
fn a_required_callback_parameter_has_a_value() {
    let found = findings(
        "content_hosts.toml",
        "[token]",
        "[callback.verify]\nedition = \"\"\n\n[token]",
    );
    assert!(
        found.contains("E0108") && found.contains("`edition` must be present and empty"),
        "{found}"
    );
}

#[test]
fn a_list_has_no_member_that_a_condition_names() {
    let sites = "[calls.sites]\nurl = \"https://api.acme.example/2/sites\"\ntoken = \"session\"\neach = \"$\"\n\
                 [fields.site]\nfrom = \"sites\"\npath = \"id\"\n\n[tokens.access]";
    let found = findings("content_hosts.toml", "[tokens.access]", sites);
    assert!(!found.contains("E0616"), "{found}");
    let conditional = sites.replace("each =", "success.ok = true\neach =");
    let found = findings("content_hosts.toml", "[tokens.access]", &conditional);
    assert!(
        found.contains("E0616") && found.contains("the body is a list"),
        "{found}"
    );
}

#[test]
fn the_api_names_tokens_of_the_spec() {
    let found = findings(
        "content_hosts.toml",
        "token = \"session\"",
        "token = \"sesion\"",
    );
    assert!(
        found.contains("unknown token `sesion`") && found.contains("did you mean `session`?"),
        "{found}"
    );
}

#[test]
fn a_message_says_what_to_write_instead() {
    let table = [
        (
            "[tokens.access]",
            "[callback]\ncode = false\n\n[tokens.access]",
            "`false` is not possible here",
        ),
        (
            "url = \"https://id.acme.example/authorize\"",
            "url = \"https://id.acme.example/authorize\"\nparams.nonce = \"{uuid}\"",
            "`authorize.nonce = \"required\"`",
        ),
        (
            "url = \"https://id.acme.example/authorize\"",
            "url = \"https://id.acme.example/authorize\"\nparams.nonce = \"fixed\"",
            "`authorize.nonce = \"required\"`",
        ),
        (
            "[tokens.access]",
            "[environment.sandbox]\nhosts.\"https://{region.login}\" = \"https://sandbox.acme.example\"\n\n[tokens.access]",
            "name an origin without placeholders",
        ),
        (
            "url = \"https://id.acme.example/session\"",
            "url = \"https://id.acme.example/session/{access_token}\"",
            "`for = [\"calls.begin_session.url\"]`",
        ),
    ];
    for (line, other, help) in table {
        let found = findings("content_hosts.toml", line, other);
        assert!(found.contains(help), "{other}: {found}");
    }
}

#[test]
fn a_finding_of_either_revocation_is_accepted_at_their_table() {
    let url = "https://id.acme.example/revoke";
    let found = findings(
        "revoked_by_either_token.toml",
        url,
        "https://other.example/revoke",
    );
    assert!(
        found.contains("`revoke.url` is under other.example"),
        "{found}"
    );
    let accepted = "https://other.example/revoke\"\n\n[[accept]]\nrule = \"foreign-domain\"\n\
                    for = [\"revoke.url\"]\nbecause = \"It is documented\"\n\n[revoke.headers]\nAcme = \"1";
    let token = "\"\ntoken = [\"refresh_token\", \"access_token\"]";
    let moved = format!("{url}{token}");
    let found = findings("revoked_by_either_token.toml", &moved, accepted);
    assert!(!found.contains("E0308"), "{found}");
}
