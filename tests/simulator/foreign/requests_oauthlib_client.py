"""Logs in, exchanges the code and refreshes with requests-oauthlib."""

from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from conversation import browse, step, told

at = told()
session = OAuth2Session(
    at["client_id"],
    redirect_uri=at["redirect_uri"],
    scope=at["scope"],
    pkce="S256" if at["pkce"] else None,
)
if at["auth"] == "client_secret_basic":
    client = {"auth": HTTPBasicAuth(at["client_id"], at["client_secret"])}
    again = client
else:
    client = {"client_secret": at["client_secret"], "include_client_id": True}
    again = {"client_id": at["client_id"], "client_secret": at["client_secret"]}
url, _ = session.authorization_url(at["authorize"], **at["extra"])
back = step("login", lambda: browse(url))
# The library accepts an authorization response only at an https URL, even on loopback. Otherwise it accepts the code alone.
token = step("exchange", lambda: session.fetch_token(at["token"], authorization_response=back, **client))
if "refresh_token" in token:
    step("refresh", lambda: session.refresh_token(at["token"], refresh_token=token["refresh_token"], **again))
