//! The results of a security review, each conclusion reversed. Former weaknesses are rejected, and what held still holds.
//! `security/README.md` lists every item with its test.

mod held;
mod items;
mod page;
mod refused;
mod rows;
mod tokens;
mod waits;
mod written;

use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;

use oauth_runtime::lifecycle::store::Key;
use oauth_runtime::{Http, Secret, Token, http::TransportError, oauth_provider};

use crate::support::scripted::keys;

#[oauth_provider("../specs/customers.toml")]
mod customers {}

const BACK: &str = "https://app.example.com/callback";

const NORTH: &str = "north.vendor.example";

type Answer = http::Response<Vec<u8>>;

/// The requests that a network received.
type Requests = Arc<Mutex<Vec<http::Request<Vec<u8>>>>>;

/// Returns a network that gives these responses in order, and then repeats the last one.
fn network(mut answers: Vec<Answer>) -> (Http, Requests) {
    let requests = Requests::default();
    let had = requests.clone();
    answers.reverse();
    let answers = Mutex::new(answers);
    let http = Http::over(move |request: http::Request<Vec<u8>>| {
        had.lock().unwrap().push(request);
        let mut left = answers.lock().unwrap();
        let next = match left.len() {
            1 => left[0].clone(),
            _ => left.pop().unwrap(),
        };
        std::future::ready(Ok::<_, TransportError>(next))
    });
    (http, requests)
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut answer = http::Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(body.as_bytes().to_vec()).unwrap()
}

fn app() -> customers::App {
    let back = customers::RedirectUri::constant(BACK);
    customers::App::new("id", "hush-secret", back)
}

fn inputs(host: &str) -> customers::Inputs {
    customers::Inputs {
        host: customers::Host::parse(host).unwrap(),
    }
}

/// Returns the stored inputs of a connection of the customer in the north.
fn kept() -> customers::AccessTokenInputs {
    customers::AccessTokenInputs {
        inputs: inputs(NORTH),
    }
}

/// Returns a token without a lifetime.
fn lasting() -> Token {
    Token::new(Secret::new("hush-access")).with_refresh_token(Secret::new("hush-refresh"))
}

fn expired() -> customers::AccessToken {
    customers::AccessToken::from_stored(lasting().with_expires_at(UNIX_EPOCH))
}

fn key(connection: &str) -> Key {
    crate::modules::mutations::key::<customers::AccessToken>(connection)
}
