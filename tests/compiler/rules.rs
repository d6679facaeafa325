//! Each rule fires only on its example, and on no shipped spec.

use std::fs;

use crate::support::pages;
use oauth_spec::rules::RULES;
use oauth_spec::{Day, Demand, Source, compile, one_id_twice};

#[test]
fn each_rule_fires_on_its_own_example_alone() {
    for rule in RULES {
        let source = Source::new("acme.toml", rule.example.as_bytes());
        let demand = match rule.demand {
            Demand::Current(_) => Demand::Current(Day {
                year: 2026,
                month: 11,
                day: 24,
            }),
            demand => demand,
        };
        let found = match compile(&source, demand) {
            Err(found) => found,
            // A spec breaks this rule only next to another spec, such as a copy of itself.
            Ok(own) => one_id_twice(&[(&source, &own), (&source, &own)])
                .into_iter()
                .map(|(_, finding)| finding)
                .filter(|finding| finding.rule == *rule)
                .collect(),
        };
        assert!(
            !found.is_empty(),
            "{} finds nothing in its own example",
            rule.code
        );
        for finding in &found {
            assert_eq!(
                finding.rule.code, rule.code,
                "the example of {} breaks {} too: {}",
                rule.code, finding.rule.code, finding.message
            );
        }
    }
}

#[test]
fn codes_and_names_are_unique_and_in_order() {
    let codes: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
    assert!(codes.is_sorted());
    for (index, rule) in RULES.iter().enumerate() {
        assert!(
            rule.code.len() == 5 && rule.code.starts_with('E'),
            "{}",
            rule.code
        );
        assert!(
            !rule.title.is_empty() && rule.why.len() > 40,
            "{}",
            rule.code
        );
        let others = &RULES[index + 1..];
        assert!(
            others
                .iter()
                .all(|other| other.code != rule.code && other.name != rule.name),
            "{}",
            rule.code
        );
    }
}

#[test]
fn there_are_at_least_forty_five_rules() {
    assert!(RULES.len() >= 45, "{}", RULES.len());
}

#[test]
fn no_rule_fires_on_a_shipped_spec() {
    for path in pages::specs(pages::SPECS) {
        let source = Source::new(path.to_string_lossy(), &fs::read(&path).unwrap());
        let found = compile(&source, Demand::Complete).err().unwrap_or_default();
        let messages: Vec<&str> = found
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        assert!(messages.is_empty(), "{}: {messages:?}", path.display());
    }
}

#[test]
fn every_module_has_two_examples_from_its_documentation() {
    for path in pages::specs(pages::SPECS) {
        let source = Source::new(path.to_string_lossy(), &fs::read(&path).unwrap());
        let compiled = compile(&source, Demand::Complete).unwrap();
        if compiled.plans().all(|plan| !plan.has_client()) {
            // The provider has only keys, and no calls that could have examples.
            continue;
        }
        let sourced = compiled
            .plans()
            .flat_map(|plan| &plan.examples)
            .filter(|example| example.source.is_some());
        assert!(sourced.count() >= 2, "{}", path.display());
    }
}

#[test]
fn under_a_twentieth_of_what_the_shipped_specs_state_is_unknown() {
    let (mut unknown, mut total) = (0, 0);
    for path in pages::specs(pages::SPECS) {
        let source = Source::new(path.to_string_lossy(), &fs::read(&path).unwrap());
        let tally = compile(&source, Demand::Complete).unwrap().tally;
        unknown += tally.unknown;
        total += tally.total();
    }
    println!("{unknown} of {total} values are unknown");
    assert!(unknown * 20 < total, "{unknown} of {total}");
}
