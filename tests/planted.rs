//! Every shipped Plan against its own simulation: a right exchange gives what the Plan reads, and each planted mistake is
//! refused, or does not exist for a reason that the Plan has.

use std::collections::BTreeSet;
use std::time::Duration;

use oauth_spec::plan::{Body, Source};

use crate::trial::{BACK, PLANS, Request, Trial, name};

/// A mistake in an exchange: makes it from a right code, or says why it does not exist at this provider.
type Mistake = (
    &'static str,
    fn(&Trial<'_>, &str) -> Result<Request, &'static str>,
);

fn sends(trial: &Trial<'_>, source: &Source) -> Result<String, &'static str> {
    let call = trial.plan.exchange().ok_or("no exchange")?;
    let row = call.parameters().find(|row| row.carries(source));
    row.map(|row| row.name.clone())
        .ok_or("the exchange does not send it")
}

fn right(trial: &Trial<'_>, code: &str) -> Result<Request, &'static str> {
    trial.exchange(code).ok_or("no example of an exchange")
}

fn with(trial: &Trial<'_>, code: &str, values: &[(&str, &str)]) -> Result<Request, &'static str> {
    let path = &trial.plan.exchange().ok_or("no exchange")?.path;
    let values: Vec<_> = [("code", code)]
        .into_iter()
        .chain(values.iter().copied())
        .collect();
    trial
        .request(path, &trial.client, &values)
        .ok_or("no example of an exchange")
}

/// Changes the parameters of a body, form or JSON.
fn body(
    request: Request,
    change: impl Fn(&mut Vec<(String, String)>),
) -> Result<Request, &'static str> {
    let text = String::from_utf8(request.body().clone()).unwrap();
    let is_json = text.starts_with('{');
    let (open, close, separator, colon) = if is_json {
        ("{", "}", ",", ":")
    } else {
        ("", "", "&", "=")
    };
    let inner = text.trim_start_matches(open).trim_end_matches(close);
    let split = |pair: &str| {
        pair.split_once(colon)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let mut pairs: Vec<_> = inner.split(separator).filter_map(split).collect();
    let before = pairs.clone();
    change(&mut pairs);
    if pairs == before {
        return Err("the body does not say it");
    }
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}{colon}{value}"))
        .collect();
    let (parts, _) = request.into_parts();
    Ok(Request::from_parts(
        parts,
        format!("{open}{}{close}", pairs.join(separator)).into_bytes(),
    ))
}

fn without(request: Request, name: &str) -> Result<Request, &'static str> {
    body(request, |pairs| {
        pairs.retain(|(own, _)| own.trim_matches('"') != name);
    })
}

const MISTAKES: [Mistake; 15] = [
    ("an unknown code", |trial, _| right(trial, "made-up")),
    ("a code used before", |trial, code| {
        let request = right(trial, code)?;
        trial.simulator.answer(&request);
        Ok(request)
    }),
    ("an expired code", |trial, code| {
        trial.simulator.advance(Duration::from_secs(601));
        right(trial, code)
    }),
    ("another client's code", |trial, code| {
        let other = trial
            .simulator
            .register(&trial.plan.identity.id, BACK)
            .ok_or("no app")?;
        let path = &trial.plan.exchange().ok_or("no exchange")?.path;
        trial
            .request(path, &other, &[("code", code)])
            .ok_or("no example")
    }),
    ("another verifier", |trial, code| {
        sends(trial, &Source::CodeVerifier)?;
        with(
            trial,
            code,
            &[(
                "code_verifier",
                "another-verifier-another-verifier-another-verifier",
            )],
        )
    }),
    ("no verifier", |trial, code| {
        let name = sends(trial, &Source::CodeVerifier)?;
        without(right(trial, code)?, &name)
    }),
    ("another redirect URI", |trial, code| {
        sends(trial, &Source::RedirectUri)?;
        with(
            trial,
            code,
            &[("redirect_uri", "https://client.example.com/other")],
        )
    }),
    ("no redirect URI", |trial, code| {
        let name = sends(trial, &Source::RedirectUri)?;
        without(right(trial, code)?, &name)
    }),
    ("a wrong secret", |trial, code| {
        with(trial, code, &[("client_secret", "guessed")])
            .and_then(|request| differs(trial, code, request))
    }),
    ("an unknown client", |trial, code| {
        with(trial, code, &[("client_id", "nobody")])
            .and_then(|request| differs(trial, code, request))
    }),
    ("a parameter more", |trial, code| {
        body(right(trial, code)?, |pairs| {
            let quoted = pairs.first().is_some_and(|(name, _)| name.starts_with('"'));
            pairs.push(if quoted {
                ("\"more\"".into(), "\"1\"".into())
            } else {
                ("more".into(), "1".into())
            });
        })
    }),
    ("the code twice", |trial, code| {
        let is_form = trial
            .plan
            .exchange()
            .is_some_and(|call| matches!(call.body, Body::Form(_)));
        let name = sends(trial, &Source::Code)?;
        match is_form {
            true => body(right(trial, code)?, |pairs| {
                pairs.push((name.clone(), "x".to_owned()));
            }),
            false => Err("the body is no form"),
        }
    }),
    ("no code", |trial, code| {
        let name = sends(trial, &Source::Code)?;
        without(right(trial, code)?, &name)
    }),
    ("a host that is not the provider's", |trial, code| {
        let url = &trial.plan.exchange().ok_or("no exchange")?.url;
        let takes_any = |source: &Source| {
            let form = trial.plan.form_of(source);
            form.is_some_and(|form| form.holds("id.evil.example"))
        };
        if url.sources().any(takes_any) {
            return Err("any host may be the provider's");
        }
        let mut request = right(trial, code)?;
        let uri = request.uri().to_string();
        let host = request.uri().host().ok_or("a URL without a host")?;
        let foreign = uri.replacen(host, &format!("{host}.evil.example"), 1);
        *request.uri_mut() = foreign.parse().map_err(|_| "no URL")?;
        Ok(request)
    }),
    ("another media type", |trial, code| {
        let mut request = right(trial, code)?;
        let other = http::HeaderValue::from_static("text/plain");
        let replaced = request.headers_mut().insert("content-type", other);
        replaced.map(|_| request).ok_or("the exchange has no body")
    }),
];

fn differs(trial: &Trial<'_>, code: &str, request: Request) -> Result<Request, &'static str> {
    let right = right(trial, code)?;
    let same = right.body() == request.body()
        && right.headers() == request.headers()
        && right.uri() == request.uri();
    if same {
        Err("the exchange does not send it")
    } else {
        Ok(request)
    }
}

#[test]
fn every_plan_reads_what_its_simulation_answers_and_every_mistake_is_refused() {
    let mut silent = BTreeSet::new();
    for plan in PLANS.iter() {
        let Some(exchange) = plan.exchange() else {
            silent.insert(name(plan));
            continue;
        };
        let trial = Trial::of(plan);
        let Some(code) = trial.code() else {
            silent.insert(name(plan));
            continue;
        };
        let request = trial.exchange(&code).unwrap();
        let outcome = trial.outcome(exchange, &request);
        assert_eq!(outcome.error, None, "{}", name(plan));
        let gives = !outcome.tokens.is_empty() || exchange.readings.is_empty();
        assert!(gives, "{} gives no token", name(plan));

        let mut filled = 0;
        for (mistake, make) in MISTAKES {
            let trial = Trial::of(plan);
            let code = trial.code().unwrap();
            match make(&trial, &code) {
                Ok(request) => {
                    let refused = trial.outcome(exchange, &request).error;
                    assert!(refused.is_some(), "{} took {mistake}", name(plan));
                    filled += 1;
                    println!(
                        "{:<24} {mistake:<24} {:?}",
                        name(plan),
                        refused.unwrap().0.unwrap_or_default()
                    );
                }
                Err(why) => println!("{:<24} {mistake:<24} - {why}", name(plan)),
            }
        }
        assert!(filled >= 8, "{} has {filled} mistakes", name(plan));
    }
    // No user logs in to these.
    let expected = ["box::server", "zoom::server_to_server"];
    assert_eq!(silent, expected.map(str::to_owned).into());
}
