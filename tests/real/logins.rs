//! Logins at third-party servers: authorize → callback → exchange → refresh → revoke, as a basic, a post and a public
//! client, and the mistakes that a server must reject.

mod same;

pub(crate) use crash::server;
use oauth_runtime::{
    Error, ErrorKind, Http, Remedy, Secret, login::CallbackErrorKind, oauth_provider,
};
use server::{Client, Server, state};

#[oauth_provider("../specs/oidc_provider.toml")]
pub(crate) mod oidc_provider {}

#[oauth_provider("../specs/glewlwyd.toml")]
mod glewlwyd {}

fn dead(what: &str, error: &Error) {
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Refused, Remedy::LogIn),
        "{what}: {error}"
    );
}

fn app_is_wrong(what: &str, error: &Error) {
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Refused, Remedy::MendApp),
        "{what}: {error}"
    );
}

/// Tests one connection from its login to its end, with every mistake. This is a macro, because the modules have a common
/// shape and deliberately no common type.
macro_rules! life {
    ($server:expr, $module:ident $(:: $variant:ident)?, $client:literal, $app:expr, $login:expr) => {{
        use $module $(:: $variant)? as module;
        let server: &Server = $server;
        let http = Http::new().unwrap();
        let client = server.client($client);
        let redirect_uri = module::RedirectUri::parse(server.redirect_uri()).unwrap();
        let port = module::Port::parse(server.port.to_string()).unwrap();
        let new = move |client: &Client| -> module::App { $app(client, redirect_uri.clone(), port.clone()) };
        let app = new(&client);
        let own = app.clone();
        let begin = move || -> module::Login { $login(&own) };

        let copy = |login: &module::Login| module::Login::open(&login.seal(&server.key), &server.key).unwrap();

        let login = begin();
        let callback = server.browse(login.url()).await;
        let forged = begin().callback(&callback).unwrap_err();
        assert_eq!(*forged.problem(), CallbackErrorKind::OtherState);
        let foreign = callback.replace("iss=http", "iss=https");
        assert!(matches!(copy(&login).callback(&foreign).unwrap_err().problem(), CallbackErrorKind::Foreign(_)));

        let code = login.callback(&callback).unwrap();
        let mut tokens = http.send(module::exchange(&app, code)).await.unwrap();
        assert!(tokens.access.expires_at().is_some());
        let spent = tokens.access.stored().refresh_token().cloned().unwrap();
        let refresh_token = tokens.access.take_refresh_token().unwrap();
        let renewed = http.send(module::refresh(&app, refresh_token)).await.unwrap();
        assert_ne!(renewed.access_token(), tokens.access.access_token());
        assert_ne!(renewed.stored().refresh_token(), Some(&spent));

        let used = module::RefreshToken::from_stored(spent);
        let error = http.send(module::refresh(&app, used)).await.unwrap_err();
        dead("a refresh token used twice", &error);

        let login = begin();
        let callback = server.browse(login.url()).await;
        let again = copy(&login);
        let code = login.callback(&callback).unwrap();
        http.send(module::exchange(&app, code)).await.unwrap();
        let code = again.callback(&callback).unwrap();
        let error = http.send(module::exchange(&app, code)).await.unwrap_err();
        dead("a code used twice", &error);

        // The code is injected from another login. The state can be made to fit, but the code verifier cannot.
        let (login, other) = (begin(), begin());
        let callback = server.browse(login.url()).await;
        let injected = callback.replace(state(&callback), state(other.url()));
        let code = other.callback(&injected).unwrap();
        let error = http.send(module::exchange(&app, code)).await.unwrap_err();
        dead("a verifier of another login", &error);

        let login = begin();
        let callback = server.browse(login.url()).await;
        let code = login.callback(&callback).unwrap();
        let mut tokens = http.send(module::exchange(&app, code)).await.unwrap();
        let refresh_token = tokens.access.take_refresh_token().unwrap();
        (http, app, refresh_token, new, begin)
    }};
}

/// Checks that a refresh is rejected after a revocation.
macro_rules! end {
    ($module:path, $http:ident, $app:ident, $refresh_token:ident) => {{
        use $module as module;
        $http
            .send(module::revoke(&$app, &$refresh_token))
            .await
            .unwrap();
        let error = $http
            .send(module::refresh(&$app, $refresh_token))
            .await
            .unwrap_err();
        dead("a revoked refresh token", &error);
    }};
}

/// Checks that a wrong client secret is reported as an error of the app, not of the user.
macro_rules! wrong_secret {
    ($module:path, $server:expr, $client:literal, $http:ident, $new:ident, $begin:ident) => {{
        use $module as module;
        let login = $begin();
        let callback = $server.browse(login.url()).await;
        let client = Client {
            secret: "not the secret".to_owned(),
            ..$server.client($client)
        };
        let code = login.callback(&callback).unwrap();
        let error = $http
            .send(module::exchange(&$new(&client), code))
            .await
            .unwrap_err();
        app_is_wrong("a wrong secret", &error);
        assert!(!format!("{error} {error:?}").contains("not the secret"));
    }};
}

mod at_oidc_provider {
    use super::*;
    use oidc_provider::{LoginOptions, Scope};

    #[tokio::test]
    async fn a_basic_client_lives() {
        let server = &Server::start(server::Kind::OidcProvider);
        let (http, app, refresh_token, new, begin) = life!(
            server,
            oidc_provider,
            "basic",
            |client: &Client, redirect_uri, port| oidc_provider::App::new(
                &*client.id,
                &*client.secret,
                redirect_uri,
                port
            ),
            |app| oidc_provider::login(app, &[Scope::API_READ], LoginOptions::default())
        );
        wrong_secret!(oidc_provider, server, "basic", http, new, begin);
        end!(oidc_provider, http, app, refresh_token);
    }

    #[tokio::test]
    async fn a_client_with_odd_characters_in_id_and_secret_lives() {
        let server = &Server::start(server::Kind::OidcProvider);
        let (http, app, refresh_token, ..) = life!(
            server,
            oidc_provider,
            "basic_odd",
            |client: &Client, redirect_uri, port| oidc_provider::App::new(
                &*client.id,
                &*client.secret,
                redirect_uri,
                port
            ),
            |app| oidc_provider::login(app, &[Scope::API_READ], LoginOptions::default())
        );
        end!(oidc_provider, http, app, refresh_token);
    }

    #[tokio::test]
    async fn a_post_client_lives() {
        use oidc_provider::post::{App, LoginOptions, Scope, login};
        let server = &Server::start(server::Kind::OidcProvider);
        let (http, app, refresh_token, new, begin) = life!(
            server,
            oidc_provider::post,
            "post",
            |client: &Client, redirect_uri, port| App::new(
                &*client.id,
                &*client.secret,
                redirect_uri,
                port
            ),
            |app| login(app, &[Scope::API_READ], LoginOptions::default())
        );
        wrong_secret!(oidc_provider::post, server, "post", http, new, begin);
        end!(oidc_provider::post, http, app, refresh_token);
    }

    #[tokio::test]
    async fn a_public_client_lives() {
        use oidc_provider::public::{App, LoginOptions, Scope, login};
        let server = &Server::start(server::Kind::OidcProvider);
        let (http, app, refresh_token, ..) = life!(
            server,
            oidc_provider::public,
            "public",
            |client: &Client, redirect_uri, port| App::new(&*client.id, redirect_uri, port),
            |app| login(app, &[Scope::API_READ], LoginOptions::default())
        );
        end!(oidc_provider::public, http, app, refresh_token);
    }

    #[tokio::test]
    async fn a_user_who_says_no_is_told_from_a_forged_no() {
        let server = &Server::start(server::Kind::OidcProvider);
        let client = server.client("basic");
        let redirect_uri = oidc_provider::RedirectUri::parse(server.redirect_uri()).unwrap();
        let port = oidc_provider::Port::parse(server.port.to_string()).unwrap();
        let app = oidc_provider::App::new(client.id, &*client.secret, redirect_uri, port);
        let login = oidc_provider::login(
            &app,
            &[],
            LoginOptions {
                login_hint: Some("deny"),
            },
        );
        let callback = server.browse(login.url()).await;
        let error = login.callback(&callback).unwrap_err();
        assert_eq!(error.remedy(), Remedy::AskTheUser, "{error}");
        assert!(
            matches!(error.problem(), CallbackErrorKind::Refused { code, .. } if code == "access_denied")
        );
    }

    #[tokio::test]
    async fn a_machine_gets_a_token_of_its_own() {
        let server = &Server::start(server::Kind::OidcProvider);
        let client = server.client("machine");
        let redirect_uri = oidc_provider::RedirectUri::parse(server.redirect_uri()).unwrap();
        let port = oidc_provider::Port::parse(server.port.to_string()).unwrap();
        let app = oidc_provider::App::new(client.id, &*client.secret, redirect_uri, port);
        let token = Http::new()
            .unwrap()
            .send(oidc_provider::client_credentials(&app, &[]))
            .await;
        assert!(token.is_ok(), "{token:?}");
    }
}

mod at_glewlwyd {
    use super::*;

    #[tokio::test]
    async fn a_basic_client_lives() {
        use glewlwyd::{App, Scope, login};
        let server = &Server::start(server::Kind::Glewlwyd);
        let (http, app, refresh_token, new, begin) = life!(
            server,
            glewlwyd,
            "basic",
            |client: &Client, redirect_uri, port| App::new(
                &*client.id,
                &*client.secret,
                redirect_uri,
                port
            ),
            |app| login(app, &[Scope::API_READ])
        );
        wrong_secret!(glewlwyd, server, "basic", http, new, begin);
        end!(glewlwyd, http, app, refresh_token);
    }

    #[tokio::test]
    async fn a_client_with_odd_characters_in_id_and_secret_lives() {
        use glewlwyd::{App, Scope, login};
        let server = &Server::start(server::Kind::Glewlwyd);
        let (_, _, refresh_token, ..) = life!(
            server,
            glewlwyd,
            "basic_odd",
            |client: &Client, redirect_uri, port| App::new(
                &*client.id,
                &*client.secret,
                redirect_uri,
                port
            ),
            |app| login(app, &[Scope::API_READ])
        );
        drop(refresh_token);
    }

    #[tokio::test]
    async fn a_post_client_lives() {
        use glewlwyd::post::{App, Scope, login};
        let server = &Server::start(server::Kind::Glewlwyd);
        let (http, _, refresh_token, new, begin) = life!(
            server,
            glewlwyd::post,
            "post",
            |client: &Client, redirect_uri, port| App::new(
                &*client.id,
                &*client.secret,
                redirect_uri,
                port
            ),
            |app| login(app, &[Scope::API_READ])
        );
        wrong_secret!(glewlwyd::post, server, "post", http, new, begin);
        drop(refresh_token);
    }

    #[tokio::test]
    async fn a_public_client_lives() {
        use glewlwyd::public::{App, Scope, login};
        let server = &Server::start(server::Kind::Glewlwyd);
        let (_, _, refresh_token, ..) = life!(
            server,
            glewlwyd::public,
            "public",
            |client: &Client, redirect_uri, port| App::new(&*client.id, redirect_uri, port),
            |app| login(app, &[Scope::API_READ])
        );
        drop(refresh_token);
    }

    #[tokio::test]
    async fn a_machine_gets_a_token_of_its_own() {
        let server = &Server::start(server::Kind::Glewlwyd);
        let client = server.client("machine");
        let redirect_uri = glewlwyd::RedirectUri::parse(server.redirect_uri()).unwrap();
        let port = glewlwyd::Port::parse(server.port.to_string()).unwrap();
        let app = glewlwyd::App::new(client.id, Secret::new(client.secret), redirect_uri, port);
        let call = glewlwyd::client_credentials(&app, &[glewlwyd::Scope::API_READ]);
        let token = Http::new().unwrap().send(call).await;
        assert!(token.is_ok(), "{token:?}");
    }
}
