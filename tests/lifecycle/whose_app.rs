//! Two apps with equal client ids, equal client secrets and one difference. Nothing that belongs to one is sent to the
//! other's host. The tests are a table of situations, over pairs of apps and over stores.

mod by_hand;
mod codes;
mod formats;
pub(crate) mod ground;
mod pairs;
mod situations;
mod wire;
mod world;

use crash::postgres::Cluster;
use ground::Ground;
use oauth_runtime::oauth_provider;
use pairs::{Environments, Hosts, Realms, Services};

#[oauth_provider("../specs/hosted.toml")]
mod hosted {}

#[oauth_provider("../specs/worlds.toml")]
mod worlds {}

#[oauth_provider("../specs/services.toml")]
mod services {}

#[oauth_provider("../specs/tenants.toml")]
mod tenants {}

#[tokio::test]
async fn nothing_of_an_app_reaches_the_other_one_s_host_from_memory() {
    everywhere(&Ground::Memory).await;
}

#[tokio::test]
async fn nothing_of_an_app_reaches_the_other_one_s_host_from_sqlite() {
    everywhere(&Ground::Sqlite).await;
}

#[tokio::test]
async fn nothing_of_an_app_reaches_the_other_one_s_host_from_postgresql() {
    everywhere(&Ground::Postgres(Cluster::start())).await;
}

async fn everywhere(ground: &Ground) {
    let met = [
        Box::pin(situations::all::<Hosts>(ground)).await,
        Box::pin(situations::all::<Realms>(ground)).await,
        Box::pin(situations::all::<Environments>(ground)).await,
        Box::pin(situations::all::<Services>(ground)).await,
        Box::pin(by_hand::all(ground)).await,
        Box::pin(formats::all(ground)).await,
    ];
    let all: usize = met.iter().sum();
    println!("{}: {all} situations", ground.name());
}
