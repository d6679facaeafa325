//! The effects of codes, refresh tokens and revocations on grants.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::refusal::Refusal;
use super::requests::Facts;
use super::world::{ClientId, Grant, GrantId, Issued, Kind, World};
use crate::plan::token::{Policy, Rotation};
use crate::plan::{Call, CallId, CallKind, Challenge, Ends, Login, Plan, Source};
use crate::syntax::shapes::{Grace, Time};

/// Returns the grant of a valid code, and marks the code as used.
pub(super) fn exchanged(
    world: &mut World,
    index: usize,
    (plan, call): (&Plan, &Call),
    client: Option<ClientId>,
    facts: &Facts,
) -> Result<GrantId, Refusal> {
    let text = facts.get(&Source::Code).unwrap_or_default();
    let code = world.codes.get(text);
    let code = code.ok_or_else(|| Refusal::code("unknown authorization code"))?;
    let grant = code.grant;
    let owner = world.grant(grant);
    if owner.plan != index || client.is_some_and(|client| client != owner.client) {
        return Err(Refusal::code(
            "the authorization code was issued to another client",
        ));
    }
    if code.used {
        // The tokens that were issued for the code end, too (RFC 6749 §4.1.2), unless the spec states otherwise.
        let ends = |login: &Login| login.code_reuse_ends_grant;
        if plan.login.as_ref().is_none_or(ends) {
            world.end(grant);
        }
        return Err(Refusal::code("the authorization code was already used"));
    }
    if !owner.alive {
        let words = "the user revoked the grant of the authorization code";
        return Err(Refusal::code(words));
    }
    if code.ends <= world.now {
        return Err(Refusal::code("the authorization code has expired"));
    }
    agrees(owner, call, facts).map_err(|words| Refusal::code(&words))?;
    let redirect_uri = facts.get(&Source::RedirectUri);
    if redirect_uri.is_some_and(|own| own != code.redirect_uri) {
        return Err(Refusal::redirect_uri());
    }
    let proven = match (&code.challenge, facts.get(&Source::CodeVerifier)) {
        (Some(challenge), Some(verifier)) => challenge_of(verifier, code.made_by) == *challenge,
        (None, None) => true,
        _ => false,
    };
    if !proven {
        let words = "the code verifier does not match the code challenge";
        return Err(Refusal::code(words));
    }
    // A mistake of the client does not consume the code, so the code is marked only here.
    if let Some(code) = world.codes.get_mut(text) {
        code.used = true;
    }
    Ok(grant)
}

fn challenge_of(verifier: &str, made_by: Challenge) -> String {
    let digest = || Sha256::digest(verifier);
    match made_by {
        Challenge::S256 => URL_SAFE_NO_PAD.encode(digest()),
        Challenge::S256Hex => digest().iter().map(|byte| format!("{byte:02x}")).collect(),
        Challenge::Plain => verifier.to_owned(),
    }
}

/// Returns the grant of a refresh token that may be used, or reused within its grace period.
pub(super) fn refreshed(
    world: &mut World,
    index: usize,
    (plan, call): (&Plan, &Call),
    client: Option<ClientId>,
    sent: &str,
    facts: &Facts,
) -> Result<GrantId, Refusal> {
    let dead = || Refusal::refresh_token("the refresh token is unknown, expired or revoked");
    let Issued {
        grant,
        token,
        spent,
        ..
    } = world.living(sent, Kind::Refresh).ok_or_else(dead)?;
    let (grant, spent) = (*grant, *spent);
    let owner = world.grant(grant);
    if owner.plan != index || client.is_some_and(|client| client != owner.client) {
        return Err(Refusal::refresh_token(
            "the refresh token was issued to another client",
        ));
    }
    agrees(owner, call, facts).map_err(|words| Refusal::refresh_token(&words))?;
    let granted = || owner.scopes.iter().flat_map(|(_, scopes)| scopes);
    let is_further = |scope: &&String| !granted().any(|own| own == *scope);
    if let Some(scope) = facts.fewer_scopes.iter().flatten().find(is_further) {
        // RFC 6749 §6.
        return Err(Refusal::scope(&format!(
            "the login did not grant `{scope}`"
        )));
    }
    let policy = plan.token(token).map(|token| &token.policy);
    let Some(spent) = spent else {
        // If the token expires when it is not used, this use extends its lifetime.
        let end = policy.and_then(|policy| refresh_end(policy, world.now, owner.began));
        if let Some((issued, end)) = world.tokens.get_mut(sent).zip(end) {
            issued.ends = Some(end);
        }
        return Ok(grant);
    };
    let in_grace = policy.is_some_and(|policy| match policy.grace {
        Grace::Forever => true,
        Grace::UntilNewUsed => !world.successor_was_used(sent),
        Grace::UntilAccessTokenUsed => !world.next_access_token_was_used(sent),
        Grace::Time(time) => time
            .seconds()
            .is_some_and(|seconds| world.now.as_secs() < spent.as_secs() + seconds),
    });
    if in_grace {
        return Ok(grant);
    }
    if policy.is_some_and(|policy| policy.reuse_ends_grant) {
        world.end(grant);
    }
    Err(Refusal::refresh_token(
        "the refresh token was already consumed",
    ))
}

/// Checks that the host of a request is that of the login, as far as inputs and fields determine it.
fn agrees(owner: &Grant, call: &Call, facts: &Facts) -> Result<(), String> {
    let in_host: Vec<_> = call.url.sources_in_host().collect();
    let differs = |(source, text): &&(Source, String)| {
        let said = facts.get(source).filter(|_| in_host.contains(&source));
        said.is_some_and(|said| said != text)
    };
    match owner.bound.iter().find(differs) {
        Some((_, text)) => Err(format!("the grant belongs to a login at `{text}`")),
        None => Ok(()),
    }
}

/// Returns when a refresh token expires that is used or issued now.
///
/// It expires after the idle time or after the absolute time since the login, whichever comes first.
pub(super) fn refresh_end(policy: &Policy, now: Duration, began: Duration) -> Option<Duration> {
    let seconds = |time: Option<Time>| Some(Duration::from_secs(time?.seconds()?));
    let unused = seconds(policy.idle).map(|idle| now + idle);
    let at_last = seconds(policy.absolute).map(|absolute| began + absolute);
    unused.into_iter().chain(at_last).min()
}

/// Returns whether a refresh consumes the refresh token that it sends.
pub(super) fn rotates(plan: &Plan, token: &str) -> bool {
    plan.token(token)
        .is_some_and(|token| token.policy.rotation == Rotation::Always)
}

/// Returns the grant of a call, and the access token or the member of an earlier response that the call sends.
///
/// A call that sends neither is about the newest grant of the app: the request names the user in another way.
pub(super) fn called(
    world: &mut World,
    index: usize,
    (plan, call): (&Plan, &Call),
    client: Option<ClientId>,
    facts: &Facts,
) -> Result<(GrantId, String), Refusal> {
    let is_member = |source: &Source| matches!(source, Source::Member(..));
    let (grant, text) = match (facts.get(&Source::AccessToken), facts.find(is_member)) {
        (Some(text), _) => {
            let living = world.living(text, Kind::Access);
            let living = living.ok_or_else(Refusal::token)?;
            living.is_used.set(true);
            let token = plan.token(&living.token);
            let min_age = token.and_then(|token| token.policy.min_age?.seconds());
            let age = world.now.saturating_sub(living.since).as_secs();
            if call.kind == CallKind::Renew && min_age.is_some_and(|least| age < least) {
                return Err(Refusal::request(
                    "the access token has not reached the minimum age for a renewal",
                ));
            }
            (living.grant, text)
        }
        (None, Some(text)) => (*world.members.get(text).ok_or_else(Refusal::token)?, text),
        (None, None) if sends_no_token(call) => {
            let newest = world.newest_grant(index, client);
            let begun = || Some(world.begin(of_app(world, index, client?)));
            let grant = newest.or_else(begun).ok_or_else(Refusal::token)?;
            return Ok((grant, String::new()));
        }
        (None, None) => return Err(Refusal::token()),
    };
    let owner = world.grant(grant);
    match owner.alive && owner.plan == index {
        true => Ok((grant, text.to_owned())),
        false => Err(Refusal::token()),
    }
}

/// Returns whether a call sends neither a token nor a member of an earlier response.
fn sends_no_token(call: &Call) -> bool {
    let is_token = |source: &Source| {
        matches!(
            source,
            Source::AccessToken | Source::RefreshToken | Source::Member(..)
        )
    };
    !call.sources().any(is_token)
}

/// Returns a grant to an app itself, without a user, that begins now.
pub(super) fn of_app(world: &World, plan: usize, client: ClientId) -> Grant {
    Grant {
        plan,
        client,
        scopes: Vec::new(),
        offline: false,
        began: world.now,
        nonce: None,
        bound: Vec::new(),
        alive: true,
    }
}

/// Revokes a token. An unknown token counts as revoked (RFC 7009 §2.2), unless it is the credential.
pub(super) fn revoked(
    world: &mut World,
    index: usize,
    (plan, call): (&Plan, &Call),
    client: Option<ClientId>,
    facts: &Facts,
) -> Result<(), Refusal> {
    if sends_no_token(call) {
        if let Some(grant) = world.newest_grant(index, client) {
            world.end(grant);
        }
        return Ok(());
    }
    let access = facts.get(&Source::AccessToken);
    let refresh = || facts.get(&Source::RefreshToken);
    let text = access.or_else(refresh).unwrap_or_default();
    let (grant, kind) = match world.tokens.get(text) {
        Some(issued) => (issued.grant, issued.kind),
        None if access.is_some() && client.is_none() => return Err(Refusal::token()),
        None => return Ok(()),
    };
    let owner = world.grant(grant);
    if owner.plan != index || client.is_some_and(|client| client != owner.client) {
        return Err(Refusal::request("the token was issued to another client"));
    }
    let is_credential = access.is_some() && client.is_none();
    if is_credential && world.living(text, Kind::Access).is_none() {
        return Err(Refusal::token());
    }
    // One endpoint may revoke both kinds of tokens.
    let by_access_token = plan.call_by_id(&CallId::RevokeAccessToken);
    let ends = match by_access_token.filter(|_| kind == Kind::Access) {
        Some(own) => own.ends,
        None => call.ends,
    };
    match ends {
        Ends::Grant => world.end(grant),
        Ends::AccessToken => world.end_tokens(grant, text, Kind::Access),
        Ends::RefreshToken => world.end_tokens(grant, text, Kind::Refresh),
    }
    Ok(())
}
