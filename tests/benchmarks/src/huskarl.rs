//! The operations with the crate `huskarl`, whose cache keeps tokens and whose authorizer writes the header.

use std::hint::black_box;

use huskarl::authorizer::HttpAuthorizer;
use huskarl::cache::{
    GrantTokenSource, InMemoryRefreshTokenStore, InMemoryTokenCache, TokenCache, TokenSource as _,
};
use huskarl::core::Error;
use huskarl::core::client_auth::NoAuth;
use huskarl::core::http::{HttpClient, HttpResponse, Idempotency};
use huskarl::core::platform::MaybeSendBoxFuture;
use huskarl::grant::client_credentials::{
    ClientCredentialsGrant, ClientCredentialsGrantParameters,
};

use crate::bodies::API_URL;
use crate::{Meter, ready, repeat};

/// An HTTP client that returns the tokens of one response.
struct Answering;

impl HttpClient for Answering {
    fn execute(
        &self,
        _: http::Request<bytes::Bytes>,
        _: Idempotency,
    ) -> MaybeSendBoxFuture<'_, Result<HttpResponse, Error>> {
        let response = HttpResponse {
            status: http::StatusCode::OK,
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::from_static(
                br#"{"access_token":"at","token_type":"Bearer","expires_in":3600}"#,
            ),
        };
        Box::pin(std::future::ready(Ok(response)))
    }
}

/// Returns a cache that keeps a token for an hour.
fn cache() -> impl TokenCache + 'static {
    let grant = ClientCredentialsGrant::builder()
        .client_id("id")
        .client_auth(NoAuth)
        .http_client(Answering)
        .token_endpoint(
            "https://oauth2.googleapis.com/token"
                .parse()
                .expect("a URL"),
        )
        .build();
    let source = GrantTokenSource::builder()
        .grant(grant)
        .grant_parameters(ClientCredentialsGrantParameters::builder().build())
        .refresh_store(InMemoryRefreshTokenStore::default())
        .build();
    InMemoryTokenCache::builder().source(source).build()
}

pub fn token_hot(times: usize, meter: Meter<'_>) {
    let cache = cache();
    repeat(
        times,
        meter,
        || (),
        |()| ready(black_box(&cache).token()).map(drop).is_ok(),
    );
}

pub fn api_request(times: usize, meter: Meter<'_>) {
    let authorizer = HttpAuthorizer::builder().cache(cache()).build();
    let uri: http::Uri = API_URL.parse().expect("a URL");
    repeat(
        times,
        meter,
        || (),
        |()| {
            let headers = ready(black_box(&authorizer).get_headers(&http::Method::GET, &uri));
            let mut request = http::Request::get(API_URL).body(()).expect("a request");
            *request.headers_mut() = headers.expect("headers");
            request
        },
    );
}
