//! A spec that overlays another one, and two specs that must not have one id.

use std::path::Path;

use oauth_runtime::oauth_provider;
use oauth_spec::{Compiled, Demand, Source, compile, files, one_id_twice};

#[oauth_provider("../specs/bank_staging.toml")]
mod bank_staging {}

fn compiled(name: &str) -> Compiled {
    let path = format!("{}/specs/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let read = files::read(Path::new(&path), &path).unwrap();
    compile(&read.source, Demand::Sound).unwrap()
}

fn host(compiled: &Compiled, call: &str) -> String {
    let url = &compiled.base.call(call).unwrap().url;
    format!("{url:?}")
}

#[test]
fn an_overlay_changes_one_host_and_keeps_all_else() {
    let (bank, staging) = (compiled("bank"), compiled("bank_staging"));
    assert!(host(&staging, "exchange").contains("https://oauth-proxy.bank.example/token"));
    assert!(!host(&bank, "exchange").contains("oauth-proxy"));
    let names = |own: &Compiled| -> Vec<String> {
        let calls = own.base.calls.iter();
        calls.map(oauth_spec::plan::Call::function).collect()
    };
    assert_eq!(names(&bank), names(&staging));
    assert_eq!(bank.base.inputs.len(), staging.base.inputs.len());
    // An overlay's sources are added to those of the base.
    let added = staging.base.evidence.len() - bank.base.evidence.len();
    assert_eq!(added, 1);
    assert_eq!(bank_staging::PROVIDER.id, "bank_staging");
}

#[test]
fn what_an_overlay_breaks_is_told_at_its_own_line() {
    let base = Source::new("bank.toml", include_bytes!("../specs/bank.toml"));
    let overlay = "language = 1\n\n[provider]\nid = \"proxied\"\nextends = \"bank\"\n\n[token]\nurl = \"http://proxy.bank.example/token\"\n";
    let source = Source::new("proxied.toml", overlay.as_bytes()).over(base);
    let found = compile(&source, Demand::Sound).unwrap_err();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].rule.code, "E0302");
    assert_eq!(source.position(found[0].span.start), (8, 7));
}

#[test]
fn an_overlay_has_an_id_of_its_own() {
    let base = Source::new("bank.toml", include_bytes!("../specs/bank.toml"));
    let overlay = "language = 1\n\n[provider]\nextends = \"bank\"\n";
    let source = Source::new("proxied.toml", overlay.as_bytes()).over(base);
    let found = compile(&source, Demand::Sound).unwrap_err();
    assert_eq!(found[0].rule.code, "E0112");
    assert_eq!(source.position(found[0].span.start), (4, 11));
}

#[test]
fn an_overlay_without_its_base_says_where_to_put_it() {
    let overlay = "language = 1\n\n[provider]\nid = \"proxied\"\nextends = \"nobody\"\n";
    let found = compile(
        &Source::new("proxied.toml", overlay.as_bytes()),
        Demand::Sound,
    )
    .unwrap_err();
    assert_eq!(found[0].rule.code, "E0112");
    assert_eq!(
        found[0].help.as_deref(),
        Some(
            "name a spec in the same folder by its id, or another one by its relative path; \
             `cargo spec add` adds a shipped spec to the folder"
        )
    );
}

#[test]
fn two_specs_of_one_provider_with_contradictory_evidence_are_told_apart_by_id() {
    let spec = |id: &str, rotation: &str| {
        let text = format!(
            "language = 1\n\n[provider]\nid = \"{id}\"\nname = \"Acme\"\ndocs = \"https://acme.example/docs\"\n\n\
             [authorize]\nurl = \"https://id.acme.example/authorize\"\n\n[token]\nurl = \"https://id.acme.example/token\"\n\n\
             [token.refresh_token]\nrotation = \"{rotation}\"\n\n\
             [[evidence]]\nurl = \"https://acme.example/docs/{rotation}\"\nseen = 2026-11-24\nfor = [\"token.refresh_token.rotation\"]\n\n\
             [[evidence]]\nurl = \"https://acme.example/forum\"\nseen = 2026-11-24\nkind = \"reported\"\nagainst = [\"token.refresh_token.rotation\"]\nsays = \"the other\"\n"
        );
        let source = Source::new(format!("{id}.toml"), text.as_bytes());
        let compiled = compile(&source, Demand::Sound).unwrap();
        (source, compiled)
    };
    let (first, second) = (spec("acme", "always"), spec("acme", "never"));
    let pairs = [(&first.0, &first.1), (&second.0, &second.1)];
    let found = one_id_twice(&pairs);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1.message, "`acme` is the id of acme.toml, too");
    let other = spec("acme_eu", "never");
    assert!(one_id_twice(&[(&first.0, &first.1), (&other.0, &other.1)]).is_empty());
    // Both sources are kept, and one value is in force.
    let rotation = |own: &Compiled| own.base.tokens[0].policy.rotation;
    assert_ne!(rotation(&first.1), rotation(&second.1));
    assert_eq!(first.1.base.evidence.len(), 2);
    assert_eq!(
        first.1.base.evidence[1].against,
        ["token.refresh_token.rotation"]
    );
}

#[test]
fn what_is_no_toml_or_lies_over_itself_is_a_finding_and_no_panic() {
    let folder = std::env::temp_dir().join(format!("overlays-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (text, code) in [
        ("language = 1\n[provider]\nid = d7\n", "E0101"),
        (
            "language = 1\n[provider]\nid = \"own\"\nextends = 5\n",
            "E0103",
        ),
        ("[provider]\nextends = \"x\"\n[provider]\n", "E0101"),
        (
            "language = 1\n[provider]\nid = \"own\"\nextends = \"own\"\n",
            "E0112",
        ),
    ] {
        let path = folder.join("own.toml");
        std::fs::write(&path, text).unwrap();
        let read = files::read(&path, "own.toml").unwrap();
        let found = compile(&read.source, Demand::Sound).unwrap_err();
        assert_eq!(found[0].rule.code, code, "{text}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
