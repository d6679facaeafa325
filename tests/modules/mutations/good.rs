//! A good response to the renewal of a token: the example of its spec, with recognizable tokens.

use std::collections::BTreeSet;

use oauth_runtime::provider::RegisteredApp as _;
use oauth_runtime::provider::StoredToken;
use oauth_spec::plan::token::{GrantedScopes, Renewal};
use oauth_spec::plan::{Call, CallKind, Example, Plan, Reading, ResponseFormat, Success};
use serde_json::{Map, Value};

use crate::support::trial::{PLANS, name};

pub(crate) const NEW_ACCESS: &str = "newaccess1";
pub(crate) const NEW_REFRESH: &str = "newrefresh1";

pub(crate) type Path = Vec<String>;

pub(crate) struct Good {
    pub(crate) body: Value,
    pub(crate) renewal: Renewal,
    plan: &'static Plan,
    call: &'static Call,
    reading: &'static Reading,
}

impl Good {
    pub(crate) fn of<T: StoredToken>() -> Good {
        let (module, token) = (T::App::PROVIDER.reference(), T::NAME);
        let plan = PLANS.iter().find(|plan| name(plan) == module).unwrap();
        let renewal = plan.token(token).unwrap().policy.renewal;
        let kind = match renewal {
            Renewal::Refresh => CallKind::Refresh,
            Renewal::Exchange | Renewal::WithoutToken => CallKind::Renew,
            Renewal::ClientCredentials => CallKind::ClientCredentials,
            Renewal::None => panic!("{module} does not renew {token}"),
        };
        let calls = plan.calls.iter().filter(|call| call.kind == kind);
        let mut readings = calls.flat_map(|call| {
            let own = call.readings.iter();
            own.filter(move |own| own.token == token)
                .map(move |own| (call, own))
        });
        let (call, reading) = readings.next().unwrap();
        assert_eq!(call.response, ResponseFormat::Json, "{module} {token}");
        assert!(!reading.prolonged, "{module} {token}");
        let is_of_call = |example: &&Example| {
            let own = plan.call_of(example);
            own.is_some_and(|own| std::ptr::eq(own, call))
        };
        let responses = plan.examples.iter().filter(is_of_call);
        let responses = responses.filter_map(|example| example.response.as_ref());
        let bodies = responses
            .filter(|response| response.status == 200)
            .filter_map(|response| serde_json::from_str::<Value>(&response.body).ok())
            .filter(|body| at(body, &reading.access_token).is_some_and(Value::is_string));
        let most = bodies.max_by_key(|body| paths(body).len());
        let mut body = most.unwrap_or_else(|| panic!("{module} has no example of {}", call.id));
        put(&mut body, &reading.access_token, NEW_ACCESS.into());
        if let Some(path) = &reading.refresh_token {
            put(&mut body, path, NEW_REFRESH.into());
        }
        Good {
            body,
            renewal,
            plan,
            call,
            reading,
        }
    }

    /// Returns whether the module reads a refresh token from the response.
    pub(crate) fn has_refresh_token(&self) -> bool {
        self.reading.refresh_token.is_some()
    }

    /// Returns the response's body with another value at a path.
    pub(crate) fn with(&self, path: &[String], value: Value) -> String {
        let mut body = self.body.clone();
        put(&mut body, path, value);
        body.to_string()
    }

    pub(crate) fn access_token(&self) -> &[String] {
        &self.reading.access_token
    }

    pub(crate) fn token_type(&self) -> Path {
        let mut path = self.reading.access_token.clone();
        "token_type".clone_into(path.last_mut().unwrap());
        path
    }

    /// Returns the conditions that make the response a success.
    pub(crate) fn conditions(&self) -> &'static [(Path, Success)] {
        &self.call.success
    }

    /// Returns the paths of all members that neither hold a token nor decide success, even if the module ignores them.
    pub(crate) fn secondary(&self) -> BTreeSet<Path> {
        let Reading {
            expires_in,
            expires_at,
            refresh_token_expires_at,
            scope,
            id_token,
            ..
        } = self.reading;
        let mut all = paths(&self.body);
        all.extend(expires_in.iter().map(|(path, _)| path.clone()));
        all.extend(expires_at.iter().map(|(path, _)| path.clone()));
        all.extend(
            refresh_token_expires_at
                .iter()
                .map(|(path, _)| path.clone()),
        );
        all.extend(id_token.clone());
        if let Some((GrantedScopes::Member(path), _)) = scope {
            all.insert(path.clone());
        }
        all.extend(self.call.own_fields().map(|field| field.path.clone()));
        let apart = self.apart();
        all.retain(|path| !apart.iter().any(|own| own.starts_with(path)));
        all
    }

    /// Returns the paths of the members that name a host, which must be one that the spec lists.
    pub(crate) fn guards(&self) -> Vec<Path> {
        let guards = self.plan.guards(self.call);
        guards.map(|guard| guard.path.clone()).collect()
    }

    /// Returns the paths of the tokens, of the token type, and of the members that decide whether the response is a success.
    pub(crate) fn apart(&self) -> Vec<Path> {
        let mut apart = vec![self.reading.access_token.clone(), self.token_type()];
        apart.extend(self.reading.refresh_token.clone());
        apart.extend(self.conditions().iter().map(|(path, _)| path.clone()));
        apart
    }
}

/// Returns whether a value meets a condition. An empty text counts as absent.
pub(crate) fn is_met(condition: &Success, value: &Value) -> bool {
    match condition {
        Success::Absent => value.is_null() || value == "",
        Success::True => *value == true,
        Success::Number(number) => value.as_i64() == Some(*number),
        Success::Text(text) => value == text.as_str(),
    }
}

/// Returns the paths of all members, including the members of nested objects.
fn paths(body: &Value) -> BTreeSet<Path> {
    let mut found = BTreeSet::new();
    let mut open: Vec<(Path, &Value)> = vec![(Vec::new(), body)];
    while let Some((above, value)) = open.pop() {
        let Value::Object(members) = value else {
            continue;
        };
        for (name, value) in members {
            let mut path = above.clone();
            path.push(name.clone());
            found.insert(path.clone());
            open.push((path, value));
        }
    }
    found
}

pub(crate) fn at<'v>(body: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(body, |value, name| value.get(name))
}

/// Sets the value at a path, and creates the objects on the way that are missing.
pub(crate) fn put(body: &mut Value, path: &[String], new: Value) {
    let Some((name, rest)) = path.split_first() else {
        *body = new;
        return;
    };
    if !body.is_object() {
        *body = Value::Object(Map::new());
    }
    if let Value::Object(members) = body {
        let member = members.entry(name.clone()).or_insert(Value::Null);
        put(member, rest, new);
    }
}
