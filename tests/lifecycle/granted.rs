//! Granted scopes may differ from the requested ones. Missing scopes are reported at the login, and before an operation is
//! tried.

use oauth_providers::{anthropic, github, salesforce, slack};
use oauth_runtime::lifecycle::{Connection, Evidence, Lack, Permission};
use oauth_runtime::{Http, Token, http::TransportError};
use oauth_spec::simulator::{Simulator, User};

use crate::lifecycle::connected::{BACK, World, manager};

/// Returns a connection to a provider that returned no scopes.
async fn untold(
    world: &World,
    app: &github::App,
    token: &github::AccessToken,
) -> Connection<github::AccessToken> {
    let untold = Token::new(token.access_token().clone());
    let untold = github::AccessToken::from_stored(untold);
    world.manager.connect("ann", app, untold, ()).await.unwrap()
}

#[tokio::test]
async fn what_the_user_took_off_is_told_at_the_login() {
    use slack::{BotScope, Operation};
    let world = World::of("slack");
    let asked = [BotScope::CHAT_WRITE, BotScope::USERS_READ];
    world
        .simulator
        .user(User::Unticks(vec!["chat:write".to_owned()]));
    let (app, bot) = world.slack(&asked).await;
    let missing: Vec<_> = bot
        .not_granted(&asked)
        .iter()
        .map(|scope| scope.as_str())
        .collect();
    assert_eq!(missing, ["chat:write"]);

    let ann = world.manager.connect("ann", &app, bot, ()).await.unwrap();
    let can = |operation| world.manager.can(&ann, operation);
    assert_eq!(
        can(Operation::CHAT_POST_MESSAGE).await.unwrap(),
        Permission::Missing {
            by: Evidence::Token,
            scopes: vec![&["chat:write"]],
        }
    );
    let lack = Lack {
        scope: "users:read.email",
        what: "The address in profile.email",
    };
    assert_eq!(
        can(Operation::USERS_INFO).await.unwrap(),
        Permission::Granted {
            by: Evidence::Token,
            lacks: vec![lack],
        }
    );
}

#[tokio::test]
async fn a_scope_that_brings_others_along_counts_for_them() {
    use github::{Operation, Scope};
    let world = World::of("github");
    let (app, token) = world.github(&[Scope::REPO]).await;
    assert!(token.not_granted(&[Scope::PUBLIC_REPO]).is_empty());
    assert!(!token.not_granted(&[Scope::DELETE_REPO]).is_empty());
    let ann = world.manager.connect("ann", &app, token, ()).await.unwrap();
    let can = world
        .manager
        .can(&ann, Operation::REPOS_CREATE_FOR_AUTHENTICATED_USER);
    assert!(matches!(can.await.unwrap(), Permission::Granted { .. }));
}

#[tokio::test]
async fn where_nothing_was_told_the_probe_of_the_operation_shows_it() {
    use github::{Operation, Scope};
    let world = World::of("github");
    let (app, token) = world.github(&[Scope::USER_EMAIL]).await;
    let ann = untold(&world, &app, &token).await;
    let can = |operation| world.manager.can(&ann, operation);
    let by = Evidence::Probe;
    assert_eq!(
        can(Operation::USERS_LIST_EMAILS_FOR_AUTHENTICATED_USER)
            .await
            .unwrap(),
        Permission::Granted { by, lacks: vec![] }
    );
    let probed = world.simulator.received().pop().unwrap();
    assert_eq!(probed.uri(), "https://api.github.com/user/emails");
    assert_eq!(
        can(Operation::ACTIVITY_LIST_NOTIFICATIONS_FOR_AUTHENTICATED_USER)
            .await
            .unwrap(),
        Permission::Missing {
            by,
            scopes: vec![&["notifications", "repo"]],
        }
    );
    assert_eq!(
        can(Operation::REPOS_DELETE).await.unwrap(),
        Permission::Unknown
    );
    let by = Evidence::Spec;
    assert_eq!(
        can(Operation::USERS_GET_AUTHENTICATED).await.unwrap(),
        Permission::Granted { by, lacks: vec![] }
    );
}

#[tokio::test]
async fn a_provider_that_introspects_is_asked() {
    use salesforce::*;
    let world = World::of("salesforce");
    let back = RedirectUri::constant(BACK);
    let app = App::new(&*world.client.id, &*world.client.secret, back);
    let login = login(&app, &[Scope::API], LoginOptions::default());
    let back = world.simulator.browse(login.url()).unwrap();
    let code = login.callback(&back).unwrap();
    let tokens = world.http.send(exchange(&app, code)).await.unwrap();
    let untold = Token::new(tokens.access.access_token().clone());
    let inputs = AccessTokenInputs {
        instance_url: tokens.instance_url,
    };
    let token = AccessToken::from_stored(untold);
    let ann = world
        .manager
        .connect("ann", &app, token, inputs)
        .await
        .unwrap();
    let can = |operation| world.manager.can(&ann, operation);
    let query = can(Operation::QUERY).await.unwrap();
    let by = Evidence::Introspection;
    assert_eq!(query, Permission::Granted { by, lacks: vec![] });
    let cloud = can(Operation::DATA_CLOUD_QUERY).await.unwrap();
    assert!(matches!(cloud, Permission::Missing { by, .. } if by == Evidence::Introspection));
}

#[tokio::test]
async fn a_key_shows_by_the_probe_what_it_opens() {
    let simulator = Simulator::start(["anthropic"]).unwrap();
    let http = Http::over(simulator.transport::<TransportError>());
    let manager = manager(http);
    let key = anthropic::ApiKey::new(simulator.key("anthropic").unwrap());
    let team = manager
        .connect("team", &anthropic::App::new(), key, ())
        .await
        .unwrap();
    let list = manager
        .can(&team, anthropic::Operation::MODELS_LIST)
        .await
        .unwrap();
    let by = Evidence::Probe;
    assert_eq!(list, Permission::Granted { by, lacks: vec![] });
}
