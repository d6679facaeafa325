//! The providers that users can connect to. Generated modules have the same shape but deliberately no common type, so the
//! application defines a trait for what it needs from each.

use std::error::Error;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;

use axum::http::{HeaderValue, header};
use axum::response::Response;
use oauth_providers::{r#box as box_, github, google};
use oauth_runtime::lifecycle::store::StoreError;
use oauth_runtime::lifecycle::{LoginRedirect, Logins, Manager, Owner, Revocation, TokenError};
use oauth_runtime::oauth_provider;
use oauth_runtime::web::Callback;
use oauth_spec::simulator::Simulator;

use crate::{Application, variable};

/// npm oidc-provider, a real server on this machine.
#[oauth_provider("../../specs/oidc_provider.toml")]
mod oidc_provider {}

/// The future that a method of a trait object returns.
pub(crate) type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A provider that users can connect to. The name of a connection is the id of its user.
pub(crate) trait Offer: Send + Sync {
    /// Returns the provider's id in its spec.
    fn id(&self) -> &'static str;

    /// Returns the provider's display name.
    fn name(&self) -> &'static str;

    /// Registers the app at the manager, which then keeps the provider's connections alive.
    fn manage(&self, manager: &Manager);

    /// Begins a login.
    fn begin<'a>(
        &'a self,
        logins: &'a Logins,
        owner: Owner<'a>,
    ) -> Doing<'a, Result<LoginRedirect, StoreError>>;

    /// Finishes a login and stores its tokens.
    fn finish<'a>(
        &'a self,
        own: &'a Application,
        user: &'a str,
        callback: &'a Callback,
    ) -> Doing<'a, Result<(), String>>;

    /// Refreshes a connection.
    fn refresh<'a>(
        &'a self,
        manager: &'a Manager,
        user: &'a str,
    ) -> Doing<'a, Result<(), TokenError>>;

    /// Ends a connection, and returns a description of what happened at the provider.
    fn disconnect<'a>(
        &'a self,
        manager: &'a Manager,
        user: &'a str,
    ) -> Doing<'a, Result<&'static str, TokenError>>;
}

/// Implements [`Offer`] for a module whose login returns one access token.
macro_rules! offer {
    ($offer:ident, $module:ident, |$app:ident| $login:expr) => {
        struct $offer($module::App);

        impl Offer for $offer {
            fn id(&self) -> &'static str {
                $module::PROVIDER.id
            }

            fn name(&self) -> &'static str {
                $module::PROVIDER.name
            }

            fn manage(&self, manager: &Manager) {
                manager.manage::<$module::AccessToken>(&self.0);
            }

            fn begin<'a>(
                &'a self,
                logins: &'a Logins,
                owner: Owner<'a>,
            ) -> Doing<'a, Result<LoginRedirect, StoreError>> {
                let $app = &self.0;
                let login = $login;
                Box::pin(async move { logins.begin(owner, &login).await })
            }

            fn finish<'a>(
                &'a self,
                own: &'a Application,
                user: &'a str,
                callback: &'a Callback,
            ) -> Doing<'a, Result<(), String>> {
                Box::pin(async move {
                    let owner = Owner::user(user);
                    let login = callback
                        .login::<$module::Login>(&own.logins, owner, &self.0)
                        .await;
                    let code = login.map_err(words)?.callback(callback.query());
                    let exchange = $module::exchange(&self.0, code.map_err(words)?);
                    let tokens = own.http.send(exchange).await.map_err(words)?;
                    let connected = own.manager.connect(user, &self.0, tokens.access, ());
                    connected.await.map(|_| ()).map_err(words)
                })
            }

            fn refresh<'a>(
                &'a self,
                manager: &'a Manager,
                user: &'a str,
            ) -> Doing<'a, Result<(), TokenError>> {
                Box::pin(async move {
                    let connection = manager.connection::<$module::AccessToken>(user, &self.0);
                    let refreshed = connection.await?.refresh().await;
                    refreshed.map(|_| ())
                })
            }

            fn disconnect<'a>(
                &'a self,
                manager: &'a Manager,
                user: &'a str,
            ) -> Doing<'a, Result<&'static str, TokenError>> {
                Box::pin(async move {
                    let connection = manager.connection::<$module::AccessToken>(user, &self.0);
                    let revocation = connection.await?.disconnect().await?;
                    Ok(became(&revocation))
                })
            }
        }
    };
}

offer!(AtBox, box_, |app| box_::login(app, &[]));
offer!(AtGithub, github, |app| {
    github::login(
        app,
        &[github::Scope::READ_USER],
        github::LoginOptions::default(),
    )
});
offer!(AtGoogle, google, |app| {
    let options = google::LoginOptions {
        offline: true,
        ..google::LoginOptions::default()
    };
    google::login(app, &[google::Scope::OPENID, google::Scope::EMAIL], options)
});
offer!(AtOidcProvider, oidc_provider, |app| {
    let options = oidc_provider::LoginOptions::default();
    oidc_provider::login(app, &[oidc_provider::Scope::OPENID], options)
});

fn words(error: impl Display) -> String {
    error.to_string()
}

fn became(revocation: &Revocation) -> &'static str {
    match revocation {
        Revocation::Done => "the provider revoked the access",
        Revocation::NotOffered => "now revoke the access in your account settings at the provider",
        // Whatever else happened, it is unknown whether the access ended.
        _ => "the access may still be valid, so revoke it in your account settings at the provider",
    }
}

/// Returns a client's id and secret, if the environment has both.
fn credentials(prefix: &str) -> Option<(String, String)> {
    let id = variable(&format!("{prefix}_CLIENT_ID"))?;
    Some((id, variable(&format!("{prefix}_CLIENT_SECRET"))?))
}

/// Returns the providers whose credentials are in the environment.
pub(crate) fn from_environment(own: &str) -> Result<Vec<Box<dyn Offer>>, Box<dyn Error>> {
    let mut offers: Vec<Box<dyn Offer>> = Vec::new();
    let back = |id: &str| format!("{own}/callback/{id}");
    if let Some((id, secret)) = credentials("BOX") {
        let back = box_::RedirectUri::parse(&back("box"))?;
        offers.push(Box::new(AtBox(box_::App::new(id, secret, back))));
    }
    if let Some((id, secret)) = credentials("GITHUB") {
        let back = github::RedirectUri::parse(&back("github"))?;
        offers.push(Box::new(AtGithub(github::App::new(id, secret, back))));
    }
    if let Some((id, secret)) = credentials("GOOGLE") {
        let back = google::RedirectUri::parse(&back("google"))?;
        offers.push(Box::new(AtGoogle(google::App::new(id, secret, back))));
    }
    if let Some((id, secret)) = credentials("OIDC") {
        let back = oidc_provider::RedirectUri::parse(&back("oidc_provider"))?;
        let port = variable("OIDC_PORT")
            .ok_or("OIDC_PORT is not set: set it to the port of oidc-provider")?;
        let port = oidc_provider::Port::parse(port)?;
        let app = oidc_provider::App::new(id, secret, back, port);
        offers.push(Box::new(AtOidcProvider(app)));
    }
    Ok(offers)
}

/// The providers to simulate if the environment has no credentials.
pub(crate) const SIMULATED: [&str; 3] = ["box", "github", "google"];

/// Returns the simulated providers, with an app registered at each.
pub(crate) fn simulated(
    simulator: &Simulator,
    own: &str,
) -> Result<Vec<Box<dyn Offer>>, Box<dyn Error>> {
    let client = |id: &str| {
        let back = format!("{own}/callback/{id}");
        let client = simulator.register(id, &back);
        client
            .map(|client| (client.id, client.secret, back))
            .ok_or("unknown provider")
    };
    let (id, secret, back) = client("box")?;
    let at_box = box_::App::new(id, secret, box_::RedirectUri::parse(&back)?);
    let (id, secret, back) = client("github")?;
    let at_github = github::App::new(id, secret, github::RedirectUri::parse(&back)?);
    let (id, secret, back) = client("google")?;
    let at_google = google::App::new(id, secret, google::RedirectUri::parse(&back)?);
    Ok(vec![
        Box::new(AtBox(at_box)),
        Box::new(AtGithub(at_github)),
        Box::new(AtGoogle(at_google)),
    ])
}

/// Rewrites the redirect to a provider so that the browser reaches the local server of the simulated providers.
pub(crate) fn to_simulated(departure: &mut Response, simulated: &str) {
    let location = departure.headers().get(header::LOCATION);
    let url = location.and_then(|location| location.to_str().ok());
    let there = url.and_then(|url| url.strip_prefix("https://"));
    let there = there.map(|url| HeaderValue::try_from(format!("{simulated}/{url}")));
    if let Some(Ok(there)) = there {
        departure.headers_mut().insert(header::LOCATION, there);
    }
}
