//! Defects of published provider catalogues. Each is written into a copy of a spec, and its rule rejects it at its line.

use oauth_spec::{Demand, Source, compile};

/// A defect: its description, the spec that it is written into, the replaced text, the replacement, and the code of the
/// rule that rejects it.
struct Defect {
    found: &'static str,
    spec: &'static str,
    from: &'static str,
    to: &'static str,
    code: &'static str,
}

const fn defect(
    found: &'static str,
    spec: &'static str,
    from: &'static str,
    to: &'static str,
    code: &'static str,
) -> Defect {
    Defect {
        found,
        spec,
        from,
        to,
        code,
    }
}

const DEFECTS: &[Defect] = &[
    defect(
        "the token URL of another provider",
        "box",
        "url = \"https://api.box.com/oauth2/token\"",
        "url = \"https://app.pagerduty.com/oauth/token\"",
        "E0308",
    ),
    defect(
        "a nonce that is a constant",
        "box",
        "[authorize]\n",
        "[authorize]\nparams.nonce = \"abc123\"\n",
        "E0403",
    ),
    defect(
        "client credentials without a token URL",
        "custom",
        "[token]\nurl =",
        "[token]\ndoc =",
        "E0102",
    ),
    defect(
        "a grant without its endpoint",
        "basecamp",
        "[token]\nurl = \"https://launchpad.37signals.com/authorization/token\"\n",
        "[token]\n",
        "E0301",
    ),
    defect(
        "a variable that is never filled",
        "zendesk",
        "{subdomain}.zendesk",
        "{sub}.zendesk",
        "E0201",
    ),
    defect(
        "a query in the token URL, which the client drops",
        "box",
        "url = \"https://api.box.com/oauth2/token\"",
        "url = \"https://api.box.com/oauth2/token?grant=1\"",
        "E0303",
    ),
    defect(
        "a policy of refresh at a grant that has none",
        "zoom",
        "[variant.server_to_server.token.client_credentials.params]",
        "[variant.server_to_server.token.client_credentials]\nrotation = \"always\"\n[variant.server_to_server.token.client_credentials.params]",
        "E0606",
    ),
    defect(
        "an exchange that no login leads to",
        "zoom",
        "[variant.server_to_server]\n",
        "[variant.server_to_server]\ntoken.authorization_code.headers.X-Extra = \"1\"\n",
        "E0608",
    ),
    defect(
        "a key that no code reads",
        "notion",
        "[token]\n",
        "[token]\ndecode_url = true\n",
        "E0102",
    ),
    defect(
        "a parameter's name replaced by nothing",
        "box",
        "[authorize]\n",
        "[authorize]\nnames.client_id = \"\"\n",
        "E0205",
    ),
    defect(
        "a lifetime of zero that means unknown",
        "box",
        "[tokens.access]\n",
        "[tokens.access]\nlifetime = \"0s\"\n#",
        "E0106",
    ),
    defect(
        "a page number under a key for offsets",
        "notion",
        "[api]\n",
        "[api]\npagination.offset = \"page\"\n",
        "E0102",
    ),
    defect(
        "a length of time taken for a point in time",
        "box",
        "[tokens.access]\n",
        "[tokens.access]\nexpires_in = { path = \"expires_in\", unit = \"unix\" }\n",
        "E0104",
    ),
    defect(
        "a challenge without its verifier",
        "google",
        "[token]\n",
        "[token]\nauthorization_code.params.code_verifier = false\n",
        "E0402",
    ),
    defect(
        "id and secret in the header and in the body",
        "notion",
        "[token]\n",
        "[token]\nauthorization_code.params.client_secret = \"{client_secret}\"\n",
        "E0401",
    ),
    defect(
        "a server certificate that is not checked",
        "box",
        "[token]\n",
        "[token]\ntls_verify = false\n",
        "E0102",
    ),
    defect(
        "a number that is dropped where a text is wanted",
        "quickbooks",
        "type = \"integer\", doc = \"Id of the company",
        "type = \"number\", doc = \"Id of the company",
        "E0104",
    ),
    defect(
        "a message from the provider that nothing verifies",
        "shopify",
        "verify.hmac = \"{hex(hmac_sha256(client_secret, callback.rest))}\"\ninputs.shop",
        "inputs.shop",
        "E0206",
    ),
    defect(
        "a function of values that gives something else than its vector",
        "facebook",
        "{hex(hmac_sha256(client_secret, access_token))}",
        "{hex(hmac_sha1(client_secret, access_token))}",
        "E0801",
    ),
    defect(
        "a slip in the authorize URL",
        "box",
        "https://account.box.com/api/oauth2/authorize\"",
        "https://account.box.com/api/oauth2/authorizeze\"",
        "E0801",
    ),
    defect(
        "a signature with a secret from the environment",
        "shopify",
        "[callback.verify]\n",
        "[callback.verify]\nother = \"{hex(hmac_sha256(env.SECRET, callback.rest))}\"\n",
        "E0201",
    ),
    defect(
        "a spec of OAuth 2.0 that speaks 1.0a",
        "box",
        "[authorize]\n",
        "[oauth1]\nrequest_token = \"https://api.box.com/request\"\n\n[authorize]\n",
        "E0102",
    ),
    defect(
        "the method of PKCE in lower case",
        "box",
        "[authorize]\n",
        "[authorize]\nparams.code_challenge_method = \"s256\"\n",
        "E0402",
    ),
    defect(
        "a verifier shorter than the standard's",
        "google",
        "[authorize]\n",
        "[authorize]\nverifier_length = 16\n",
        "E0102",
    ),
    defect(
        "a comma between scopes that nobody stated",
        "zendesk",
        "[token]\n",
        "[scopes]\nseparator = \",\"\n\n[token]\n",
        "E0701",
    ),
    defect(
        "a default that leads the secret to another host",
        "shopify",
        "[inputs.shop]\n",
        "[inputs.shop]\ndefault = \"a.evil.example/x?\"\n",
        "E0111",
    ),
];

/// A spec in which a variable names the tenant, as in many real specs.
const ZENDESK: &str = r#"
language = 1

[provider]
id = "zendesk"
name = "Zendesk"
docs = "https://developer.zendesk.com"

[inputs.subdomain]
type = "label"

[authorize]
url = "https://{subdomain}.zendesk.com/oauth/authorizations/new"

[token]
url = "https://{subdomain}.zendesk.com/oauth/tokens"
"#;

fn text(spec: &str) -> String {
    let path = format!("{}/../specs/{spec}.toml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap_or_else(|_| ZENDESK.to_owned())
}

#[test]
fn each_defect_is_refused_by_its_rule_at_its_line() {
    let mut missed = Vec::new();
    for defect in DEFECTS {
        let good = text(defect.spec);
        assert!(
            good.contains(defect.from),
            "{}: {} does not have `{}`",
            defect.found,
            defect.spec,
            defect.from
        );
        let bad = good.replacen(defect.from, defect.to, 1);
        let source = Source::new(format!("{}.toml", defect.spec), bad.as_bytes());
        let found = compile(&source, Demand::Complete).err().unwrap_or_default();
        let own = found
            .iter()
            .find(|finding| finding.rule.code == defect.code);
        match own {
            Some(finding) => {
                let (line, column) = source.position(finding.span.start);
                println!(
                    "{:<60} {} {}.toml:{line}:{column}",
                    defect.found, defect.code, defect.spec
                );
                assert!(
                    !source.line(finding.span.start).is_empty(),
                    "{}",
                    defect.found
                );
            }
            None => {
                let codes: Vec<&str> = found.iter().map(|finding| finding.rule.code).collect();
                missed.push(format!("{}: {} among {codes:?}", defect.found, defect.code));
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}
