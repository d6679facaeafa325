//! Specs that would leave a login unprotected. No `[[accept]]` makes them valid.

use oauth_spec::{Demand, Source, compile};

/// Returns the codes of the findings in a spec with these keys under `[authorize]`.
fn codes(authorize: &str, accepted: Option<&str>) -> Vec<&'static str> {
    let accept = accepted.map_or_else(String::new, |rule| {
        format!("[[accept]]\nrule = \"{rule}\"\nfor = [\"authorize\"]\nbecause = \"x\"\n")
    });
    let spec = format!(
        "language = 1\n\n[provider]\nid = \"acme\"\nname = \"Acme\"\ndocs = \"https://acme.example/docs\"\n\
         [authorize]\nurl = \"https://id.acme.example/authorize\"\n{authorize}\n\
         [token]\nurl = \"https://id.acme.example/token\"\n{accept}"
    );
    let found = compile(&Source::new("acme.toml", spec.as_bytes()), Demand::Sound);
    let found = found.err().unwrap_or_default();
    found.iter().map(|finding| finding.rule.code).collect()
}

const WITHOUT_STATE: [&str; 6] = [
    "names.state = false",
    "params.state = false",
    "names.state = false\nparams.session = \"constant\"",
    "names.state = false\npkce = \"ignored\"",
    "state = \"in_redirect\"\nnames.redirect_uri = false",
    "state = \"in_redirect\"\nparams.redirect_uri = false",
];

#[test]
fn a_login_without_its_state_is_refused_whatever_is_accepted() {
    for authorize in WITHOUT_STATE {
        assert_eq!(codes(authorize, None), ["E0410"], "{authorize}");
        for rule in ["constant-nonce", "E0403", "login-without-state", "E0410"] {
            let found = codes(authorize, Some(rule));
            assert!(found.contains(&"E0410"), "{authorize}, {rule}: {found:?}");
        }
    }
}

#[test]
fn a_login_with_its_state_under_any_name_is_sound() {
    for authorize in [
        "",
        "names.state = \"session\"",
        "state = \"in_redirect\"",
        "state = \"in_redirect\"\nnames.redirect_uri = \"back\"",
    ] {
        assert_eq!(codes(authorize, None), Vec::<&str>::new(), "{authorize}");
    }
}
