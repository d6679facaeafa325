//! Tokens that a bearer header must not carry (RFC 6749 §7.1), and tokens that it may carry whatever their type's name is.

use oauth_runtime::{ErrorKind, Secret};

use super::{answer, app, customers, inputs, network};

/// Returns the result of a refresh whose response has this member beside a good token.
async fn refreshed(token_type: &str) -> Result<customers::AccessToken, oauth_runtime::Error> {
    let body = format!(r#"{{{token_type}"access_token":"at","refresh_token":"next"}}"#);
    let (http, _) = network(vec![answer(200, &[], &body)]);
    let refresh_token = customers::RefreshToken::from_stored(Secret::new("hush"));
    let call = customers::refresh(&app(), &inputs(super::NORTH), refresh_token);
    http.send(call).await
}

#[tokio::test]
async fn a_token_that_needs_more_than_a_bearer_header_is_not_used_as_one() {
    for word in ["DPoP", "dpop", "MAC", "mac", "PoP", "N_A"] {
        let read = refreshed(&format!(r#""token_type":"{word}","#)).await;
        let refused = read.map(|_| ()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Misbehaved, "{word}: {refused}");
        assert!(refused.to_string().contains("token_type"), "{refused}");
    }
}

#[tokio::test]
async fn any_other_type_is_a_bearer_token() {
    for member in [
        "",
        r#""token_type":"Bearer","#,
        r#""token_type":"bearer","#,
        r#""token_type":"user","#,
        r#""token_type":"User Access Token","#,
        r#""token_type":"","#,
        r#""token_type":null,"#,
        r#""token_type":7,"#,
    ] {
        let token = refreshed(member).await.unwrap();
        let url = "https://north.vendor.example/api/me";
        let bearer = token.bearer(&inputs(super::NORTH), url).unwrap();
        assert_eq!(bearer, "Bearer at", "{member}");
    }
}
