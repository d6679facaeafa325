"""Logs in, exchanges the code and refreshes with Authlib."""

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

from conversation import browse, step, told

at = told()
session = OAuth2Session(
    at["client_id"],
    at["client_secret"],
    token_endpoint_auth_method=at["auth"],
    scope=at["scope"],
    redirect_uri=at["redirect_uri"],
    code_challenge_method="S256" if at["pkce"] else None,
)
verifier = generate_token(48) if at["pkce"] else None
url, state = session.create_authorization_url(at["authorize"], code_verifier=verifier, **at["extra"])
back = step("login", lambda: browse(url))
token = step(
    "exchange",
    lambda: session.fetch_token(at["token"], authorization_response=back, state=state, code_verifier=verifier),
)
if "refresh_token" in token:
    step("refresh", lambda: session.refresh_token(at["token"], refresh_token=token["refresh_token"]))
