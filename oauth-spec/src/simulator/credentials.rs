//! Client authentication (RFC 6749 §2.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::received::Received;
use super::refusal::Refusal;
use super::requests::said;
use super::world::{ClientId, World};
use crate::plan::{Authentication, Call, Source};

/// The client credentials of a request.
pub(super) struct Credentials {
    /// The parameter names of id and secret.
    pub(super) names: [String; 2],
    /// Whether the client authenticates in the `Authorization` header.
    pub(super) in_header: bool,
    pub(super) shown: Vec<(Source, String)>,
}

impl Credentials {
    /// Reads the credentials. It rejects a method that the provider does not accept, and two methods at once.
    pub(super) fn of(call: &Call, received: &Received) -> Result<Credentials, Refusal> {
        let mut credentials = Credentials {
            names: ["client_id", "client_secret"].map(str::to_owned),
            in_header: false,
            shown: Vec::new(),
        };
        let own = match call.authentication {
            // The token is the credential. If anything identifies the client, the token does.
            Authentication::Bearer | Authentication::Query | Authentication::Headers => {
                return Ok(credentials);
            }
            own => own,
        };
        if own == Authentication::Post {
            let parameters = [Source::ClientId, Source::ClientSecret];
            for (name, source) in credentials.names.iter_mut().zip(&parameters) {
                let row = call.parameters().find(|row| row.carries(source));
                if let Some(row) = row {
                    row.name.clone_into(name);
                }
            }
        }
        let [id, secret] = &credentials.names;
        let header = received.header("authorization");
        let in_parameters = match own {
            // Another call without client authentication takes no notice of a secret.
            Authentication::None if !call.id.is_token_request() => None,
            _ => said(received, secret),
        };
        let accepts = |way: Authentication| {
            let others = &call.accepts.authentications;
            own == way || others.contains(&way)
        };
        credentials.in_header = header.is_some();
        match (header, in_parameters) {
            (Some(_), Some(_)) => Err(Refusal::request("the client authenticates in two ways")),
            (Some(header), None) => {
                let raw = accepts(Authentication::BasicRaw);
                if !raw && !accepts(Authentication::Basic) {
                    return Err(Refusal::client());
                }
                let (id, secret) = decoded(header, raw).ok_or_else(Refusal::client)?;
                credentials.shown = vec![(Source::ClientId, id), (Source::ClientSecret, secret)];
                Ok(credentials)
            }
            (None, Some(secret)) if accepts(Authentication::Post) => {
                credentials.shown.push((Source::ClientSecret, secret));
                let id = said(received, id);
                credentials
                    .shown
                    .extend(id.map(|id| (Source::ClientId, id)));
                Ok(credentials)
            }
            (None, None) if accepts(Authentication::None) => Ok(credentials),
            // A client that does not authenticate must at least send its id (RFC 6749 §3.2.1).
            (None, None) if said(received, id).is_none() => {
                Err(Refusal::request("the request has no client id"))
            }
            _ => Err(Refusal::client()),
        }
    }
}

/// Returns id and secret of a Basic credential.
fn decoded(header: &str, raw: bool) -> Option<(String, String)> {
    let pair = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let half = |half: &str| match raw {
        true => half.to_owned(),
        false => form_urlencoded::parse(format!("={half}").as_bytes())
            .map(|(_, value)| value.into_owned())
            .collect(),
    };
    Some((half(id), half(secret)))
}

/// Returns the client of a request, or `None` if the token is the only credential.
pub(super) fn client<'f>(
    world: &World,
    plan: usize,
    facts: impl Iterator<Item = &'f (Source, String)>,
) -> Result<Option<ClientId>, Refusal> {
    let (mut ids, mut secrets) = (Vec::new(), Vec::new());
    for (source, text) in facts {
        match source {
            Source::ClientId => ids.push(text),
            Source::ClientSecret => secrets.push(text),
            _ => {}
        }
    }
    let Some(id) = ids.first() else {
        return Ok(None);
    };
    let client = world.client_of(plan, id).ok_or_else(Refusal::client)?;
    let secret = &world.client(client).secret;
    // Repeated ids must be equal, and so must repeated secrets.
    let agrees = ids.iter().all(|own| own == id) && secrets.iter().all(|own| *own == secret);
    match agrees {
        true => Ok(Some(client)),
        false => Err(Refusal::client()),
    }
}
