//! Tokens, fields and refusals.

use super::{Context, scopes};
use crate::plan::token::{Renewal, Rotation};
use crate::plan::{Field, FieldKind, Form, KnownError, Policy, Reading, Token};
use crate::rules;
use crate::syntax::document::{
    self, Document, ExpiresAt, ExpiresIn, FieldFrom, FieldType, Grant, TimeFormat, Unit,
};
use crate::syntax::path;
use crate::syntax::read::did_you_mean;
use crate::syntax::shapes::{Grace, Lifetime, Named, Or, Time};

/// The name of the token that the app gets for itself, beside a login.
pub(crate) const APP: &str = "app";

/// The tokens, those of a user first; `app` comes last where the app gets one beside a login.
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

/// The tokens as they are written; `access` alone where a user's token is not.
pub(crate) fn written(document: &Document) -> Named<document::Token> {
    let mut named = document.tokens.clone().unwrap_or_default();
    if named
        .iter()
        .all(|(name, _)| name == APP && has_login(document))
    {
        named
            .0
            .insert(0, ("access".to_owned(), document::Token::default()));
    }
    named
}

pub(crate) fn has_login(document: &Document) -> bool {
    document.authorize.as_ref().and_then(Or::value).is_some()
}

/// A grant of the token endpoint, if it is offered.
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
    let lifetime = token.lifetime.unwrap_or(Lifetime::Response);
    let tells_end = !matches!(token.expires_in, Some(Or::Absent))
        || matches!(token.expires_at, Some(Or::Is(_)));
    let refreshes = policy.renewal == Renewal::Refresh && token.refresh_token != Some(Or::Absent);
    Token {
        name: name.to_owned(),
        optional: token.optional.unwrap_or_default(),
        doc: token.doc.clone(),
        lifetime,
        refreshes,
        expires: lifetime != Lifetime::Time(Time::Never)
            && (tells_end || matches!(lifetime, Lifetime::Time(Time::Seconds(_)))),
        has_id_token: token.id_token.as_ref().and_then(Or::value).is_some()
            || asks_for_identity(document),
        has_scopes: tells_scopes(document) && token.scope != Some(Or::Absent),
        tells_refresh_token_end: refreshes
            && matches!(token.refresh_token_expires_in, Some(Or::Is(_))),
        policy: if refreshes || policy.renewal != Renewal::Refresh {
            policy
        } else {
            no_policy()
        },
    }
}

/// Whether `openid` can be asked for, so that an ID token comes (OpenID Connect Core §3.1.2.1).
fn asks_for_identity(document: &Document) -> bool {
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
        ends_by: Vec::new(),
    }
}

/// The policy of a user's tokens: by refresh, by exchange, or for a machine by asking anew.
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
            grace: grant.grace.unwrap_or(Grace::Time(Time::Seconds(0))),
            reuse_ends_grant: grant.reuse == Some(document::Reuse::EndsGrant),
            idle: grant.idle,
            absolute: grant.absolute,
            margin: grant.margin,
            min_age: grant.min_age,
            max_live: grant.max_live,
            ends_by: grant.ends_by.clone().unwrap_or_default(),
        },
        None if !has_login(document) => Policy {
            renewal: Renewal::ClientCredentials,
            ..no_policy()
        },
        None => no_policy(),
    }
}

/// Where the members of a token stand in the answer to a login, or to a refresh.
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
    let id_token = written.id_token.as_ref();
    Reading {
        token: token.name.clone(),
        optional: token.optional && !in_refresh,
        access_token: joined(&at, access_token.map_or("access_token", String::as_str)),
        expires_in: expires(expires_in, &at).filter(|_| token.expires),
        expires_at: ends(written.expires_at.as_ref(), &at).filter(|_| token.expires),
        documented_lifetime: match token.lifetime {
            Lifetime::Time(time) => time.seconds(),
            Lifetime::Response => None,
        },
        refresh_token: member(refresh_token, "refresh_token").filter(|_| token.refreshes),
        refresh_token_expires_in: match &written.refresh_token_expires_in {
            Some(Or::Is(stated)) if token.tells_refresh_token_end => Some(joined(&at, stated)),
            _ => None,
        },
        scope: member(scope, "scope")
            .filter(|_| token.has_scopes)
            .map(|path| (path, scopes::granted_separators(document.scopes.as_ref()))),
        id_token: member(id_token, "id_token").filter(|_| token.has_id_token),
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

fn ends(stated: Option<&Or<ExpiresAt>>, at: &[String]) -> Option<(Vec<String>, u64)> {
    let stated = stated.and_then(Or::value)?;
    let unit = if stated.format == Some(TimeFormat::UnixMs) {
        1
    } else {
        1000
    };
    Some((
        joined(at, stated.path.as_deref().unwrap_or("expires_at")),
        unit,
    ))
}

fn joined(at: &[String], member: &str) -> Vec<String> {
    at.iter().cloned().chain(path::split(member)).collect()
}

/// A dotted path; `$` is the whole body.
pub(crate) fn member_path(root: &str, text: &str) -> Vec<String> {
    if text == root {
        Vec::new()
    } else {
        path::split(text)
    }
}

pub(crate) fn fields(cx: &Context<'_>) -> Vec<Field> {
    let named = cx.document().fields.clone().unwrap_or_default();
    let lowered = named.iter().map(|(name, field)| {
        let from_callback = field.from == Some(FieldFrom::Callback);
        let stated = field.path.clone().unwrap_or_default();
        Field {
            name: name.clone(),
            path: if from_callback {
                vec![stated]
            } else {
                member_path("$", &stated)
            },
            from_callback,
            kind: field_kind(field, from_callback),
            optional: field.optional.unwrap_or_default(),
            doc: field.doc.clone(),
        }
    });
    lowered.collect()
}

fn field_kind(field: &document::Field, from_callback: bool) -> FieldKind {
    let allow = || field.allow.clone().unwrap_or_default();
    match (field.secret, field.kind) {
        (_, Some(FieldType::Label)) => FieldKind::Checked(Form::Label),
        (_, Some(FieldType::Host)) => FieldKind::Checked(Form::Host(allow())),
        (_, Some(FieldType::Origin)) => FieldKind::Checked(Form::Origin(allow())),
        (_, Some(FieldType::Uuid)) => FieldKind::Checked(Form::Uuid),
        (_, Some(FieldType::Integer)) if from_callback => FieldKind::Checked(Form::Integer),
        _ if from_callback => FieldKind::Checked(Form::Text),
        (Some(true), _) => FieldKind::Secret,
        (_, Some(FieldType::Integer)) => FieldKind::Integer,
        (_, Some(FieldType::Boolean)) => FieldKind::Boolean,
        _ => FieldKind::Text,
    }
}

/// All refusals: those of single calls, then the general ones.
pub(crate) fn errors(cx: &mut Context<'_>) -> Vec<KnownError> {
    let document = cx.document();
    let token = document.token.clone().unwrap_or_default();
    let grants = [
        ("token.authorization_code", &token.authorization_code),
        ("token.refresh_token", &token.refresh_token),
        ("token.client_credentials", &token.client_credentials),
        ("token.renew", &token.renew),
    ];
    let mut errors = Vec::new();
    for (call, grant) in grants {
        let own = grant
            .as_ref()
            .and_then(Or::value)
            .and_then(|grant| grant.errors.as_ref());
        let shared = own.is_some() || grant.is_some();
        collect(
            cx,
            own,
            &path::join(call, "errors"),
            Some(call),
            &mut errors,
        );
        if shared {
            collect(
                cx,
                token.errors.as_ref(),
                "token.errors",
                Some(call),
                &mut errors,
            );
        }
    }
    if token.authorization_code.is_none() {
        collect(
            cx,
            token.errors.as_ref(),
            "token.errors",
            Some("token.authorization_code"),
            &mut errors,
        );
    }
    let revoke = document
        .revoke
        .as_ref()
        .and_then(Or::value)
        .and_then(|revoke| revoke.errors.as_ref());
    collect(cx, revoke, "revoke.errors", Some("revoke"), &mut errors);
    collect(cx, document.errors.as_ref(), "errors", None, &mut errors);
    errors
}

fn collect(
    cx: &mut Context<'_>,
    stated: Option<&Named<document::KnownError>>,
    at: &str,
    call: Option<&str>,
    errors: &mut Vec<KnownError>,
) {
    for (code, error) in stated.map(|named| named.0.as_slice()).unwrap_or_default() {
        let word = error.class.as_deref().unwrap_or_default();
        let Some(class) = crate::plan::token::ErrorClass::of(word) else {
            unknown_class(cx, &path::join(at, code), word);
            continue;
        };
        errors.push(KnownError {
            call: call.map(str::to_owned),
            code: code.clone(),
            class,
            doc: error.doc.clone(),
            advice: error.advice.clone(),
        });
    }
}

fn unknown_class(cx: &mut Context<'_>, path: &str, word: &str) {
    let words = document::ErrorClass::WORDS;
    let help = did_you_mean(word, words, || format!("one of: {}", words.join(", ")));
    cx.report(
        &rules::UNKNOWN_CLASS,
        path,
        format!("`{word}` is no class of errors"),
        help,
    );
}
