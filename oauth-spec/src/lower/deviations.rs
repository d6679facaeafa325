//! Deviations: each value that is stated and is not the standard's, in a sentence for the page.
//!
//! The list is derived, never written by hand: a key that departs from its default has one row here.

mod calls;

use super::Context;
use crate::plan::{Call, Deviation};
use crate::syntax::document::{
    ChallengeEncoding, Chosen, CodeEncoding, Document, Pkce, PkceMethod, Reuse, Rotation,
    UnknownParams, UnknownScopes,
};
use crate::syntax::either::PkceUse;
use crate::syntax::path;
use crate::syntax::shapes::{Grace, Lifetime, Named, Or, Parameter, Time};
use crate::words;

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
    list.found
}

struct List<'a> {
    cx: &'a Context<'a>,
    found: Vec<Deviation>,
}

impl List<'_> {
    fn add(
        &mut self,
        path: &str,
        standard: &'static str,
        what: impl Into<String>,
        means: &'static str,
    ) {
        let path = self.cx.origin(path);
        self.found.push(Deviation {
            path,
            standard,
            what: what.into(),
            means,
        });
    }
}

fn login(list: &mut List<'_>, document: &Document) {
    let Some(authorize) = document.authorize.as_ref().and_then(Or::value) else {
        return;
    };
    let (what, means) = match authorize.pkce.as_ref().map(PkceUse::support) {
        Some(Pkce::Required) => (
            "PKCE is required",
            "A login without a code challenge is refused; the module always sends one.",
        ),
        Some(Pkce::Ignored) => (
            "PKCE is ignored",
            "No challenge is sent: it would protect nothing. The state is the only protection.",
        ),
        Some(Pkce::Rejected) => (
            "PKCE is rejected",
            "No challenge is sent: it would break the login. The state is the only protection.",
        ),
        Some(Pkce::Unknown) => (
            "Nobody documents PKCE",
            "A challenge is sent all the same; a provider that takes no notice is no worse off.",
        ),
        _ => ("", ""),
    };
    if !what.is_empty() {
        list.add("authorize.pkce", "RFC 9700 §2.1.1", what, means);
    }
    let own = authorize.pkce.as_ref();
    if own.map(PkceUse::method) == Some(PkceMethod::Plain) {
        list.add(
            "authorize.pkce.method",
            "RFC 7636 §4.2",
            "The code challenge is the verifier itself",
            "PKCE is weak here: a reader of the authorization request can use a stolen code.",
        );
    }
    if own.and_then(PkceUse::encoding) == Some(ChallengeEncoding::Hex) {
        list.add(
            "authorize.pkce.encoding",
            "RFC 7636 §4.2",
            "The code challenge is written in hexadecimal digits",
            "The module writes it so.",
        );
    }
    let code = document.callback.as_ref().and_then(|own| own.code.as_ref());
    if code.and_then(|own| own.encoding) == Some(CodeEncoding::Raw) {
        list.add(
            "callback.code",
            "RFC 6749 §4.1.2",
            "The code stands in the callback without encoding",
            "The module takes it as it is: give it the query as it came, and decode nothing before.",
        );
    }
    if authorize.unknown_params == Some(UnknownParams::Refused) {
        list.add(
            "authorize.unknown_params",
            "RFC 6749 §3.1",
            "A login with a parameter that is not known is refused",
            "The module sends none; mind it where something of your own adds to the URL.",
        );
    }
    for (name, value) in authorize.params.iter().flat_map(Named::iter) {
        let what = match value {
            Parameter::Absent => format!("`{name}` is not sent"),
            Parameter::Argument(_) => continue,
            _ => format!("`{name}` goes along with every login"),
        };
        list.add(
            &path::join("authorize.params", name),
            "RFC 6749 §4.1.1",
            what,
            "The module does it; nothing to do.",
        );
    }
    calls::renamed(
        list,
        "authorize.names",
        authorize.names.as_ref(),
        "RFC 6749 §4.1.1",
    );
    if authorize.offline.is_some() {
        list.add(
            "authorize.offline",
            "RFC 6749 §1.5",
            "A refresh token comes only if the login asks for offline access",
            "Set `offline` in the login's options, or the connection ends with its first access token.",
        );
    }
    for (name, stated) in document
        .callback
        .iter()
        .filter_map(|callback| callback.verify.as_ref())
        .flat_map(Named::iter)
    {
        let what = match stated.optional {
            Some(true) => format!("The callback may name `{name}`, and then with one value"),
            _ => format!("The callback names `{name}`, which must have one value"),
        };
        list.add(
            &path::join("callback.verify", name),
            match name.as_str() {
                "iss" => "RFC 9207 §2.4",
                _ => "RFC 6749 §4.1.2",
            },
            what,
            "A callback with another's, or without it where it must be there, is refused before any call.",
        );
    }
}

fn scopes(list: &mut List<'_>, document: &Document) {
    let Some(scopes) = &document.scopes else {
        return;
    };
    if scopes.unknown == Some(UnknownScopes::Ignored) {
        list.add(
            "scopes.unknown",
            "RFC 6749 §3.3",
            "A scope that there is not is passed over",
            "A login that asks for one goes through without it; the granted scopes tell.",
        );
    }
    match scopes
        .separator
        .as_ref()
        .and_then(|separator| separator.0.first())
        .map(String::as_str)
    {
        None | Some(" ") => {}
        Some(",") => list.add(
            "scopes.separator",
            "RFC 6749 §3.3",
            "Scopes are separated by commas",
            "The module joins them so.",
        ),
        Some(other) => list.add(
            "scopes.separator",
            "RFC 6749 §3.3",
            format!("Scopes are separated by `{other}`"),
            "The module joins them so.",
        ),
    }
    if let Some(Or::Is(granted)) = &scopes.granted {
        let separator = granted
            .separator
            .as_ref()
            .and_then(|separator| separator.0.first());
        if let Some(separator) = separator.filter(|separator| *separator != " ") {
            list.add(
                "scopes.granted",
                "RFC 6749 §5.1",
                format!("Granted scopes are told with `{separator}` between them"),
                "The module takes them apart.",
            );
        }
    }
    if matches!(scopes.granted, Some(Or::Absent)) {
        list.add(
            "scopes.granted",
            "RFC 6749 §5.1",
            "Granted scopes are not told",
            "Whether the user unticked one shows only when a call is refused.",
        );
    }
    if let Some(unreported) = scopes.unreported.as_ref().filter(|own| !own.is_empty()) {
        list.add(
            "scopes.unreported",
            "RFC 6749 §5.1",
            format!("A response may leave out `{}`", unreported.join("`, `")),
            "The module does not take them for refused: whether they were granted shows by what comes.",
        );
    }
    if scopes.chosen == Some(Chosen::Console) {
        list.add(
            "scopes.chosen",
            "RFC 6749 §3.3",
            "The app's settings decide the scopes",
            "A login asks for none; change them in the console.",
        );
    }
    if let Some(parameter) = scopes
        .param
        .as_ref()
        .filter(|parameter| *parameter != "scope")
    {
        list.add(
            "scopes.param",
            "RFC 6749 §3.3",
            format!("Scopes go out as `{parameter}`"),
            "The module names it so.",
        );
    }
    for (name, set) in scopes.sets.iter().flat_map(Named::iter) {
        let parameter = set.param.as_deref().unwrap_or("scope");
        if parameter != "scope" {
            let what =
                format!("The scopes of `{name}` go out as a list of their own, `{parameter}`");
            list.add(
                &path::join("scopes.sets", name),
                "RFC 6749 §3.3",
                what,
                "The login takes one list for each.",
            );
        }
    }
}

fn tokens(list: &mut List<'_>, document: &Document) {
    let named = document.tokens.clone().unwrap_or_default();
    for (name, token) in named.iter() {
        let at = path::join("tokens", name);
        if let Some(place) = token.at.as_ref().filter(|place| *place != "$") {
            list.add(
                &path::join(&at, "at"),
                "RFC 6749 §5.1",
                format!("The token `{name}` stands inside `{place}`"),
                "The module reads it there.",
            );
        }
        if token.lifetime == Some(Lifetime::Time(Time::Never)) {
            list.add(
                &path::join(&at, "lifetime"),
                "RFC 6749 §4.2.2",
                format!("The token `{name}` does not expire"),
                "It lives until it is revoked: store it like a password, and revoke it at the end.",
            );
        } else if matches!(token.expires_in, Some(Or::Absent)) {
            list.add(
                &path::join(&at, "expires_in"),
                "RFC 6749 §5.1",
                format!("The lifetime of `{name}` is not told"),
                "The module counts by the documentation, where that says.",
            );
        }
    }
    if named
        .0
        .iter()
        .filter(|(name, _)| name != super::tokens::APP)
        .count()
        > 1
    {
        list.add(
            "tokens",
            "RFC 6749 §5.1",
            "One login gives several tokens",
            "Each has a type of its own and is stored and refreshed by itself.",
        );
    }
}

fn refresh(list: &mut List<'_>, document: &Document) {
    let Some(grant) = super::tokens::grant(document, |token| &token.refresh_token) else {
        return;
    };
    let at = "token.refresh_token";
    match grant.rotation {
        Some(Rotation::Always) => list.add(
            &path::join(at, "rotation"),
            "RFC 6749 §6",
            "Each refresh gives a new refresh token",
            "Store it before anything else: the old one goes.",
        ),
        Some(Rotation::Never) => list.add(
            &path::join(at, "rotation"),
            "RFC 6749 §6",
            "A refresh gives no new refresh token",
            "Keep the first one.",
        ),
        _ => {}
    }
    if grant.reuse == Some(Reuse::EndsGrant) {
        list.add(
            &path::join(at, "reuse"),
            "RFC 9700 §4.14.2",
            "A refresh token used twice ends the grant",
            "Never refresh one connection from two places at once.",
        );
    }
    let what = match grant.grace {
        Some(Grace::Time(Time::Seconds(seconds))) if seconds > 0 => format!(
            "A refresh token that was used still works for {}",
            words::duration(seconds)
        ),
        Some(Grace::UntilNewUsed) => {
            "A refresh token still works until the new one is used".to_owned()
        }
        Some(Grace::Forever) => "A refresh token still works after a new one came".to_owned(),
        _ => String::new(),
    };
    if !what.is_empty() {
        list.add(
            &path::join(at, "grace"),
            "RFC 6749 §6",
            what,
            "A refresh whose answer was lost can be made again.",
        );
    }
    for (key, time, what) in [
        ("idle", grant.idle, "if unused for"),
        ("absolute", grant.absolute, "in any case after"),
    ] {
        if let Some(Time::Seconds(seconds)) = time {
            let what = format!("The refresh token dies {what} {}", words::duration(seconds));
            list.add(
                &path::join(at, key),
                "RFC 6749 §10.4",
                what,
                "Refresh in time, or the user logs in again.",
            );
        }
    }
}
