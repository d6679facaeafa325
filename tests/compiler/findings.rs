//! The findings that an author gets: all at once, each with its line, its column and the text to type instead.

use oauth_spec::render::{self, Colour};
use oauth_spec::{Day, Demand, Source, compile};

const SOUND: &str = r#"
language = 1

[provider]
id = "acme"
name = "Acme"
docs = "https://acme.example/docs"

[authorize]
url = "https://id.acme.example/authorize"

[token]
url = "https://id.acme.example/token"
"#;

fn findings(spec: &str) -> Vec<String> {
    let source = Source::new("acme.toml", spec.as_bytes());
    let found = compile(&source, Demand::Sound).err().unwrap_or_default();
    found
        .iter()
        .map(|finding| render::finding(&source, finding, Colour::Never))
        .collect()
}

#[test]
fn no_argument_takes_a_name_that_its_function_has() {
    for own in ["callback", "out", "fields", "generated", "made", "secrets"] {
        let argument =
            format!("\n[token.authorization_code]\nparams.{own} = {{ doc = \"What\" }}\n");
        let told = findings(&format!("{SOUND}{argument}")).concat();
        let expected = format!("the argument `{own}` becomes `{own}`, which is already used");
        assert!(told.contains(&expected), "{own}: {told}");
    }
}

#[test]
fn no_input_takes_a_name_that_a_module_takes_by_its_glob() {
    let contract = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../oauth-runtime/src/contract.rs"
    );
    let contract = std::fs::read_to_string(contract).unwrap();
    let (_, names) = contract.split_once("pub mod names {").unwrap();
    let (names, _) = names.split_once("\n}").unwrap();
    let types = names
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| word.starts_with(|first: char| first.is_ascii_uppercase()));
    let mut count = 0;
    for own in types {
        let snake: String = own
            .char_indices()
            .map(
                |(at, character)| match character.is_ascii_uppercase() && at > 0 {
                    true => format!("_{}", character.to_ascii_lowercase()),
                    false => character.to_ascii_lowercase().to_string(),
                },
            )
            .collect();
        let input = format!("[inputs.{snake}]\ntype = \"host\"\n\n[authorize]");
        let told = findings(&SOUND.replace("[authorize]", &input)).concat();
        assert!(
            told.contains(&format!("becomes the type `{own}`")),
            "{own}: {told}"
        );
        count += 1;
    }
    assert!(count > 25, "{count}");
}

#[test]
fn a_spec_of_two_urls_is_sound() {
    assert_eq!(findings(SOUND), Vec::<String>::new());
}

#[test]
fn five_unknown_keys_are_five_findings_with_suggestions() {
    let spec = SOUND
        .replace("name = ", "nmae = 1\nname = ")
        .replace(
            "[authorize]",
            "[authorise]\n[authorize]\npcke = \"required\"",
        )
        .replace("[token]\n", "[token]\nautth = \"post\"\nzebra = 1\n");
    let found = findings(&spec);
    assert_eq!(found.len(), 5, "{found:#?}");
    for (text, near) in [
        ("nmae", "name"),
        ("authorise", "authorize"),
        ("pcke", "pkce"),
        ("autth", "auth"),
    ] {
        let own = found.iter().find(|finding| {
            finding.contains(&format!("`{text}`")) || finding.contains(&format!(".{text}`"))
        });
        assert!(
            own.is_some_and(|own| own.contains(&format!("did you mean `{near}`?"))),
            "{text}: {found:#?}"
        );
    }
    assert!(
        found
            .iter()
            .any(|finding| finding.contains("zebra") && finding.contains("known keys: "))
    );
}

#[test]
fn a_finding_shows_its_line_and_marks_the_place() {
    let found = findings(&SOUND.replace("[token]\n", "[token]\nautth = \"post\"\n"));
    assert_eq!(
        found,
        ["error[E0102]: unknown key `token.autth`\n  \
           --> acme.toml:13:1\n   \
            |\n13 | autth = \"post\"\n   \
            | ^^^^^\n  \
           help: did you mean `auth`?\n"]
    );
}

#[test]
fn findings_come_in_the_order_of_the_file() {
    let spec = SOUND.replace(
        "https://id.acme.example/authorize",
        "http://id.acme.example/a?b=c",
    );
    let spec = spec.replace(
        "https://id.acme.example/token",
        "ftp://id.acme.example/token",
    );
    let found = findings(&spec);
    let lines: Vec<&str> = found
        .iter()
        .map(|finding| finding.lines().nth(1).unwrap_or_default())
        .collect();
    assert_eq!(
        lines,
        [
            "  --> acme.toml:10:7",
            "  --> acme.toml:10:7",
            "  --> acme.toml:13:7"
        ]
    );
}

#[test]
fn what_is_wrong_in_a_variant_is_said_once_and_of_the_variant() {
    let spec = format!(
        "{SOUND}\n[variant.other]\nsetting = \"A switch\"\nauthorize.pkce = \"requierd\"\n"
    );
    let found = findings(&spec);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].contains("did you mean `required`?") && found[0].contains("variant.other"),
        "{}",
        found[0]
    );
}

#[test]
fn an_accepted_finding_is_not_told() {
    let spec = SOUND.replace("https://id.acme.example/token", "https://{host}/token");
    let spec = spec.replace(
        "[authorize]",
        "[inputs.host]\ntype = \"host\"\n\n[authorize]",
    );
    assert_eq!(findings(&spec).len(), 1);
    let accepted = format!(
        "{spec}\n[[accept]]\nrule = \"any-host\"\nfor = [\"inputs.host\"]\nbecause = \"it is ours\"\n"
    );
    assert_eq!(findings(&accepted), Vec::<String>::new());
    let left_over = format!(
        "{SOUND}\n[[accept]]\nrule = \"any-host\"\nfor = [\"token\"]\nbecause = \"it is ours\"\n"
    );
    assert!(findings(&left_over)[0].contains("E0901"));
}

#[test]
fn any_bytes_give_findings_and_never_a_panic() {
    let deep = format!("a = {}1{}", "[".repeat(5000), "]".repeat(5000));
    let dotted = format!("{}a = 1", "a.".repeat(100_000));
    let tables = "[a.b]\n".repeat(2000);
    for spec in [
        &b""[..],
        b"\xff\xfe",
        b"\0\0\0",
        b"= = =",
        deep.as_bytes(),
        dotted.as_bytes(),
        tables.as_bytes(),
    ] {
        let source = Source::new("x.toml", spec);
        let found = compile(&source, Demand::Complete).unwrap_err();
        assert!(!found.is_empty());
        for finding in &found {
            render::finding(&source, finding, Colour::Always);
        }
    }
}

#[test]
fn a_spec_cut_at_any_byte_gives_findings_and_never_a_panic() {
    let spec = include_str!("../specs/bank.toml");
    for end in (0..spec.len())
        .filter(|end| spec.is_char_boundary(*end))
        .step_by(7)
    {
        let source = Source::new("bank.toml", &spec.as_bytes()[..end]);
        if let Err(found) = compile(&source, Demand::Complete) {
            assert!(!found.is_empty());
        }
    }
}

#[test]
fn what_ends_is_marked_in_the_module_and_told_ninety_days_before() {
    let bank = include_str!("../specs/bank.toml");
    let source = Source::new("bank.toml", bank.as_bytes());
    let module = oauth_spec::build::module(&source).unwrap();
    assert!(module.contains("ends on 2030-01-01; then: offline access without a scope"));
    let told = |year, month, day| {
        let demand = Demand::Current(Day { year, month, day });
        let found = compile(&source, demand).err().unwrap_or_default();
        found.iter().any(|finding| finding.rule.code == "E0707")
    };
    assert!(!told(2029, 10, 2));
    assert!(told(2029, 10, 3));
    assert!(told(2031, 1, 1));
}

#[test]
fn what_the_login_reads_itself_cannot_be_verified_beside_it() {
    let verify = "\n[callback.verify]\nstate = \"xyz\"\n";
    let found = findings(&format!("{SOUND}{verify}"));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("error[E0404]"), "{found:#?}");
    assert!(found[0].contains("acme.toml:16:9"), "{found:#?}");
}

#[test]
fn a_url_where_a_host_must_stand_is_told_as_the_host_in_it() {
    let spec = SOUND.replace("https://id.acme.example/token", "https://{host}/token");
    let input = "\n[inputs.host]\ntype = \"host\"\nper = \"connection\"\nallow = [\"https://acme.example/x\"]\n";
    let found = findings(&format!("{spec}{input}"));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].contains("`allow = [\"acme.example\"]`"),
        "{found:#?}"
    );
}
