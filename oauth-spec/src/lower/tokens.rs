//! Lowers tokens and fields, and the paths at which responses contain them.

use super::{Context, scopes};
use crate::plan::token::{CONSOLE, GrantedScopes, Renewal, Rotation};
use crate::plan::{
    Call, CallId, CallKind, Field, FieldKind, FieldSource, Form, Hosts, Policy, Reading, Token,
};
use crate::rules;
use crate::syntax::document::{
    self, Document, ExpiresAt, ExpiresIn, FieldType, Grant, GrantedFrom, Nonce, TimeFormat, Unit,
};
use crate::syntax::path;
use crate::syntax::read::did_you_mean;
use crate::syntax::shapes::{Grace, Lifetime, Named, OneOrMany, Or, Time};

/// The name of the token that the app gets for itself besides the tokens of a login.
pub(crate) const APP: &str = "app";

/// Returns the tokens, those of a user first. `app` is the last one if the app gets a token besides a login.
pub(crate) fn tokens(cx: &Context<'_>) -> Vec<Token> {
    let document = cx.document();
    let app_has_one =
        has_login(document) && grant(document, |token| &token.client_credentials).is_some();
    let mut tokens: Vec<Token> = written(document)
        .iter()
        .filter(|(name, _)| !(app_has_one && *name == APP))
        .map(|(name, token)| lower(document, name, token, user_policy(document)))
        .collect();
    if app_has_one {
        let own = written(document).get(APP).cloned().unwrap_or_default();
        let policy = Policy {
            renewal: Renewal::ClientCredentials,
            ..no_policy()
        };
        let mut token = lower(document, APP, &own, policy);
        token.refreshes = false;
        token.has_id_token = false;
        tokens.push(token);
    }
    tokens
}

/// Returns the tokens as written. If none of them is a user's token, the default token `access` is first.
pub(crate) fn written(document: &Document) -> Named<document::Token> {
    let stated = document.tokens.iter().flat_map(Named::present);
    let mut named: Vec<_> = stated
        .map(|(name, token)| (name.clone(), token.clone()))
        .collect();
    let access = document.tokens.as_ref().and_then(|own| own.get("access"));
    let is_dropped = matches!(access, Some(Or::Absent));
    let of_app = |(name, _): &(String, document::Token)| name == APP && has_login(document);
    if named.iter().all(of_app) && !is_dropped {
        named.insert(0, ("access".to_owned(), document::Token::default()));
    }
    Named(named)
}

pub(crate) fn has_login(document: &Document) -> bool {
    document.authorize.as_ref().and_then(Or::value).is_some()
}

/// Returns a grant of the token endpoint, if the provider offers it.
pub(crate) fn grant<'d>(
    document: &'d Document,
    which: impl Fn(&'d document::TokenEndpoint) -> &'d Option<Or<Grant>>,
) -> Option<&'d Grant> {
    document
        .token
        .as_ref()
        .and_then(|token| which(token).as_ref())
        .and_then(Or::value)
}

fn lower(document: &Document, name: &str, token: &document::Token, policy: Policy) -> Token {
    if token.from.as_deref() == Some(CONSOLE) {
        return from_console(name, token);
    }
    let lifetime = token.lifetime.unwrap_or(Lifetime::Response);
    let tells_end = !matches!(token.expires_in, Some(Or::Absent))
        || matches!(token.expires_at, Some(Or::Is(_)));
    let refreshes = policy.renewal == Renewal::Refresh && token.refresh_token != Some(Or::Absent);
    Token {
        name: name.to_owned(),
        from: Some(giver(token.from.as_deref())),
        optional: token.optional.unwrap_or_default(),
        doc: token.doc.clone(),
        lifetime,
        refreshes,
        expires: lifetime != Lifetime::Time(Time::Never)
            && (tells_end || matches!(lifetime, Lifetime::Time(Time::Seconds(_)))),
        has_id_token: token.id_token.as_ref().and_then(Or::value).is_some()
            || asks_for_identity(document)
            || super::login::nonce(document) != Nonce::None,
        has_scopes: tells_scopes(document) && token.scope != Some(Or::Absent),
        tells_refresh_token_end: refreshes
            && (matches!(token.refresh_token_expires_in, Some(Or::Is(_)))
                || matches!(token.refresh_token_expires_at, Some(Or::Is(_)))),
        policy: if refreshes || policy.renewal != Renewal::Refresh {
            policy
        } else {
            no_policy()
        },
    }
}

/// Lowers a static token, which no call returns or renews.
fn from_console(name: &str, token: &document::Token) -> Token {
    let lifetime = token.lifetime.unwrap_or(Lifetime::Time(Time::Never));
    Token {
        name: name.to_owned(),
        from: None,
        optional: false,
        doc: token.doc.clone(),
        lifetime,
        refreshes: false,
        expires: false,
        has_id_token: false,
        has_scopes: false,
        tells_refresh_token_end: false,
        policy: no_policy(),
    }
}

/// Returns the call that `from` names.
fn giver(from: Option<&str>) -> CallId {
    match from {
        None | Some("token") => CallId::AuthorizationCode,
        Some(name) => CallId::Further(name.to_owned()),
    }
}

/// Returns whether `openid` can be requested, so that an ID token is issued (OpenID Connect Core §3.1.2.1).
pub(crate) fn asks_for_identity(document: &Document) -> bool {
    let known = document
        .scopes
        .as_ref()
        .and_then(|scopes| scopes.known.as_ref())
        .and_then(Or::value);
    known.is_some_and(|known| known.get("openid").is_some())
}

fn tells_scopes(document: &Document) -> bool {
    let granted = document
        .scopes
        .as_ref()
        .and_then(|scopes| scopes.granted.as_ref());
    !matches!(granted, Some(Or::Absent))
}

fn no_policy() -> Policy {
    Policy {
        renewal: Renewal::None,
        rotation: Rotation::Sometimes,
        grace: Grace::Time(Time::Seconds(0)),
        reuse_ends_grant: false,
        idle: None,
        absolute: None,
        margin: None,
        min_age: None,
        max_live: None,
        max_access_tokens: None,
        rate: None,
        ends_access_token: false,
        prolongs: false,
        ends_by: Vec::new(),
    }
}

/// Returns the tokens with the renewal that their calls make: one that sends no access token needs none.
pub(crate) fn renewed(mut tokens: Vec<Token>, calls: &[Call]) -> Vec<Token> {
    for token in &mut tokens {
        let is_own = |call: &&Call| call.of_token.as_ref().is_none_or(|own| *own == token.name);
        let mut renewals = calls.iter().filter(|call| call.kind == CallKind::Renew);
        let renewal = renewals.find(is_own);
        let needs_none = renewal.is_some_and(|call| !call.takes_access_token());
        if token.policy.renewal == Renewal::Exchange && needs_none {
            token.policy.renewal = Renewal::WithoutToken;
        }
    }
    tokens
}

/// Returns the policy of a user's tokens: by refresh, by exchange, or by client credentials if there is no login.
fn user_policy(document: &Document) -> Policy {
    let refresh =
        grant(document, |token| &token.refresh_token).map(|grant| (Renewal::Refresh, grant));
    let renew = || grant(document, |token| &token.renew).map(|grant| (Renewal::Exchange, grant));
    match refresh.or_else(renew) {
        Some((renewal, grant)) => Policy {
            renewal,
            rotation: match grant.rotation {
                Some(document::Rotation::Always) => Rotation::Always,
                Some(document::Rotation::Never) => Rotation::Never,
                _ => Rotation::Sometimes,
            },
            // An unstated grace and `never` both mean zero seconds.
            grace: match grant.grace {
                None | Some(Grace::Time(Time::Never)) => Grace::Time(Time::Seconds(0)),
                Some(stated) => stated,
            },
            reuse_ends_grant: grant.reuse == Some(document::Reuse::EndsGrant),
            idle: grant.idle,
            absolute: grant.absolute,
            margin: grant.margin,
            min_age: grant.min_age,
            max_live: grant.max_live,
            max_access_tokens: grant.max_access_tokens,
            rate: grant
                .rate
                .as_ref()
                .and_then(|rate| Some((rate.calls?, rate.within?.seconds()?))),
            prolongs: grant.prolongs.unwrap_or_default(),
            ends_access_token: grant.ends_access_token.unwrap_or_default(),
            ends_by: grant.ends_by.clone().unwrap_or_default(),
        },
        None if !has_login(document) => Policy {
            renewal: Renewal::ClientCredentials,
            ..no_policy()
        },
        None => no_policy(),
    }
}

/// Returns the paths of a token's members in the response to a login or to a refresh.
pub(crate) fn reading(cx: &Context<'_>, token: &Token, in_refresh: bool) -> Reading {
    let document = cx.document();
    let written = written(document)
        .get(&token.name)
        .cloned()
        .unwrap_or_default();
    let refreshed = written
        .refreshed
        .clone()
        .filter(|_| in_refresh)
        .unwrap_or_default();
    let at = refreshed
        .at
        .as_ref()
        .or(written.at.as_ref())
        .map(|at| member_path("$", at))
        .unwrap_or_default();
    let member = |own: Option<&Or<String>>, default: &str| match own {
        Some(Or::Absent) => None,
        Some(Or::Is(stated)) => Some(joined(&at, stated)),
        None => Some(joined(&at, default)),
    };
    let access_token = refreshed
        .access_token
        .as_ref()
        .or(written.access_token.as_ref());
    let expires_in = refreshed
        .expires_in
        .as_ref()
        .or(written.expires_in.as_ref());
    let refresh_token = refreshed
        .refresh_token
        .as_ref()
        .or(written.refresh_token.as_ref());
    let scope = refreshed.scope.as_ref().or(written.scope.as_ref());
    let id_token = refreshed.id_token.as_ref().or(written.id_token.as_ref());
    Reading {
        token: token.name.clone(),
        optional: token.optional && !in_refresh,
        prolonged: in_refresh && token.policy.prolongs,
        access_token: joined(&at, access_token.map_or("access_token", String::as_str)),
        expires_in: expires(expires_in, &at).filter(|_| token.expires),
        endless: expires_in
            .and_then(Or::value)
            .and_then(|stated| stated.never),
        expires_at: ends(written.expires_at.as_ref(), &at).filter(|_| token.expires),
        documented_lifetime: match token.lifetime {
            Lifetime::Time(time) => time.seconds(),
            Lifetime::Response | Lifetime::Introspection => None,
        },
        refresh_token: member(refresh_token, "refresh_token").filter(|_| token.refreshes),
        refresh_token_expires_in: match &written.refresh_token_expires_in {
            stated @ Some(Or::Is(_)) if token.tells_refresh_token_end => {
                expires(stated.as_ref(), &at)
            }
            _ => None,
        },
        refresh_token_endless: written
            .refresh_token_expires_in
            .as_ref()
            .and_then(Or::value)
            .and_then(|stated| stated.never),
        refresh_token_expires_at: ends(written.refresh_token_expires_at.as_ref(), &at)
            .filter(|_| token.tells_refresh_token_end),
        scope: granted(document, member(scope, "scope"), in_refresh)
            .filter(|_| token.has_scopes)
            .map(|place| (place, scopes::granted_separators(document.scopes.as_ref()))),
        id_token: member(id_token, "id_token").filter(|_| token.has_id_token),
    }
}

/// Returns the place of the granted scopes: in a member of the token or of the whole response, or in the callback.
fn granted(
    document: &Document,
    member: Option<Vec<String>>,
    in_refresh: bool,
) -> Option<GrantedScopes> {
    let stated = document
        .scopes
        .as_ref()
        .and_then(|scopes| scopes.granted.as_ref())
        .and_then(Or::value);
    let path = stated.and_then(|granted| granted.path.clone());
    match stated.and_then(|granted| granted.from) {
        Some(GrantedFrom::Callback) if in_refresh => None,
        Some(GrantedFrom::Callback) => Some(GrantedScopes::Callback(
            path.unwrap_or_else(|| "scope".to_owned()),
        )),
        _ => match path {
            Some(path) => Some(GrantedScopes::Member(member_path("$", &path))),
            None => member.map(GrantedScopes::Member),
        },
    }
}

fn expires(stated: Option<&Or<ExpiresIn>>, at: &[String]) -> Option<(Vec<String>, u64)> {
    match stated {
        Some(Or::Absent) => None,
        None => Some((joined(at, "expires_in"), 1000)),
        Some(Or::Is(stated)) => {
            let unit = match stated.unit {
                Some(Unit::Milliseconds) => 1,
                Some(Unit::Minutes) => 60_000,
                _ => 1000,
            };
            Some((
                joined(at, stated.path.as_deref().unwrap_or("expires_in")),
                unit,
            ))
        }
    }
}

fn ends(stated: Option<&Or<ExpiresAt>>, at: &[String]) -> Option<(Vec<String>, TimeFormat)> {
    let stated = stated.and_then(Or::value)?;
    Some((
        joined(at, stated.path.as_deref().unwrap_or("expires_at")),
        stated.format.unwrap_or(TimeFormat::Unix),
    ))
}

fn joined(at: &[String], member: &str) -> Vec<String> {
    at.iter().cloned().chain(member_path("$", member)).collect()
}

/// Splits a dotted path into its keys. `root` is the whole body.
pub(crate) fn member_path(root: &str, text: &str) -> Vec<String> {
    if text == root {
        Vec::new()
    } else {
        path::split(text)
    }
}

/// Returns the paths at which an error response may have a value: that of the standard, unless the spec states others
/// or none.
pub(crate) fn places_or(
    stated: Option<&Or<OneOrMany<String>>>,
    standard: &str,
) -> Vec<Vec<String>> {
    match stated {
        Some(Or::Absent) => Vec::new(),
        Some(Or::Is(paths)) => paths.0.iter().map(|path| member_path("$", path)).collect(),
        None => vec![vec![standard.to_owned()]],
    }
}

pub(crate) fn fields(cx: &Context<'_>) -> Vec<Field> {
    let stated = cx.document().fields.iter().flat_map(Named::present);
    let lowered = stated.map(|(name, field)| {
        let from = match field.from.as_deref() {
            Some("callback") => FieldSource::Callback,
            Some("id_token") => FieldSource::IdToken,
            Some("access_token") => FieldSource::AccessToken,
            other => FieldSource::Answer(giver(other)),
        };
        let from_callback = from == FieldSource::Callback;
        let stated = field.path.clone().unwrap_or_default();
        Field {
            name: name.clone(),
            path: match from_callback {
                true => vec![stated],
                false => member_path("$", &stated),
            },
            from,
            kind: field_kind(field, from_callback),
            optional: field.optional.unwrap_or_default(),
            doc: field.doc.clone(),
        }
    });
    lowered.collect()
}

/// Reports each `from` that does not name a call or another valid source.
pub(crate) fn sources(cx: &mut Context<'_>) {
    let document = cx.document();
    let calls: Vec<&str> = document
        .calls
        .iter()
        .flat_map(Named::iter)
        .map(|(name, _)| name.as_str())
        .collect();
    let tokens = document.tokens.iter().flat_map(Named::present);
    let tokens =
        tokens.map(|(name, token)| (path::join("tokens", name), token.from.as_deref(), false));
    let fields = document.fields.iter().flat_map(Named::present);
    let fields =
        fields.map(|(name, field)| (path::join("fields", name), field.from.as_deref(), true));
    let stated: Vec<(String, &str, bool)> = tokens
        .chain(fields)
        .filter_map(|(at, from, is_field)| Some((at, from?, is_field)))
        .collect();
    for (at, from, is_field) in stated {
        let mut words = vec!["token"];
        match is_field {
            true => words.extend(["callback", "id_token", "access_token"]),
            false => words.push(CONSOLE),
        }
        words.extend(&calls);
        if !words.contains(&from) {
            let message = format!("unknown call `{from}`");
            let help = did_you_mean(from, &words, || format!("one of: {}", words.join(", ")));
            cx.report(
                &rules::UNDECLARED_NAME,
                &path::join(&at, "from"),
                message,
                help,
            );
        }
    }
}

fn field_kind(field: &document::Field, from_callback: bool) -> FieldKind {
    let hosts = || Hosts {
        allow: field.allow.clone().unwrap_or_default(),
        private: field.private.unwrap_or_default(),
    };
    match (field.secret, field.kind) {
        (_, Some(FieldType::Label)) => FieldKind::Checked(Form::Label),
        (_, Some(FieldType::Host)) => FieldKind::Checked(Form::Host(hosts())),
        (_, Some(FieldType::Origin)) => FieldKind::Checked(Form::Origin(hosts())),
        (_, Some(FieldType::Url)) => FieldKind::Checked(Form::Url(hosts())),
        (_, Some(FieldType::Uuid)) => FieldKind::Checked(Form::Uuid),
        (_, Some(FieldType::Integer)) if from_callback => FieldKind::Checked(Form::Integer),
        _ if from_callback => FieldKind::Checked(Form::Text),
        (Some(true), _) => FieldKind::Secret,
        (_, Some(FieldType::Integer)) => FieldKind::Integer,
        (_, Some(FieldType::Boolean)) => FieldKind::Boolean,
        _ => FieldKind::Text,
    }
}
