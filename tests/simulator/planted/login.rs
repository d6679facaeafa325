//! Mistakes at the authorization endpoint.

use oauth_spec::plan::{Login, Pkce, RedirectMatch, Source, Value};
use oauth_spec::simulator::User;

use super::{BACK, Mistake, Planted, Request, Trial, change, set, with, without};

/// Returns the provider's error for an authorization request: the code in its callback, or the status of a page for the
/// user. Returns `None` if the login succeeds.
fn said(trial: &Trial<'_>, request: &Request) -> Planted {
    if trial
        .parameter(request, |login| &login.callback[0])
        .is_some()
    {
        return Ok(None);
    }
    let told = trial.parameter(request, |login| &login.callback[2]);
    let page = trial.send(request).status().as_u16();
    Ok(Some(told.unwrap_or_else(|| format!("{page}, to the user"))))
}

fn right(trial: &Trial<'_>) -> Request {
    trial.request("authorize", &trial.client, &[]).unwrap()
}

fn asked(trial: &Trial<'_>, values: &[(&str, &str)]) -> Request {
    trial.request("authorize", &trial.client, values).unwrap()
}

fn login<'t>(trial: &'t Trial<'_>) -> &'t Login {
    trial.plan.login.as_ref().unwrap()
}

fn named(trial: &Trial<'_>, source: &Source) -> Result<String, &'static str> {
    let mut rows = login(trial).parameters.iter();
    let row = rows.find(|row| row.carries(source));
    row.map(|row| row.name.clone())
        .ok_or("the login does not send it")
}

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "a login of an unknown client",
        plant: |trial| said(trial, &asked(trial, &[("client_id", "unknown")])),
    },
    Mistake {
        name: "a login without the client's id",
        plant: |trial| {
            let name = named(trial, &Source::ClientId)?;
            said(trial, &without(right(trial), &name)?)
        },
    },
    Mistake {
        name: "a login with another redirect URI",
        plant: |trial| {
            let evil = [("redirect_uri", "https://evil.example/cb")];
            said(trial, &asked(trial, &evil))
        },
    },
    Mistake {
        name: "a login without a redirect URI",
        plant: |trial| {
            if trial.plan.app.redirect_uri.is_optional {
                return Err("the redirect URI may be left out");
            }
            let name = named(trial, &Source::RedirectUri)?;
            said(trial, &without(right(trial), &name)?)
        },
    },
    Mistake {
        name: "a redirect URI with one path more",
        plant: |trial| {
            match trial.plan.app.redirect_uri.matching {
                RedirectMatch::Exact => {}
                RedirectMatch::Prefix => return Err("the registered one is a prefix"),
                RedirectMatch::Host => return Err("only the host is compared"),
            }
            let deeper = format!("{BACK}/deeper");
            said(trial, &asked(trial, &[("redirect_uri", &deeper)]))
        },
    },
    Mistake {
        name: "a login for a token instead of a code",
        plant: |trial| {
            let request = set(right(trial), "response_type", "token");
            said(trial, &request?)
        },
    },
    Mistake {
        name: "an unknown scope",
        plant: |trial| {
            let mut rows = login(trial).parameters.iter();
            let of_scopes = rows.find_map(|row| match row.value {
                Value::Scopes(set) => Some((row, &trial.plan.scope_sets[set])),
                _ => None,
            });
            let (row, set) = of_scopes.ok_or("no scopes are sent")?;
            if set.open {
                return Err("the spec does not list all scopes");
            }
            if set.passes_over {
                return Err("unknown scopes are passed over");
            }
            let (name, separator) = (&row.name, &set.separator);
            let request = change(right(trial), |pairs| {
                match pairs.iter_mut().find(|(own, _)| own == name) {
                    Some((_, scopes)) => {
                        let separator: String = form(separator);
                        scopes.push_str(&format!("{separator}no_such_scope"));
                    }
                    None => pairs.push((name.clone(), "no_such_scope".to_owned())),
                }
            });
            said(trial, &request?)
        },
    },
    Mistake {
        name: "a challenge",
        plant: |trial| match login(trial).pkce {
            Pkce::Rejected => {
                let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
                said(trial, &with(right(trial), "code_challenge", challenge)?)
            }
            Pkce::Ignored => Err("challenges are passed over"),
            _ => Err("challenges are taken"),
        },
    },
    Mistake {
        name: "no challenge",
        plant: |trial| match login(trial).pkce {
            Pkce::Required => {
                let name = named(trial, &Source::CodeChallenge)?;
                // A method without a challenge is a mistake of its own.
                let request = without(without(right(trial), &name)?, "code_challenge_method")?;
                said(trial, &request)
            }
            _ => Err("a login without a challenge is taken"),
        },
    },
    Mistake {
        name: "a challenge that is the verifier",
        plant: |trial| {
            named(trial, &Source::CodeChallenge)?;
            let request = set(right(trial), "code_challenge_method", "plain");
            said(trial, &request?)
        },
    },
    Mistake {
        name: "a parameter of a login twice",
        plant: |trial| {
            let name = named(trial, &Source::ClientId)?;
            let request = change(right(trial), |pairs| {
                let own = pairs.iter().find(|(own, _)| *own == name).cloned();
                pairs.extend(own);
            });
            said(trial, &request?)
        },
    },
    Mistake {
        name: "an unknown parameter of a login",
        plant: |trial| match login(trial).only_known {
            true => said(trial, &with(right(trial), "more", "1")?),
            false => Err("unknown parameters are passed over"),
        },
    },
    Mistake {
        name: "a user who says no",
        plant: |trial| {
            trial.simulator.user(User::Denies);
            said(trial, &right(trial))
        },
    },
];

/// Encodes the spaces and commas of a text as a query does.
fn form(text: &str) -> String {
    let escaped = |character: char| match character {
        ' ' => "+".to_owned(),
        ',' => "%2C".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(escaped).collect()
}
