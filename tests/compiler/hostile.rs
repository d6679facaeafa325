//! Specs that are written to cost time. Each compiles within the compiler's bound of steps, which are counted and not
//! timed.

use std::fmt::Write as _;

use oauth_runtime::contract::names::{InputRule, Run as Checked};
use oauth_spec::plan::{Form, Run};
use oauth_spec::{Demand, Source, compile, steps};
use proptest::prelude::*;

const HEAD: &str = "language = 1\n\n[provider]\nid = \"acme\"\nname = \"Acme\"\ndocs = \"https://acme.example/docs\"\n";
const ENDPOINTS: &str = "\n[authorize]\nurl = \"https://id.acme.example/authorize\"\n\n[token]\nurl = \"https://id.acme.example/token\"\n";

/// The size in bytes for which the bound is guaranteed.
const SIZE: usize = 64 * 1024;

/// Returns a spec with `table` and as many lines as fit. Each line is made from its number.
fn filled(table: &str, line: impl Fn(usize) -> String) -> String {
    let mut spec = format!("{HEAD}{ENDPOINTS}\n{table}\n");
    for number in 0.. {
        let next = line(number);
        if spec.len() + next.len() + 1 > SIZE {
            break;
        }
        writeln!(spec, "{next}").unwrap();
    }
    spec
}

/// Returns a spec with `table` and `most` lines. Each line is made from its number.
fn with(table: &str, most: usize, line: impl Fn(usize) -> String) -> String {
    let lines: String = (0..most).map(|number| line(number) + "\n").collect();
    format!("{HEAD}{ENDPOINTS}\n{table}\n{lines}")
}

/// Returns a spec with an error that has these descriptions, and an example of an error response with these words.
fn refused(descriptions: &[String], words: &str) -> String {
    let body = r#"{"error":"invalid_grant","error_description":""#;
    format!(
        "{HEAD}{ENDPOINTS}\n[errors.invalid_grant]\nclass = \"retry\"\ndescription = {descriptions:?}\n\n\
         [[example]]\nname = \"a refusal\"\ncall = \"token.refresh_token\"\nresponse = '''\n400\n\
         Content-Type: application/json\n\n{body}{words}\"}}\n'''\n\
         error = {{ code = \"invalid_grant\", class = \"retry\" }}\n"
    )
}

/// Returns hostile specs, each with the name of the part that it multiplies.
fn hostile() -> Vec<(&'static str, String)> {
    let long = |seed: usize, length: usize| {
        let letters =
            (0..length).map(|at| char::from(b'a' + u8::try_from((seed + at * 7) % 26).unwrap()));
        letters.collect::<String>()
    };
    let ambiguous = "[a]{0,4096}".repeat(8);
    let pattern = format!(
        "[inputs.team]\ndoc = \"The team\"\npattern = \"{ambiguous}\"\ndefault = \"{}b\"\n",
        "a".repeat(30_000)
    );
    let mut both = with("[scopes.known]", 900, |number| {
        format!("s{number} = {{ implies = [\"t{number}\"], doc = \"x\" }}")
    });
    both.truncate(SIZE - 1000);
    let end = both.rfind('\n').unwrap();
    both.truncate(end);
    let evidence = {
        let mut spec = with("[authorize.params]", 250, |number| {
            format!("p{number} = \"x\"")
        });
        for _ in 0..40 {
            let paths = (0..200).map(|number| format!("\"authorize.params.p{number}\""));
            let paths: Vec<String> = paths.collect();
            write!(
                spec,
                "\n[[evidence]]\nurl = \"https://acme.example/docs\"\nseen = 2026-11-24\nfor = [{}]\n",
                paths[..40].join(", ")
            )
            .unwrap();
        }
        spec
    };
    let variants = {
        let mut spec = with("[authorize.params]", 250, |number| {
            format!("p{number} = \"x\"")
        });
        for number in 0..32 {
            write!(spec, "\n[variant.v{number}]\nsetting = \"x\"\n").unwrap();
        }
        spec
    };
    vec![
        (
            "a pattern of eight runs over one text",
            format!("{HEAD}{ENDPOINTS}\n{pattern}"),
        ),
        (
            "two unknown names of 30 kB",
            format!(
                "{HEAD}{ENDPOINTS}\n[inputs.{}]\ndoc = \"x\"\n[scopes]\nalways = [\"{}\"]\n",
                long(1, 200),
                long(2, 30_000)
            ),
        ),
        (
            "unknown keys",
            filled("[callback]", |number| format!("verifz{number} = 1")),
        ),
        (
            "unknown keys of 60 letters",
            filled("[app]", |number| {
                format!("{}{number} = 1", long(number, 56))
            }),
        ),
        (
            "names in templates",
            filled("[authorize.params]", |number| {
                format!("p{number} = \"{{{}}}\"", long(number, 60))
            }),
        ),
        (
            "one text of many names",
            format!(
                "{HEAD}{ENDPOINTS}\n[authorize.params]\nx = \"{}\"\n",
                "{a}".repeat(20_000)
            ),
        ),
        (
            "one text of many arguments",
            format!(
                "{HEAD}{ENDPOINTS}\n[authorize.params]\nx = \"{{concat({}'a')}}\"\n",
                "'a',".repeat(12_000)
            ),
        ),
        (
            "parameters",
            filled("[authorize.params]", |number| format!("p{number} = \"x\"")),
        ),
        (
            "as many parameters as are allowed",
            with("[token.authorization_code.params]", 256, |number| {
                format!("p{number} = \"x\"")
            }),
        ),
        (
            "inputs",
            with("[inputs]", 64, |number| {
                format!("i{number} = {{ doc = \"x\", default = \"x\" }}")
            }),
        ),
        ("scopes that refer to unknown ones", both),
        (
            "scopes",
            filled("[scopes.known]", |number| format!("s{number} = \"x\"")),
        ),
        (
            "errors",
            filled("[errors]", |number| format!("e{number} = \"logim\"")),
        ),
        (
            "further calls",
            filled("[calls]", |number| {
                format!("c{number} = {{ url = \"https://id.acme.example/c\" }}")
            }),
        ),
        (
            "environments",
            filled("[environment]", |number| {
                format!(
                    "e{number} = {{ hosts = {{ \"https://id.acme.example\" = \"https://e{number}.acme.example\" }} }}"
                )
            }),
        ),
        ("evidence", evidence),
        ("variants", variants),
        (
            "exceptions",
            filled("", |number| {
                format!("[[accept]]\nrule = \"any-host\"\nfor = [\"a{number}\"]\nbecause = \"x\"")
            }),
        ),
        (
            "deep tables",
            format!(
                "{HEAD}{ENDPOINTS}\n[token.authorization_code.success]\n{} = true\n",
                "a.".repeat(60) + "a"
            ),
        ),
        (
            "a key of 60 kB",
            format!(
                "{HEAD}{ENDPOINTS}\n[authorize.params]\n{} = 1\n",
                "a".repeat(60_000)
            ),
        ),
        ("one description of many stars", {
            refused(&["*a".repeat(5_000) + "b"], &"a".repeat(40_000))
        }),
        (
            "many descriptions of a long text",
            refused(&vec!["*a*a*b".to_owned(); 1000], &"a".repeat(40_000)),
        ),
        (
            "128 kB and more",
            format!("{HEAD}{ENDPOINTS}\n# {}\n", "x".repeat(200_000)),
        ),
    ]
}

#[test]
fn no_spec_takes_more_steps_than_the_bound() {
    for (what, spec) in hostile() {
        let source = Source::new("acme.toml", spec.as_bytes());
        for demand in [Demand::Sound, Demand::Complete] {
            let findings = compile(&source, demand).map_or_else(|found| found.len(), |_| 0);
            println!(
                "{what}: {} bytes, {} steps, {findings} findings",
                spec.len(),
                steps::taken()
            );
            assert!(
                steps::taken() <= steps::MAX_STEPS,
                "{what}: {}",
                steps::taken()
            );
            assert!(findings <= 1001, "{what}: {findings}");
        }
    }
}

#[test]
fn an_overlay_s_variants_count_with_what_they_inherit() {
    let base = with("[authorize.params]", 250, |number| {
        format!("p{number} = \"x\"")
    });
    let mut spec = "language = 1\n\n[provider]\nid = \"above\"\nextends = \"acme\"\n".to_owned();
    let keys: String = (0..900)
        .map(|number| format!("s{number} = \"x\"\n"))
        .collect();
    write!(
        spec,
        "\n[variant.v]\nsetting = \"x\"\n[variant.v.scopes.known]\n{keys}"
    )
    .unwrap();
    for number in 0..31 {
        write!(spec, "\n[variant.v{number}]\nextends = \"v\"\nsetting = \"x\"\n[variant.v{number}.scopes.known]\n").unwrap();
        for own in 0..70 {
            writeln!(spec, "t{own} = \"x\"").unwrap();
        }
    }
    let base = Source::new("acme.toml", base.as_bytes());
    let source = Source::new("above.toml", spec.as_bytes()).over(base);
    let found = compile(&source, Demand::Sound).unwrap_err();
    let codes: Vec<&str> = found.iter().map(|finding| finding.rule.code).collect();
    assert_eq!(codes, ["E0114"], "{found:#?}");
    assert!(steps::taken() <= steps::MAX_STEPS);
}

#[test]
fn what_is_too_large_is_refused_by_its_own_rule() {
    let many = |table: &str, most| with(table, most, |number| format!("p{number} = \"x\""));
    for spec in [
        many("[authorize.params]", 257),
        many("[errors]", 1001),
        with("[calls]", 33, |number| {
            format!("c{number}.url = \"https://id.acme.example/c\"")
        }),
        format!("{HEAD}{ENDPOINTS}# {}\n", "x".repeat(130 * 1024)),
        format!(
            "{HEAD}{ENDPOINTS}[errors]\n{} = \"login\"\n",
            "x".repeat(257)
        ),
    ] {
        let found = compile(&Source::new("acme.toml", spec.as_bytes()), Demand::Sound).unwrap_err();
        let codes: Vec<&str> = found.iter().map(|finding| finding.rule.code).collect();
        assert_eq!(codes, ["E0114"], "{found:#?}");
        assert!(found[0].help.is_some());
    }
}

/// Returns whether the runs cover the text, by definition: a run takes each length that it may take, and the next run
/// continues.
fn covers(runs: &[Run], text: &[u8]) -> bool {
    let Some((run, rest)) = runs.split_first() else {
        return text.is_empty();
    };
    (run.min..=run.max.min(text.len())).any(|length| {
        let is_in = |byte: &u8| {
            run.ranges
                .iter()
                .any(|&(low, high)| (low..=high).contains(byte))
        };
        text[..length].iter().all(is_in) && covers(rest, &text[length..])
    })
}

fn run() -> impl Strategy<Value = Run> {
    let ranges = prop_oneof![
        Just(vec![(b'a', b'a')]),
        Just(vec![(b'a', b'b')]),
        Just(vec![(b'b', b'b'), (b'0', b'9')]),
    ];
    (ranges, 0_usize..4, 0_usize..4).prop_map(|(ranges, min, further)| Run {
        ranges,
        min,
        max: (min + further).max(1),
    })
}

proptest! {
    #[test]
    fn compiler_and_runtime_match_patterns_as_they_are_defined(
        runs in prop::collection::vec(run(), 1..6),
        text in "[ab0]{0,12}",
    ) {
        let expected = covers(&runs, text.as_bytes());
        let checked: Vec<Checked> = runs
            .iter()
            .map(|run| Checked { ranges: run.ranges.clone().leak(), min: run.min, max: run.max })
            .collect();
        let taken = InputRule::Pattern(checked.leak()).take("own", "such", text.clone());
        prop_assert_eq!(taken.is_ok(), expected);
        prop_assert_eq!(Form::Pattern(runs).holds(&text), expected);
    }
}

#[test]
fn a_user_s_text_is_matched_in_time_linear_in_it() {
    const AMBIGUOUS: Checked = Checked {
        ranges: &[(b'a', b'a')],
        min: 0,
        max: 4096,
    };
    // A search that backtracks over eight runs takes about 10^27 steps here.
    let text = "a".repeat(30_000);
    let rule = InputRule::Pattern(&[AMBIGUOUS; 8]);
    assert!(rule.take("team", "letters", format!("{text}b")).is_err());
    assert!(rule.take("team", "letters", text).is_ok());
    assert!(
        rule.take("team", "letters", "a".repeat(8 * 4096 + 1))
            .is_err()
    );
}
