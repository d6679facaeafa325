//! Hosts of URLs. The spec restricts every part of a host, or the compiler rejects it.

use oauth_runtime::contract::names::InputRule;
use oauth_runtime::{LoginSecrets, oauth_provider};
use oauth_spec::plan::{Form, Hosts};
use oauth_spec::{Demand, Source, compile};
use proptest::prelude::*;

/// Returns the rule codes of the findings in a spec with these tables.
fn codes(authorize: &str, token: &str, tables: &str) -> Vec<&'static str> {
    let spec = format!(
        "language = 1\n\n[provider]\nid = \"acme\"\nname = \"Acme\"\ndocs = \"https://acme.example/docs\"\n\
         [authorize]\nurl = \"{authorize}\"\n[token]\nurl = \"{token}\"\n{tables}\n"
    );
    let found = compile(&Source::new("acme.toml", spec.as_bytes()), Demand::Sound);
    let mut codes: Vec<&str> = match found {
        Ok(_) => Vec::new(),
        Err(found) => found.iter().map(|finding| finding.rule.code).collect(),
    };
    codes.dedup();
    codes
}

const LOGIN: &str = "https://id.acme.example/authorize";
const TOKEN: &str = "https://id.acme.example/token";

/// Returns the rule codes of the findings for an API at `base`, which contains a field with these keys.
fn api(base: &str, field: &str) -> Vec<&'static str> {
    let tables = format!("[fields.rest]\npath = \"restUrl\"\n{field}\n[api]\nbase = \"{base}\"");
    codes(LOGIN, TOKEN, &tables)
}

#[test]
fn what_a_function_makes_of_an_unlisted_host_is_refused_like_the_host_itself() {
    let listed = "type = \"url\"\nallow = [\"*.acme.example\"]";
    for base in [
        "https://{rest}",
        "https://{host_of(rest)}",
        "https://{replace(rest, 'https://', '')}",
        "https://{lower(host_of(rest))}/v1",
        "https://{concat(rest, '.acme.example')}",
        "https://{before(rest, '/')}",
        "https://{take(rest, 12)}/v1",
    ] {
        assert_eq!(api(base, ""), ["E0305"], "{base}");
    }
    for base in [
        "{rest}",
        "{rest}/v1",
        "https://{host_of(rest)}/v1",
        "https://{lower(host_of(rest))}/v1",
    ] {
        assert_eq!(api(base, listed), Vec::<&str>::new(), "{base}");
    }
    // These functions can turn even a listed host into another one.
    for base in [
        "https://{before(rest, '.acme.example')}",
        "https://{replace(rest, 'acme', 'evil')}",
        "{rest}.evil.test",
    ] {
        assert_eq!(api(base, listed), ["E0305"], "{base}");
    }
}

#[test]
fn the_texts_of_a_choice_obey_the_rules_of_urls() {
    let region = |text: &str| {
        let tables = format!(
            "[inputs.region]\ndoc = \"Where\"\n[inputs.region.one_of]\neu = \"id.acme.example\"\nus = \"{text}\""
        );
        codes(
            "https://{region}/authorize",
            "https://{region}/token",
            &tables,
        )
    };
    assert_eq!(region("us.acme.example"), Vec::<&str>::new());
    assert_eq!(region("id.acme.us"), Vec::<&str>::new());
    assert_eq!(region("id.acme.example@evil.test"), ["E0304"]);
    assert_eq!(region("evil.test"), ["E0308"]);
    assert_eq!(region("id.acme.example/?x="), ["E0303"]);

    let origin = |text: &str| {
        let tables = format!(
            "[inputs.region]\ndoc = \"Where\"\n[inputs.region.one_of]\neu = \"https://id.acme.example\"\nus = \"{text}\""
        );
        codes(LOGIN, "{region}/token", &tables)
    };
    assert_eq!(origin("https://us.acme.example"), Vec::<&str>::new());
    assert_eq!(origin("http://us.acme.example"), ["E0302"]);
    assert_eq!(origin("file:///etc/passwd"), ["E0302", "E0304"]);

    let words = "[inputs.host]\ndoc = \"Where\"\none_of = [\"id.acme.example\", \"evil.test\"]";
    assert_eq!(codes(LOGIN, "https://{host}/token", words), ["E0308"]);
}

#[test]
fn the_hosts_of_an_environment_obey_the_rules_of_urls() {
    let sandbox = |host: &str| {
        codes(
            LOGIN,
            TOKEN,
            &format!("[environment.sandbox.hosts]\n\"https://id.acme.example\" = \"{host}\""),
        )
    };
    assert_eq!(
        sandbox("https://id.sandbox.acme.example"),
        Vec::<&str>::new()
    );
    assert_eq!(sandbox("https://evil.test"), ["E0308"]);
    assert_eq!(sandbox("https://user@id.acme.example"), ["E0304"]);
    assert_eq!(sandbox("http://id.acme.example"), ["E0309"]);
}

#[test]
fn no_accept_sends_a_browser_to_another_scheme() {
    for url in [
        "file:///etc/x.desktop",
        "javascript://id.acme.example/",
        "http://id.acme.example/authorize",
        "ms-msdt://x.example/",
    ] {
        for rule in ["browser-not-https", "not-https"] {
            let accept = format!(
                "[[accept]]\nrule = \"{rule}\"\nfor = [\"authorize.url\"]\nbecause = \"it is ours\""
            );
            let found = codes(url, TOKEN, &accept);
            assert!(found.contains(&"E0309"), "{url} with {rule}: {found:?}");
        }
    }
    assert!(codes("http://127.0.0.1:8080/authorize", TOKEN, "").is_empty());
    assert_eq!(
        codes("http://localhost:80@evil.test/authorize", TOKEN, "")[0],
        "E0304"
    );
}

#[oauth_provider("../specs/rest_url.toml")]
mod rest_url {}

#[test]
fn a_url_with_a_path_in_the_answer_is_kept_and_held_to_its_list() {
    let uri = rest_url::RedirectUri::constant("https://app.example.com/cb");
    let app = rest_url::App::new("id", "secret", uri);
    let read = |rest: &str| {
        let secrets = LoginSecrets::from_parts("xyz", "verifier").unwrap();
        let login = rest_url::login_with(&app, &secrets);
        let code = login
            .callback("https://app.example.com/cb?code=c0de&state=xyz")
            .unwrap();
        let body =
            format!("{{\"access_token\":\"at\",\"refresh_token\":\"rt\",\"restUrl\":\"{rest}\"}}");
        rest_url::exchange(&app, code).read(&http::Response::new(body), std::time::UNIX_EPOCH)
    };
    let tokens = read("https://rest9.staffing.example/rest-services/1abc/").unwrap();
    assert_eq!(
        tokens.rest.as_str(),
        "https://rest9.staffing.example/rest-services/1abc"
    );
    let url = |path: &str| format!("https://rest9.staffing.example{path}");
    assert!(
        tokens
            .access
            .bearer(&tokens.rest, &url("/rest-services/1abc/entity/Job"))
            .is_ok()
    );
    assert!(
        tokens
            .access
            .bearer(&tokens.rest, &url("/rest-services/2abc/entity/Job"))
            .is_err()
    );
    for rest in [
        "https://evil.test/rest-services/1abc/",
        "http://rest9.staffing.example/rest-services/",
        "https://rest9.staffing.example:8443/rest-services/",
        "https://rest9.staffing.example@evil.test/",
        "https://rest9.staffing.example/a/../b",
        "https://rest9.staffing.example/?to=",
    ] {
        assert!(read(rest).is_err(), "{rest}");
    }
}

const EVERY: &[&str] = &["*"];
const LISTED: &[&str] = &["*.acme.example", "id.acme.test:8443", "localhost"];

/// Returns each rule for hosts, as the compiler checks it and as the runtime checks it.
fn rules() -> Vec<(Form, InputRule)> {
    let hosts = |allow: &[&str], private| Hosts {
        allow: allow.iter().map(|host| (*host).to_owned()).collect(),
        private,
    };
    let of = |allow: &'static [&'static str]| {
        [
            (Form::Host(hosts(allow, false)), InputRule::Host(allow)),
            (Form::Origin(hosts(allow, false)), InputRule::Origin(allow)),
            (Form::Url(hosts(allow, false)), InputRule::Url(allow)),
        ]
    };
    let private = [
        (
            Form::Host(hosts(EVERY, true)),
            InputRule::Private(&InputRule::Host(EVERY)),
        ),
        (
            Form::Url(hosts(EVERY, true)),
            InputRule::Private(&InputRule::Url(EVERY)),
        ),
    ];
    of(EVERY)
        .into_iter()
        .chain(of(LISTED))
        .chain(private)
        .collect()
}

proptest! {
    #[test]
    fn compiler_and_runtime_judge_hosts_alike(
        scheme in prop_oneof![Just(""), Just("https://"), Just("http://")],
        labels in prop::collection::vec(
            prop_oneof![
                Just("acme".to_owned()), Just("example".to_owned()), Just("id".to_owned()), Just("test".to_owned()),
                Just("localhost".to_owned()), Just("internal".to_owned()), Just("LOCAL".to_owned()),
                Just("home".to_owned()), Just("arpa".to_owned()), Just("0x7f".to_owned()), "[0-9]{1,3}", "[a-z@:%]{1,3}",
            ],
            1..5,
        ),
        rest in prop_oneof![Just(""), Just(":8443"), Just("/"), Just("/a/b"), Just("/.."), Just("/%2e"), Just("/?a")],
    ) {
        let text = format!("{scheme}{}{rest}", labels.join("."));
        for (form, rule) in rules() {
            let taken = rule.take("host", "such", text.clone()).is_ok();
            prop_assert_eq!(form.holds(&text), taken, "{:?}: {}", rule, text);
        }
    }

    #[test]
    fn no_address_of_a_private_network_is_a_public_host(
        address in prop_oneof![
            any::<u32>(),
            0x0a00_0000..0x0b00_0000_u32,
            0x7f00_0000..0x8000_0000_u32,
            0xa9fe_0000..0xa9ff_0000_u32,
            0xac10_0000..0xac20_0000_u32,
            0xc0a8_0000..0xc0a9_0000_u32,
        ],
    ) {
        let address = std::net::Ipv4Addr::from(address);
        let private = address.is_private()
            || address.is_loopback()
            || address.is_link_local()
            || address.is_multicast()
            || address.is_broadcast()
            || address.is_unspecified();
        let (form, rule) = &rules()[0];
        let text = address.to_string();
        prop_assert!(!(private && form.holds(&text)), "{}", text);
        prop_assert_eq!(form.holds(&text), rule.take("host", "such", text.clone()).is_ok());
        // Resolvers also read these forms of an address.
        for other in [address.to_bits().to_string(), format!("{:#x}", address.to_bits())] {
            prop_assert!(!form.holds(&other), "{}", other);
        }
    }
}
