//! A browser that sends requests and keeps cookies.

use axum::Router;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::request::Builder;
use oauth_spec::simulator::Simulator;
use tower::ServiceExt as _;

use super::OWN;

/// A browser at an application, with its cookies in the order in which they were set.
#[derive(Clone)]
pub(super) struct Browser {
    pub(super) application: Router,
    pub(super) cookies: Vec<(String, String)>,
}

/// A response that the browser received.
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

pub(super) const FORM: &str = "application/x-www-form-urlencoded";

impl Browser {
    pub(super) fn of(application: Router) -> Browser {
        Browser {
            application,
            cookies: Vec::new(),
        }
    }

    pub(super) async fn send(&mut self, request: Builder, body: &str) -> Page {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = request.header("cookie", format!("theme=dark; {}", pairs.join("; ")));
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = self.application.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        for cookie in parts.headers.get_all("set-cookie") {
            let (pair, attributes) = cookie.to_str().unwrap().split_once("; ").unwrap();
            let life = attributes.strip_prefix("HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=");
            let (name, value) = pair.split_once('=').unwrap();
            assert!(name.starts_with("__Host-oauth-login-"), "{name}");
            self.cookies.retain(|(own, _)| own != name);
            match life {
                Some("3600") => self.cookies.push((name.to_owned(), value.to_owned())),
                Some("0") => assert_eq!(value, ""),
                _ => panic!("{attributes}"),
            }
        }
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        Page {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub(super) async fn get(&mut self, path: &str) -> Page {
        self.send(http::Request::get(path), "").await
    }

    pub(super) async fn post(&mut self, path: &str, form: &str) -> Page {
        let request = http::Request::post(path).header("content-type", FORM);
        self.send(request, form).await
    }

    /// Posts a form as a page of the provider does: the request carries no `SameSite=Lax` cookies.
    pub(super) async fn post_across_sites(&self, path: &str, form: &str) -> Page {
        Browser::of(self.application.clone()).post(path, form).await
    }

    /// Begins a login at a provider. Returns path and query of the callback that the provider redirects to.
    pub(super) async fn depart(&mut self, simulator: &Simulator, provider: &str) -> String {
        let departure = self.get(&format!("/nested/connect/{provider}")).await;
        assert_eq!(departure.status, 303);
        assert_eq!(departure.headers["referrer-policy"], "no-referrer");
        assert_eq!(departure.headers["cache-control"], "no-store");
        let location = departure.headers["location"].to_str().unwrap();
        let back = simulator.browse(location).unwrap();
        back.strip_prefix(OWN).unwrap().to_owned()
    }
}
