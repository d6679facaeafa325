//! Deviations: each value that is stated and is not the standard's, in a sentence for the page.
//!
//! The list is derived, never written by hand: a key that departs from its default has one row here.

use super::Context;
use crate::plan::Deviation;
use crate::syntax::document::{
    Authentication, BodyFormat, Chosen, Document, Method, Pkce, Reuse, Rotation,
};
use crate::syntax::either::Auth;
use crate::syntax::path;
use crate::syntax::shapes::{Expected, Grace, Lifetime, Named, OneOrMany, Or, Parameter, Time};
use crate::words;

pub(crate) fn deviations(cx: &Context<'_>) -> Vec<Deviation> {
    let mut list = List {
        cx,
        found: Vec::new(),
    };
    let document = cx.document();
    login(&mut list, document);
    scopes(&mut list, document);
    calls(&mut list, document);
    further(&mut list, document);
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
    let (what, means) = match authorize.pkce {
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
    renamed(
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

fn calls(list: &mut List<'_>, document: &Document) {
    if let Some(token) = &document.token {
        shared(
            list,
            "token",
            token.auth.as_ref(),
            token.body.as_ref(),
            token.method.as_ref(),
        );
        answers(list, "token", token.success.as_ref(), token.error.as_ref());
        renamed(list, "token.names", token.names.as_ref(), "RFC 6749 §4.1.3");
        let grants = [
            (
                "token.authorization_code",
                "RFC 6749 §4.1.3",
                &token.authorization_code,
            ),
            ("token.refresh_token", "RFC 6749 §6", &token.refresh_token),
            (
                "token.client_credentials",
                "RFC 6749 §4.4.2",
                &token.client_credentials,
            ),
            ("token.renew", "RFC 6749 §6", &token.renew),
        ];
        for (at, standard, grant) in grants {
            let Some(grant) = grant.as_ref().and_then(Or::value) else {
                continue;
            };
            shared(
                list,
                at,
                grant.auth.as_ref(),
                grant.body.as_ref(),
                grant.method.as_ref(),
            );
            answers(list, at, grant.success.as_ref(), grant.error.as_ref());
            renamed(
                list,
                &path::join(at, "names"),
                grant.names.as_ref(),
                standard,
            );
            parameters(
                list,
                &path::join(at, "params"),
                grant.params.as_ref(),
                standard,
            );
        }
        if matches!(token.refresh_token, Some(Or::Absent)) {
            list.add("token.refresh_token", "RFC 6749 §1.5", "No refresh tokens are issued", "When the access token ends, it is renewed as this page says, or the user logs in again.");
        }
        if matches!(token.renew, Some(Or::Is(_))) {
            list.add(
                "token.renew",
                "RFC 6749 §6",
                "The access token itself is traded in for the next one",
                "Renew while it still lives: afterwards only a login helps.",
            );
        }
    }
    if let Some(introspect) = document.introspect.as_ref().and_then(Or::value) {
        shared(
            list,
            "introspect",
            introspect.auth.as_ref(),
            introspect.body.as_ref(),
            introspect.method.as_ref(),
        );
        answers(
            list,
            "introspect",
            introspect.success.as_ref(),
            introspect.error.as_ref(),
        );
        renamed(
            list,
            "introspect.names",
            introspect.names.as_ref(),
            "RFC 7662 §2.1",
        );
        parameters(
            list,
            "introspect.params",
            introspect.params.as_ref(),
            "RFC 7662 §2.1",
        );
    }
    if let Some(revoke) = document.revoke.as_ref().and_then(Or::value) {
        shared(
            list,
            "revoke",
            revoke.auth.as_ref(),
            revoke.body.as_ref(),
            revoke.method.as_ref(),
        );
        answers(
            list,
            "revoke",
            revoke.success.as_ref(),
            revoke.error.as_ref(),
        );
        renamed(list, "revoke.names", revoke.names.as_ref(), "RFC 7009 §2.1");
        parameters(
            list,
            "revoke.params",
            revoke.params.as_ref(),
            "RFC 7009 §2.1",
        );
    }
}

/// Secrets in the URL of a call of the provider's own, which nothing else describes.
fn further(list: &mut List<'_>, document: &Document) {
    for (name, call) in document.calls.iter().flat_map(Named::iter) {
        let Some(call) = call.value() else { continue };
        let at = path::join("calls", name);
        let get = call.method.as_ref().and_then(|method| method.0.first());
        let in_query = get.is_none_or(|method| *method == Method::Get);
        let params = call
            .params
            .iter()
            .flat_map(Named::iter)
            .filter(|_| in_query);
        let query = call.query.iter().flat_map(Named::iter);
        let shows = |secret: &str, value: &Parameter| matches!(value, Parameter::Template(text) if text.trim() == format!("{{{secret}}}"));
        let values: Vec<&Parameter> = params.chain(query).map(|(_, value)| value).collect();
        for (secret, what, standard) in [
            (
                "client_secret",
                "The client secret goes in the URL",
                "RFC 6749 §2.3.1",
            ),
            (
                "access_token",
                "The access token goes in the URL",
                "RFC 9700 §4.3.2",
            ),
        ] {
            if values.iter().any(|value| shows(secret, value)) {
                list.add(
                    &at,
                    standard,
                    what,
                    "Servers on the way may log it: keep URLs out of your own logs.",
                );
            }
        }
    }
}

fn shared(
    list: &mut List<'_>,
    at: &str,
    auth: Option<&Auth>,
    body: Option<&OneOrMany<BodyFormat>>,
    method: Option<&OneOrMany<Method>>,
) {
    if let Some(Auth::Headers(headers)) = auth {
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        list.add(
            &path::join(at, "auth"),
            "RFC 6749 §2.3.1",
            format!("The credential goes in `{}`", names.join("`, `")),
            "The module does it so.",
        );
    }
    let what = match auth.and_then(Auth::word) {
        Some(Authentication::BasicRaw) => "The Basic credential is not form-encoded",
        Some(Authentication::Post) => "Client id and secret go among the parameters",
        Some(Authentication::None) => "No client secret is shown",
        Some(Authentication::Bearer) => "The access token itself authenticates the call",
        Some(Authentication::Query) => "The access token authenticates the call, in its query",
        _ => "",
    };
    if !what.is_empty() {
        list.add(
            &path::join(at, "auth"),
            "RFC 6749 §2.3.1",
            what,
            "The module does it so.",
        );
    }
    let what = match body.and_then(|body| body.0.first()) {
        Some(BodyFormat::Json) => "Parameters go as a JSON object",
        Some(BodyFormat::Query) => "Parameters go in the URL's query",
        _ => "",
    };
    if !what.is_empty() {
        list.add(
            &path::join(at, "body"),
            "RFC 6749 Appendix B",
            what,
            "The module does it so; a form is not what is documented.",
        );
    }
    if let Some(method) = method
        .and_then(|method| method.0.first())
        .filter(|method| **method != Method::Post)
    {
        list.add(
            &path::join(at, "method"),
            "RFC 6749 §3.2",
            format!("The call is a {}", method.word()),
            match method {
                Method::Get => "Its parameters may be logged by servers on the way.",
                _ => "The module does it so.",
            },
        );
    }
}

fn answers(
    list: &mut List<'_>,
    at: &str,
    success: Option<&crate::syntax::shapes::Success>,
    error: Option<&Or<String>>,
) {
    for (member, expected) in success
        .map(|success| success.0.as_slice())
        .unwrap_or_default()
    {
        let member = member.join(".");
        let what = match expected {
            Expected::Absent => format!("A refusal comes with status 200 and `{member}`"),
            Expected::True => {
                format!("A refusal comes with status 200 and without `{member}: true`")
            }
            Expected::Number(number) => {
                format!("A refusal comes with status 200 and another `{member}` than {number}")
            }
            Expected::Text(text) => {
                format!("A refusal comes with status 200 and another `{member}` than `{text}`")
            }
        };
        list.add(
            &path::join(at, "success"),
            "RFC 6749 §5.2",
            what,
            "The status says nothing; the module looks into the body.",
        );
    }
    match error {
        Some(Or::Is(error)) if error != "error" => {
            list.add(
                &path::join(at, "error"),
                "RFC 6749 §5.2",
                format!("A refusal's code stands at `{error}`"),
                "The module reads it there.",
            );
        }
        _ => {}
    }
}

fn renamed(
    list: &mut List<'_>,
    at: &str,
    names: Option<&Named<Or<String>>>,
    standard: &'static str,
) {
    for (word, name) in names.into_iter().flat_map(Named::iter) {
        let what = match name {
            Or::Is(name) => format!("`{word}` goes out as `{name}`"),
            Or::Absent => format!("`{word}` is not sent"),
        };
        list.add(
            &path::join(at, word),
            standard,
            what,
            "The module names it so.",
        );
    }
}

fn parameters(
    list: &mut List<'_>,
    at: &str,
    params: Option<&Named<Parameter>>,
    standard: &'static str,
) {
    for (name, value) in params.into_iter().flat_map(Named::iter) {
        let what = match value {
            Parameter::Absent => format!("`{name}` is not sent"),
            Parameter::Argument(_) => continue,
            Parameter::Template(text) if name == "grant_type" => {
                format!("`grant_type` is `{text}`")
            }
            _ => format!("`{name}` goes along"),
        };
        list.add(
            &path::join(at, name),
            standard,
            what,
            "The module does it; nothing to do.",
        );
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
