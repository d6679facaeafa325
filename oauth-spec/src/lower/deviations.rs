//! Deviations: each value that is stated and is not the standard's.
//!
//! The list is derived and never written by hand: each key that departs from its default has one row here.

mod calls;

use super::Context;
use crate::plan::{Call, CallId, Deviation, DeviationKind, Place};
use crate::syntax::document::{
    self, ChallengeEncoding, Chosen, CodeEncoding, Document, Pkce, PkceMethod, Reuse, Rotation,
    UnknownParams, UnknownScopes,
};
use crate::syntax::either::PkceUse;
use crate::syntax::path;
use crate::syntax::shapes::{Grace, Lifetime, Named, Or, Parameter, Time};

pub(crate) fn deviations(cx: &Context<'_>, calls: &[Call]) -> Vec<Deviation> {
    let mut list = List {
        cx,
        found: Vec::new(),
    };
    let document = cx.document();
    login(&mut list, document);
    scopes(&mut list, document);
    calls::deviations(&mut list, document, calls);
    calls::secrets_in_urls(&mut list, calls);
    tokens(&mut list, document);
    refresh(&mut list, document);
    let mut found = list.found;
    // A parameter that is not in the body may be in the URL instead.
    found.retain(|deviation| !is_sent_elsewhere(deviation, calls));
    // What a reported spec does not state is unknown, and no deviation.
    if super::silence::is_reported(document) {
        found.retain(|deviation| cx.written.says(&deviation.path));
    }
    found
}

/// Returns whether a deviation says that a parameter is not sent, although the request has it in another place.
fn is_sent_elsewhere(deviation: &Deviation, calls: &[Call]) -> bool {
    let (
        DeviationKind::Parameter {
            name,
            is_sent: false,
        },
        Place::Call { call, .. },
    ) = (&deviation.kind, &deviation.place)
    else {
        return false;
    };
    let mut own = calls.iter().filter(|own| own.id == *call);
    own.any(|own| own.parameters().any(|row| row.name == *name))
}

struct List<'a> {
    cx: &'a Context<'a>,
    found: Vec<Deviation>,
}

impl List<'_> {
    fn add(&mut self, path: &str, place: Place, standard: &'static str, kind: DeviationKind) {
        self.found.push(Deviation {
            path: self.cx.origin(path),
            place,
            standard,
            kind,
        });
    }

    fn add_login(&mut self, path: &str, standard: &'static str, kind: DeviationKind) {
        self.add(path, Place::Login, standard, kind);
    }

    /// Adds a deviation that a call's table states as a whole.
    fn add_call(&mut self, call: &CallId, standard: &'static str, kind: DeviationKind) {
        self.add(
            &call.to_string(),
            calls::of_call(call, None),
            standard,
            kind,
        );
    }
}

fn login(list: &mut List<'_>, document: &Document) {
    let Some(authorize) = document.authorize.as_ref().and_then(Or::value) else {
        return;
    };
    let own = authorize.pkce.as_ref();
    let kind = match own.map(PkceUse::support) {
        Some(Pkce::Required) => Some(DeviationKind::PkceRequired),
        Some(Pkce::Ignored) => Some(DeviationKind::PkceIgnored),
        Some(Pkce::Rejected) => Some(DeviationKind::PkceRejected),
        Some(Pkce::Unknown) => Some(DeviationKind::PkceUndocumented),
        _ => None,
    };
    if let Some(kind) = kind {
        list.add_login("authorize.pkce", "RFC 9700 §2.1.1", kind);
    }
    if own.map(PkceUse::method) == Some(PkceMethod::Plain) {
        let kind = DeviationKind::PlainChallenge;
        list.add_login("authorize.pkce.method", "RFC 7636 §4.2", kind);
    }
    if own.and_then(PkceUse::encoding) == Some(ChallengeEncoding::Hex) {
        let kind = DeviationKind::HexChallenge;
        list.add_login("authorize.pkce.encoding", "RFC 7636 §4.2", kind);
    }
    let code = document.callback.as_ref().and_then(|own| own.code.as_ref());
    if code.and_then(|own| own.encoding) == Some(CodeEncoding::Raw) {
        list.add_login("callback.code", "RFC 6749 §4.1.2", DeviationKind::RawCode);
    }
    if authorize.unknown_params == Some(UnknownParams::Refused) {
        let kind = DeviationKind::UnknownLoginParameters;
        list.add_login("authorize.unknown_params", "RFC 6749 §3.1", kind);
    }
    for (name, value) in authorize.params.iter().flat_map(Named::iter) {
        if matches!(value, Parameter::Argument(argument) if argument.value.is_none()) {
            continue;
        }
        let kind = DeviationKind::Parameter {
            name: name.clone(),
            is_sent: !matches!(value, Parameter::Absent),
        };
        let at = path::join("authorize.params", name);
        list.add_login(&at, "RFC 6749 §4.1.1", kind);
    }
    calls::renamed(
        list,
        "authorize.names",
        &Place::Login,
        authorize.names.as_ref(),
        "RFC 6749 §4.1.1",
    );
    let offline = authorize.offline.as_ref();
    let asks = |own: &document::Offline| {
        own.params.as_ref().is_some_and(|own| !own.0.is_empty())
            || own.scopes.as_ref().is_some_and(|own| !own.is_empty())
    };
    if offline.is_some_and(asks) {
        let kind = DeviationKind::OfflineAccess;
        list.add_login("authorize.offline", "RFC 6749 §1.5", kind);
    }
    for (name, stated) in document
        .callback
        .iter()
        .filter_map(|callback| callback.verify.as_ref())
        .flat_map(Named::iter)
    {
        let standard = match name.as_str() {
            "iss" => "RFC 9207 §2.4",
            _ => "RFC 6749 §4.1.2",
        };
        let kind = DeviationKind::CallbackParameter {
            name: name.clone(),
            is_optional: stated.optional == Some(true),
        };
        list.add_login(&path::join("callback.verify", name), standard, kind);
    }
}

fn scopes(list: &mut List<'_>, document: &Document) {
    let Some(scopes) = &document.scopes else {
        return;
    };
    if scopes.unknown == Some(UnknownScopes::Ignored) {
        let kind = DeviationKind::IgnoredScopes;
        list.add_login("scopes.unknown", "RFC 6749 §3.3", kind);
    }
    let separator = scopes.separator.as_ref().and_then(|own| own.0.first());
    if let Some(separator) = separator.filter(|own| *own != " ") {
        let kind = DeviationKind::ScopeSeparator(separator.clone());
        list.add_login("scopes.separator", "RFC 6749 §3.3", kind);
    }
    if let Some(Or::Is(granted)) = &scopes.granted {
        let separator = granted.separator.as_ref().and_then(|own| own.0.first());
        if let Some(separator) = separator.filter(|own| *own != " ") {
            let kind = DeviationKind::GrantedScopeSeparator(separator.clone());
            list.add_login("scopes.granted", "RFC 6749 §5.1", kind);
        }
    }
    if matches!(scopes.granted, Some(Or::Absent)) {
        let kind = DeviationKind::NoGrantedScopes;
        list.add_login("scopes.granted", "RFC 6749 §5.1", kind);
    }
    if let Some(unreported) = scopes.unreported.as_ref().filter(|own| !own.is_empty()) {
        let kind = DeviationKind::UnreportedScopes(unreported.clone());
        list.add_login("scopes.unreported", "RFC 6749 §5.1", kind);
    }
    if scopes.chosen == Some(Chosen::Console) {
        let kind = DeviationKind::ConsoleScopes;
        list.add_login("scopes.chosen", "RFC 6749 §3.3", kind);
    }
    if let Some(parameter) = scopes.param.as_ref().filter(|own| *own != "scope") {
        let kind = DeviationKind::ScopeParameter(parameter.clone());
        list.add_login("scopes.param", "RFC 6749 §3.3", kind);
    }
    for (name, set) in scopes.sets.iter().flat_map(Named::iter) {
        let parameter = set.param.as_deref().unwrap_or("scope");
        if parameter != "scope" {
            let kind = DeviationKind::ScopeList {
                name: name.clone(),
                parameter: parameter.to_owned(),
            };
            list.add_login(&path::join("scopes.sets", name), "RFC 6749 §3.3", kind);
        }
    }
}

fn tokens(list: &mut List<'_>, document: &Document) {
    for (name, token) in document.tokens.iter().flat_map(Named::present) {
        let at = path::join("tokens", name);
        let mut add = |key: &str, standard, kind| {
            list.add(&path::join(&at, key), Place::Token, standard, kind);
        };
        if let Some(place) = token.at.as_ref().filter(|place| *place != "$") {
            let kind = DeviationKind::NestedToken {
                token: name.clone(),
                path: place.clone(),
            };
            add("at", "RFC 6749 §5.1", kind);
        }
        if token.lifetime == Some(Lifetime::Time(Time::Never)) {
            let kind = DeviationKind::EndlessToken(name.clone());
            add("lifetime", "RFC 6749 §4.2.2", kind);
        } else if matches!(token.expires_in, Some(Or::Absent)) {
            let kind = DeviationKind::NoLifetime(name.clone());
            add("expires_in", "RFC 6749 §5.1", kind);
        }
    }
    let named = document.tokens.iter().flat_map(Named::present);
    let of_login = named.filter(|(name, _)| *name != super::tokens::APP);
    if of_login.count() > 1 {
        let kind = DeviationKind::SeveralTokens;
        list.add("tokens", Place::Token, "RFC 6749 §5.1", kind);
    }
}

fn refresh(list: &mut List<'_>, document: &Document) {
    let Some(grant) = super::tokens::grant(document, |token| &token.refresh_token) else {
        return;
    };
    let call = CallId::RefreshToken;
    let mut add = |key: &str, standard, kind| {
        let place = calls::of_call(&call, None);
        list.add(&path::join(&call.to_string(), key), place, standard, kind);
    };
    match grant.rotation {
        Some(Rotation::Always) => add("rotation", "RFC 6749 §6", DeviationKind::Rotation),
        Some(Rotation::Never) => add("rotation", "RFC 6749 §6", DeviationKind::NoRotation),
        _ => {}
    }
    if grant.reuse == Some(Reuse::EndsGrant) {
        add("reuse", "RFC 9700 §4.14.2", DeviationKind::ReuseEndsGrant);
    }
    let grace = match grant.grace {
        Some(Grace::Time(Time::Seconds(seconds))) if seconds > 0 => {
            Some(DeviationKind::GraceSeconds(seconds))
        }
        Some(Grace::UntilNewUsed) => Some(DeviationKind::GraceUntilNewUsed),
        Some(Grace::UntilAccessTokenUsed) => Some(DeviationKind::GraceUntilAccessTokenUsed),
        Some(Grace::Forever) => Some(DeviationKind::GraceForever),
        _ => None,
    };
    if let Some(kind) = grace {
        add("grace", "RFC 6749 §6", kind);
    }
    if let Some(Time::Seconds(seconds)) = grant.idle {
        add(
            "idle",
            "RFC 6749 §10.4",
            DeviationKind::IdleSeconds(seconds),
        );
    }
    if let Some(Time::Seconds(seconds)) = grant.absolute {
        let kind = DeviationKind::AbsoluteSeconds(seconds);
        add("absolute", "RFC 6749 §10.4", kind);
    }
}
