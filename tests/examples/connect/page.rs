//! The page that displays a user's connections and their states.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use oauth_runtime::lifecycle::store::Key;
use oauth_runtime::lifecycle::{Health, Status};
use serde::Serialize;

use crate::session::Session;
use crate::{Application, Failed};

const PAGE: &str = include_str!("page.html");

/// A row of the table of connections.
#[derive(Serialize)]
struct Row {
    provider: String,
    name: String,
    state: String,
    is_well: bool,
    scopes: String,
    expires: String,
    can_refresh: bool,
}

pub(crate) async fn connections(own: &Application, session: &Session) -> Result<Response, Failed> {
    // The name of each connection is the user's id.
    let before = Key {
        connection: session.id().to_owned(),
        provider: String::new(),
        token: String::new(),
    };
    let found = own.manager.connections(Some(&before), 100).await;
    let found = found.map_err(Failed::of)?.into_iter();
    let mine = found.take_while(|status| status.key.connection == session.id());
    let rows: Vec<Row> = mine.map(|status| row(own, status)).collect();
    let others = own.offers.iter().filter(|offer| {
        let is_connected = rows.iter().any(|row| row.provider == offer.id());
        !is_connected
    });
    let others: Vec<_> = others.map(|offer| (offer.id(), offer.name())).collect();
    let mut pages = Environment::new();
    pages.add_template("page.html", PAGE).map_err(Failed::of)?;
    let page = pages.get_template("page.html").map_err(Failed::of)?;
    let html = page.render(context! {
        rows => Value::from(Serde(&rows)),
        others => Value::from(Serde(&others)),
        said => own.said.take(session),
        simulated => own.simulated.is_some(),
    });
    Ok(with_headers(html.map_err(Failed::of)?))
}

fn row(own: &Application, status: Status) -> Row {
    let offer = own
        .offers
        .iter()
        .find(|offer| offer.id() == status.key.provider);
    // A provider may return an expiry time in a year that RFC 3339 cannot represent.
    let year_10000 = UNIX_EPOCH + Duration::from_secs(253_402_300_800);
    let date = |at: SystemTime| match at < year_10000 {
        true => humantime::format_rfc3339_seconds(at).to_string(),
        false => "after 9999-12-31".to_owned(),
    };
    let scopes = status
        .scopes
        .map(|scopes| scopes.iter().collect::<Vec<_>>().join(", "));
    Row {
        name: offer
            .map_or(&*status.key.provider, |offer| offer.name())
            .to_owned(),
        provider: status.key.provider,
        state: status.health.to_string(),
        is_well: status.health == Health::Well,
        scopes: scopes
            .filter(|scopes| !scopes.is_empty())
            .unwrap_or_else(|| "unknown".to_owned()),
        expires: status
            .expires
            .map_or_else(|| "no known expiry".to_owned(), date),
        can_refresh: status.has_refresh_token,
    }
}

/// Adds headers that block resources from other origins, framing and caching.
fn with_headers(html: String) -> Response {
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; form-action *; frame-ancestors 'none'";
    let rows: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let mut response = html.into_response();
    for (name, value) in rows {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
