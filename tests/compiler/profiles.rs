//! Profiles. A spec that claims one must not contain what OAuth 2.1 or RFC 9700 rules out.

use oauth_spec::{Demand, Source, compile};

/// Returns the findings in a spec that claims this profile.
fn findings(profile: &str, authorize: &str, tables: &str) -> Vec<String> {
    let spec = format!(
        "language = 1\n\n[provider]\nid = \"acme\"\nname = \"Acme\"\ndocs = \"https://acme.example/docs\"\n\
         profiles = [\"{profile}\"]\n[authorize]\nurl = \"https://id.acme.example/authorize\"\n{authorize}\n\
         [token]\nurl = \"https://id.acme.example/token\"\n{tables}\n"
    );
    let found = compile(&Source::new("acme.toml", spec.as_bytes()), Demand::Sound);
    let found = found.err().unwrap_or_default();
    found
        .iter()
        .map(|finding| format!("{} {}", finding.rule.code, finding.message))
        .collect()
}

const PROFILES: [&str; 2] = ["oauth2.1", "rfc9700"];

#[test]
fn a_profile_refuses_the_password_grant() {
    let user = "params.username = { doc = \"User\" }\nparams.password = { doc = \"Password\" }";
    for grant in [
        "params.grant_type = \"password\"",
        "params.grant_type = \"password\"\nnames.grant_type = \"gt\"",
    ] {
        for profile in PROFILES {
            let table = format!("[token.client_credentials]\n{grant}\n{user}");
            let found = findings(profile, "", &table);
            assert!(
                found.len() == 1
                    && found[0].starts_with("E0903")
                    && found[0].contains("password grant"),
                "{profile}, {grant}: {found:?}"
            );
        }
    }
}

#[test]
fn a_profile_refuses_the_implicit_flow() {
    for kind in ["token", "id_token", "id_token token", "code token"] {
        for profile in PROFILES {
            let found = findings(profile, &format!("params.response_type = \"{kind}\""), "");
            assert!(
                found.len() == 1
                    && found[0].starts_with("E0903")
                    && found[0].contains("implicit flow"),
                "{profile}, {kind}: {found:?}"
            );
        }
    }
}

#[test]
fn a_profile_holds_of_what_the_standard_does() {
    for profile in PROFILES {
        assert_eq!(
            findings(profile, "", "[token.client_credentials]"),
            Vec::<String>::new()
        );
        assert_eq!(
            findings(profile, "params.response_type = \"code\"", ""),
            Vec::<String>::new()
        );
    }
}
