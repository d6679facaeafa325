//! A network that responds for the hosts of both apps of a pair, and records each request.

use std::sync::{Arc, Mutex};

use oauth_runtime::{Http, http::TransportError};

use super::pairs::{BOTH, Which};

/// A network of two hosts. Tokens that an app's host issues contain the app's mark.
pub(crate) struct Wire {
    own: [&'static str; 2],
    seen: Mutex<Vec<Seen>>,
}

struct Seen {
    /// The app whose host received the request. `None` for any other host.
    to: Option<Which>,
    authorization: String,
    /// The URL, credential and body of the request.
    whole: String,
}

impl Wire {
    pub(crate) fn new(own: [&'static str; 2]) -> Arc<Wire> {
        Arc::new(Wire {
            own,
            seen: Mutex::default(),
        })
    }

    pub(crate) fn http(self: &Arc<Self>) -> Http {
        let wire = self.clone();
        Http::over(move |request: http::Request<Vec<u8>>| {
            let answer = wire.answer(&request);
            async move { Ok::<_, TransportError>(answer) }
        })
    }

    fn answer(&self, request: &http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        let url = request.uri().to_string();
        let to = BOTH
            .into_iter()
            .find(|which| url.starts_with(self.own[which.nth()]));
        let authorization = request.headers().get("authorization");
        let authorization = authorization.map_or("", |value| value.to_str().unwrap());
        let body = String::from_utf8_lossy(request.body());
        let mut seen = self.seen.lock().unwrap();
        seen.push(Seen {
            to,
            authorization: authorization.to_owned(),
            whole: format!("{url} {authorization} {body}"),
        });
        let nth = seen.len();
        let body = match to {
            Some(which) if url.ends_with("/token") => {
                let mark = which.mark();
                let answer = serde_json::json!({
                    "access_token": format!("access{mark}{nth}"),
                    "token_type": "Bearer",
                    "expires_in": 3600,
                    "refresh_token": format!("refresh{mark}{nth}"),
                });
                answer.to_string()
            }
            _ => "{}".to_owned(),
        };
        let answer = http::Response::builder().header("content-type", "application/json");
        answer.body(body.into_bytes()).unwrap()
    }

    /// Returns the credential of the last request.
    pub(crate) fn last_credential(&self) -> String {
        let seen = self.seen.lock().unwrap();
        seen.last().unwrap().authorization.clone()
    }

    /// Checks the number of requests to each app's host, and that every request carried only its app's tokens.
    #[track_caller]
    pub(crate) fn check(&self, situation: &str, sent: [usize; 2]) {
        let mut counted = [0; 2];
        for Seen { to, whole, .. } in self.seen.lock().unwrap().iter() {
            let Some(to) = to else {
                panic!("{situation}: a third host was sent {whole}");
            };
            counted[to.nth()] += 1;
            assert!(
                whole.contains(to.mark()),
                "{situation}: no token in {whole}"
            );
            let other = to.other().mark();
            assert!(!whole.contains(other), "{situation}: {whole}");
        }
        let own = self.own[0];
        assert_eq!(counted, sent, "{situation}: requests to each host, {own}");
    }
}
