//! Changes of a Plan. Each value that is sent, that is read from a response or that determines a provider's behaviour is
//! changed once.

use oauth_spec::plan::token::{GrantedScopes, Rotation};
use oauth_spec::plan::{
    Authentication, Body, Call, CallKind, Ends, Parameter, Piece, Pkce, Plan, Reading,
    RedirectMatch, ResponseFormat, Selection, Success, Template, Value,
};
use oauth_spec::syntax::shapes::{Grace, Time};

/// A description of a change, and the changed Plan.
pub(crate) type Change = (String, Plan);

pub(crate) fn changes(plan: &Plan) -> Vec<Change> {
    let mut changes = Vec::new();
    for index in 0..plan.calls.len() {
        of_call(plan, index, &mut changes);
    }
    of_login(plan, &mut changes);
    of_scopes(plan, &mut changes);
    changes
}

/// Returns a change of each value that determines a provider's behaviour without being visible on the wire.
pub(crate) fn behaviours(plan: &Plan) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |what: &str, change: &dyn Fn(&mut Plan)| {
        changes.push(changed(plan, what, change));
    };
    if let Some(login) = &plan.login {
        let required = login.pkce != Pkce::Required && login.sends_pkce();
        let pkce = if required {
            Pkce::Required
        } else {
            Pkce::Supported
        };
        if login.sends_pkce() {
            add("what the provider does with PKCE", &move |plan| {
                plan.login.iter_mut().for_each(|login| login.pkce = pkce);
            });
        }
        add("how redirect URIs are compared", &|plan| {
            plan.app.redirect_uri.matching = match plan.app.redirect_uri.matching {
                RedirectMatch::Exact => RedirectMatch::Prefix,
                _ => RedirectMatch::Exact,
            };
        });
        add("whether a redirect URI may be left out", &|plan| {
            plan.app.redirect_uri.is_optional ^= true;
        });
        for (index, set) in plan.scope_sets.iter().enumerate() {
            if !set.open && set.parameter.is_some() && index == 0 {
                add("what becomes of an unknown scope", &|plan| {
                    plan.scope_sets[index].passes_over ^= true;
                });
            }
        }
        add("unknown parameters of a login", &|plan| {
            plan.login
                .iter_mut()
                .for_each(|login| login.only_known ^= true);
        });
    }
    let is_first = |call: &Call| {
        let first = plan.tokens.first().map(|token| &token.name);
        call.of_token.as_ref().is_none_or(|own| Some(own) == first)
    };
    for (index, call) in plan.calls.iter().enumerate() {
        match call.kind {
            CallKind::Exchange => {
                add("unknown parameters of an exchange", &move |plan| {
                    plan.calls[index].accepts.only_known ^= true;
                });
                if call.authentication == Authentication::None {
                    continue;
                }
                let ways = [Authentication::Basic, Authentication::Post];
                let other = ways.into_iter().find(|way| *way != call.authentication);
                add("the ways in which a client may show itself", &move |plan| {
                    let accepts = &mut plan.calls[index].accepts.authentications;
                    match other.filter(|other| !accepts.contains(other)) {
                        Some(other) => accepts.push(other),
                        None => accepts.clear(),
                    }
                });
            }
            CallKind::RevokeAccessToken if is_first(call) => {
                add("what a revocation ends", &move |plan| {
                    plan.calls[index].ends = Ends::RefreshToken;
                });
            }
            _ => {}
        }
    }
    let refreshes = plan.calls.iter().any(|call| call.kind == CallKind::Refresh);
    if refreshes {
        let works_on = plan.tokens[0].policy.grace == Grace::Forever;
        let spends = |plan: &mut Plan| {
            let policy = &mut plan.tokens[0].policy;
            policy.rotation = match policy.rotation {
                Rotation::Always => Rotation::Never,
                _ => Rotation::Always,
            };
        };
        if !works_on {
            add("whether a refresh token is spent", &spends);
        }
        add("how long an unused one lives", &|plan| {
            plan.tokens[0].policy.idle = Some(Time::Seconds(7));
        });
        add("how long one lives at most", &|plan| {
            plan.tokens[0].policy.absolute = Some(Time::Seconds(7));
        });
        if plan.tokens[0].policy.rotation == Rotation::Always {
            add("how long a spent one works", &|plan| {
                let policy = &mut plan.tokens[0].policy;
                policy.grace = match policy.grace {
                    Grace::Forever => Grace::Time(Time::Seconds(0)),
                    _ => Grace::Forever,
                };
            });
            add("what a spent one's use does", &|plan| {
                let policy = &mut plan.tokens[0].policy;
                policy.reuse_ends_grant ^= true;
                policy.grace = Grace::Time(Time::Seconds(0));
            });
        }
    }
    changes
}

fn changed(plan: &Plan, what: &str, change: impl FnOnce(&mut Plan)) -> Change {
    let mut other = plan.clone();
    change(&mut other);
    let variant = plan
        .identity
        .variant
        .as_ref()
        .map_or("", |(name, _)| name.as_str());
    (format!("{variant} {what}"), other)
}

fn of_call(plan: &Plan, index: usize, changes: &mut Vec<Change>) {
    let call = &plan.calls[index];
    let name = call.function();
    let mut add = |what: &str, change: &dyn Fn(&mut Call)| {
        changes.push(changed(plan, &format!("{name}: {what}"), |plan| {
            change(&mut plan.calls[index]);
        }));
    };
    add("method", &|call| {
        call.method = match call.method {
            oauth_spec::plan::Method::Put => oauth_spec::plan::Method::Delete,
            _ => oauth_spec::plan::Method::Put,
        };
    });
    add("url", &|call| elsewhere(&mut call.url));
    for header in 0..call.headers.len() {
        add("a header's name", &|call| {
            call.headers[header].name.push('x');
        });
        add("a header's value", &|call| {
            other_value(&mut call.headers[header].value);
        });
        add("a header is gone", &|call| {
            drop(call.headers.remove(header));
        });
    }
    for row in 0..call.query.len() {
        add("a query parameter's name", &|call| {
            call.query[row].name.push('x');
        });
        add("a query parameter's value", &|call| {
            other_value(&mut call.query[row].value);
        });
        add("a query parameter is gone", &|call| {
            drop(call.query.remove(row));
        });
    }
    for row in 0..rows(call).len() {
        add("a parameter's name", &|call| {
            rows_mut(call)[row].name.push('x');
        });
        add("a parameter's value", &|call| {
            other_value(&mut rows_mut(call)[row].value);
        });
        add("a parameter is gone", &|call| {
            drop(rows_mut(call).remove(row));
        });
    }
    if !rows(call).is_empty() {
        add("the body's format", &|call| {
            call.body = match &call.body {
                Body::Form(rows) => Body::Json(rows.clone()),
                Body::Json(rows) => Body::Form(rows.clone()),
                Body::Empty => Body::Empty,
            };
        });
        if rows(call).len() > 1 {
            add("the order of parameters", &|call| rows_mut(call).reverse());
        }
    }
    for rule in 0..call.success.len() {
        add("a success rule", &|call| {
            call.success[rule].1 = Success::Text("never".to_owned());
        });
    }
    if !call.reads_nothing() {
        add("the answer's format", &|call| {
            call.response = match call.response {
                ResponseFormat::Json => ResponseFormat::Form,
                _ => ResponseFormat::Json,
            };
        });
    }
    for (field, own) in call.fields.iter().enumerate() {
        // An optional field matters only where an example has it.
        add(&format!("field {}", own.name), &|call| {
            call.fields[field].path.push("x".to_owned());
        });
    }
    of_selection(call, &mut |what, change| add(what, change));
    for reading in 0..call.readings.len() {
        of_reading(&call.readings[reading], &mut |what, change| {
            add(what, &|call| change(&mut call.readings[reading]));
        });
    }
}

type ChangeOfCall<'a> = &'a dyn Fn(&mut Call);

fn of_selection(call: &Call, add: &mut dyn FnMut(&str, ChangeOfCall<'_>)) {
    let Some(selection) = &call.selection else {
        return;
    };
    let mut each = |what: &str, change: &dyn Fn(&mut Selection)| {
        add(what, &|call| call.selection.iter_mut().for_each(change));
    };
    each("where the list stands", &|selection| {
        selection.each.push("x".to_owned());
    });
    for rule in 0..selection.filter.len() {
        each("which entries remain", &|selection| {
            selection.filter[rule].1 = Success::Text("never".to_owned());
        });
    }
    if selection.label.is_some() {
        each("what a person sees of an entry", &|selection| {
            selection.label = Some(vec!["x".to_owned()]);
        });
    }
}

type ChangeOfReading<'a> = &'a dyn Fn(&mut Reading);

fn of_reading(reading: &Reading, add: &mut dyn FnMut(&str, ChangeOfReading<'_>)) {
    add("where the access token stands", &|reading| {
        reading.access_token.push("x".to_owned());
    });
    if reading.expires_in.is_some() {
        add("the unit of the lifetime", &|reading| {
            reading.expires_in = reading
                .expires_in
                .clone()
                .map(|(path, unit)| (path, unit * 60));
        });
    }
    if reading.refresh_token.is_some() {
        add("where the refresh token stands", &|reading| {
            reading.refresh_token = Some(vec!["x".to_owned()]);
        });
    }
    if reading.scope.is_some() {
        add("where granted scopes stand", &|reading| {
            let elsewhere = GrantedScopes::Member(vec!["x".to_owned()]);
            reading.scope = reading
                .scope
                .clone()
                .map(|(_, separators)| (elsewhere.clone(), separators));
        });
    }
    if reading.refresh_token_expires_in.is_some() {
        add("where the refresh token's life stands", &|reading| {
            reading.refresh_token_expires_in = None;
        });
    }
}

fn of_login(plan: &Plan, changes: &mut Vec<Change>) {
    let Some(login) = &plan.login else { return };
    let mut add = |what: &str, change: &dyn Fn(&mut oauth_spec::plan::Login)| {
        changes.push(changed(plan, &format!("login: {what}"), |plan| {
            plan.login.iter_mut().for_each(change);
        }));
    };
    add("url", &|login| elsewhere(&mut login.url));
    for row in 0..login.parameters.len() {
        add("a parameter's name", &|login| {
            login.parameters[row].name.push('x');
        });
        // An optional parameter matters only where an example gives it.
        add("a parameter is gone", &|login| {
            drop(login.parameters.remove(row));
        });
        add("a parameter's value", &|login| {
            other_value(&mut login.parameters[row].value);
        });
    }
    for row in 0..login.offline_parameters.len() {
        add("an offline parameter's name", &|login| {
            login.offline_parameters[row].name.push('x');
        });
        add("an offline parameter's value", &|login| {
            other_value(&mut login.offline_parameters[row].value);
        });
    }
    for scope in 0..login.offline_scopes.len() {
        add("an offline scope", &|login| {
            login.offline_scopes[scope].push('x');
        });
    }
}

fn of_scopes(plan: &Plan, changes: &mut Vec<Change>) {
    for (index, set) in plan
        .scope_sets
        .iter()
        .enumerate()
        .filter(|(_, set)| set.parameter.is_some())
    {
        changes.push(changed(
            plan,
            &format!("scopes {}: separator", set.name),
            |plan| {
                plan.scope_sets[index].separator.push('~');
            },
        ));
        if !set.unreported.is_empty() {
            let what = format!("scopes {}: what a response leaves out", set.name);
            changes.push(changed(plan, &what, |plan| {
                plan.scope_sets[index].unreported.clear();
            }));
        }
        changes.push(changed(
            plan,
            &format!("scopes {}: always", set.name),
            |plan| {
                plan.scope_sets[index].always.push("x".to_owned());
            },
        ));
    }
}

fn rows(call: &Call) -> &[Parameter] {
    match &call.body {
        Body::Empty => &[],
        Body::Form(rows) | Body::Json(rows) => rows,
    }
}

fn rows_mut(call: &mut Call) -> &mut Vec<Parameter> {
    match &mut call.body {
        Body::Form(rows) | Body::Json(rows) => rows,
        Body::Empty => unreachable!("only bodies with rows are changed"),
    }
}

fn elsewhere(url: &mut Template) {
    url.0.push(Piece::Text("/x".to_owned()));
}

fn other_value(value: &mut Value) {
    *value = match value {
        Value::Number(number) => Value::Number(*number + 1),
        Value::Boolean(boolean) => Value::Boolean(!*boolean),
        Value::Scopes(_) => Value::Template(Template::text("x")),
        Value::Template(template) => {
            let mut other = template.clone();
            other.0.push(Piece::Text("x".to_owned()));
            Value::Template(other)
        }
    };
}
