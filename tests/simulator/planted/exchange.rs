//! Mistakes in the exchange of a code.

use std::time::Duration;

use oauth_spec::plan::{Authentication, Body, BodyFormat, Call, Form, Source};

use super::{BACK, Mistake, Planted, Request, Trial, refusal, same, set, with, without};

fn exchange<'t>(trial: &Trial<'t>) -> Result<&'t Call, &'static str> {
    trial.plan.exchange().ok_or("no exchange")
}

fn code(trial: &Trial<'_>) -> String {
    trial.code().unwrap()
}

fn right(trial: &Trial<'_>) -> Request {
    trial.exchange(&code(trial)).unwrap()
}

/// Sends an exchange that is correct except for these values.
fn but(trial: &Trial<'_>, values: &[(&str, &str)]) -> Planted {
    let code = code(trial);
    let mut all = vec![("code", &*code)];
    all.extend(values);
    let call = exchange(trial)?;
    let request = trial
        .request(&call.id.to_string(), &trial.client, &all)
        .unwrap();
    match same(&request, &trial.exchange(&code).unwrap()) {
        true => Err("the exchange does not send it"),
        false => said(trial, &request),
    }
}

fn said(trial: &Trial<'_>, request: &Request) -> Planted {
    Ok(refusal(trial, exchange(trial)?, request))
}

fn named(trial: &Trial<'_>, source: &Source) -> Result<String, &'static str> {
    let mut rows = exchange(trial)?.parameters();
    let row = rows.find(|row| row.carries(source));
    row.map(|row| row.name.clone())
        .ok_or("the exchange does not send it")
}

fn forgotten(trial: &Trial<'_>, source: &Source) -> Planted {
    let name = named(trial, source)?;
    said(trial, &without(right(trial), &name)?)
}

/// Returns the client authentication of the exchange. Fails for a public client, which has no secret.
fn has_secret(trial: &Trial<'_>) -> Result<Authentication, &'static str> {
    match exchange(trial)?.authentication {
        Authentication::None => Err("a public client has no secret"),
        own => Ok(own),
    }
}

const BASIC: &str = "Basic Y2xpZW50OnNlY3JldA==";

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "an unknown code",
        plant: |trial| said(trial, &trial.exchange("made-up").unwrap()),
    },
    Mistake {
        name: "a code used before",
        plant: |trial| {
            let request = right(trial);
            trial.send(&request);
            said(trial, &request)
        },
    },
    Mistake {
        name: "an expired code",
        plant: |trial| {
            let request = right(trial);
            trial.simulator.advance(Duration::from_secs(601));
            said(trial, &request)
        },
    },
    Mistake {
        name: "another client's code",
        plant: |trial| {
            let id = &trial.plan.identity.id;
            let other = trial.simulator.register(id, BACK).unwrap();
            let code = code(trial);
            let path = &exchange(trial)?.id.to_string();
            said(
                trial,
                &trial.request(path, &other, &[("code", &code)]).unwrap(),
            )
        },
    },
    Mistake {
        name: "a code that the user took back",
        plant: |trial| {
            let request = right(trial);
            trial.simulator.revoked_by_user(&trial.client);
            said(trial, &request)
        },
    },
    Mistake {
        name: "no code",
        plant: |trial| forgotten(trial, &Source::Code),
    },
    Mistake {
        name: "another verifier",
        plant: |trial| {
            let other = "another-verifier-another-verifier-another-verifier";
            but(trial, &[("code_verifier", other)])
        },
    },
    Mistake {
        name: "no verifier",
        plant: |trial| forgotten(trial, &Source::CodeVerifier),
    },
    Mistake {
        name: "another redirect URI",
        plant: |trial| {
            but(
                trial,
                &[("redirect_uri", "https://client.example.com/other")],
            )
        },
    },
    Mistake {
        name: "no redirect URI",
        plant: |trial| match trial.plan.app.redirect_uri.is_optional {
            true => Err("the redirect URI may be left out"),
            false => forgotten(trial, &Source::RedirectUri),
        },
    },
    Mistake {
        name: "a wrong secret",
        plant: |trial| {
            has_secret(trial)?;
            but(trial, &[("client_secret", "guessed")])
        },
    },
    Mistake {
        name: "an unknown client",
        plant: |trial| but(trial, &[("client_id", "unknown")]),
    },
    Mistake {
        name: "no secret",
        plant: |trial| match has_secret(trial)? {
            Authentication::Post => forgotten(trial, &Source::ClientSecret),
            _ => {
                let mut request = right(trial);
                request.headers_mut().remove("authorization");
                said(trial, &request)
            }
        },
    },
    Mistake {
        name: "the client shown in two ways",
        plant: |trial| match has_secret(trial)? {
            Authentication::Post => {
                let mut request = right(trial);
                let basic = http::HeaderValue::from_static(BASIC);
                request.headers_mut().insert("authorization", basic);
                said(trial, &request)
            }
            _ => said(
                trial,
                &with(right(trial), "client_secret", &trial.client.secret)?,
            ),
        },
    },
    Mistake {
        name: "the client shown in another way",
        plant: |trial| {
            let call = exchange(trial)?;
            let accepts = &call.accepts.authentications;
            match has_secret(trial)? {
                Authentication::Post if !accepts.contains(&Authentication::Basic) => {
                    let name = named(trial, &Source::ClientSecret)?;
                    let mut request = without(right(trial), &name)?;
                    let basic = trial.basic();
                    request.headers_mut().insert("authorization", basic);
                    said(trial, &request)
                }
                Authentication::Basic | Authentication::BasicRaw
                    if !accepts.contains(&Authentication::Post) =>
                {
                    let mut request = right(trial);
                    request.headers_mut().remove("authorization");
                    let request = with(request, "client_id", &trial.client.id)?;
                    let request = with(request, "client_secret", &trial.client.secret)?;
                    said(trial, &request)
                }
                _ => Err("clients may show themselves in the header and in the parameters"),
            }
        },
    },
    Mistake {
        name: "an unknown parameter",
        plant: |trial| match exchange(trial)?.accepts.only_known {
            true => said(trial, &with(right(trial), "more", "1")?),
            false => Err("unknown parameters are passed over"),
        },
    },
    Mistake {
        name: "the code twice",
        plant: |trial| {
            let name = named(trial, &Source::Code)?;
            match exchange(trial)?.body {
                Body::Json(_) => Err("an object has a member once"),
                _ => said(trial, &with(right(trial), &name, "x")?),
            }
        },
    },
    Mistake {
        name: "another grant type",
        plant: |trial| {
            let request = set(right(trial), "grant_type", "password");
            said(trial, &request?)
        },
    },
    Mistake {
        name: "a body of another media type",
        plant: |trial| {
            let mut request = right(trial);
            let other = http::HeaderValue::from_static("text/plain");
            match request.headers_mut().insert("content-type", other) {
                Some(_) => said(trial, &request),
                None => Err("the exchange has no body"),
            }
        },
    },
    Mistake {
        name: "JSON where a form is wanted, or a form for JSON",
        plant: |trial| {
            let call = exchange(trial)?;
            let (other, media_type) = match call.body {
                Body::Form(_) => (BodyFormat::Json, "application/json"),
                Body::Json(_) => (BodyFormat::Form, "application/x-www-form-urlencoded"),
                Body::Empty => return Err("the exchange has no body"),
            };
            if call.accepts.bodies.contains(&other) {
                return Err("both are taken");
            }
            let mut request = right(trial);
            let media_type = http::HeaderValue::from_static(media_type);
            request.headers_mut().insert("content-type", media_type);
            said(trial, &request)
        },
    },
    Mistake {
        name: "a header left out that every request needs",
        plant: |trial| {
            let rows = exchange(trial)?.headers.iter();
            let mut rows = rows.filter(|row| !row.is_optional);
            let is_own = |name: &str| !matches!(name, "accept" | "authorization" | "content-type");
            let own = rows.find(|row| is_own(&row.name));
            let own = own.ok_or("no header of its own is wanted")?;
            let mut request = right(trial);
            request.headers_mut().remove(&own.name);
            said(trial, &request)
        },
    },
    Mistake {
        name: "a code at the host of another login",
        plant: |trial| {
            let call = exchange(trial)?;
            let bound = |source: &&Source| {
                matches!(
                    source,
                    Source::Input(_) | Source::InputText(..) | Source::Field(_)
                )
            };
            let source = call.url.sources_in_host().find(bound);
            let source = source.ok_or("there is one host for all")?;
            let (name, form) = match source {
                Source::Input(name) | Source::InputText(name, _) | Source::Field(name) => {
                    (name, trial.plan.form_of(source))
                }
                _ => return Err("there is one host for all"),
            };
            let bound_by_login = trial.plan.login.as_ref().is_some_and(|login| {
                let in_query = login.parameters.iter().flat_map(|row| row.value.sources());
                let mut all = login.url.sources().chain(in_query);
                matches!(source, Source::Field(_)) || all.any(|own| own == source)
            });
            if !bound_by_login {
                return Err("the login names no host");
            }
            let others = form.map(others).unwrap_or_default();
            let code = code(trial);
            let request = others.iter().find_map(|other| {
                let values = [("code", &*code), (name, &**other)];
                let request = trial.request(&call.id.to_string(), &trial.client, &values)?;
                let right = trial.exchange(&code)?;
                (request.uri() != right.uri()).then_some(request)
            });
            said(trial, &request.ok_or("there is one host for all")?)
        },
    },
];

/// Returns sample texts of a form, from which the caller picks a different one.
fn others(form: &Form) -> Vec<String> {
    let hosts = |hosts: &[String], scheme: &str| -> Vec<String> {
        let names = ["a", "other"].into_iter();
        let of = |name: &str| {
            let filled = hosts.iter().map(|host| match host.as_str() {
                "*" => format!("{scheme}{name}.example.com"),
                host => format!("{scheme}{}", host.replace('*', name)),
            });
            filled.collect::<Vec<_>>()
        };
        names.flat_map(of).collect()
    };
    match form {
        Form::Host(own) => hosts(&own.allow, ""),
        Form::Origin(own) => hosts(&own.allow, "https://"),
        Form::OneOf(words) => words.clone(),
        Form::Choice(words) => words.iter().map(|(word, _)| word.clone()).collect(),
        Form::Label => vec!["another-label".to_owned()],
        other => vec![other.sample()],
    }
}
