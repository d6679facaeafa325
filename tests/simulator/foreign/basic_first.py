"""Detects the client authentication as Go's golang.org/x/oauth2 does: tries Basic first, then parameters."""

from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

import requests
from requests.auth import HTTPBasicAuth

from conversation import browse, step, told

at = told()
query = {
    "response_type": "code",
    "client_id": at["client_id"],
    "redirect_uri": at["redirect_uri"],
    "scope": at["scope"],
    "state": "state",
    **at["extra"],
}


def traded(form):
    basic = HTTPBasicAuth(quote_plus(at["client_id"]), quote_plus(at["client_secret"]))
    shown = {"client_id": at["client_id"], "client_secret": at["client_secret"]}
    first = requests.post(at["token"], data=form, auth=basic, timeout=10)
    if first.ok and "access_token" in first.text:
        return first.json()
    second = requests.post(at["token"], data={**form, **shown}, timeout=10)
    if second.ok and "access_token" in second.text:
        return second.json()
    raise RuntimeError(f"status {second.status_code}")




def logged_in():
    back = parse_qs(urlsplit(browse(f"{at['authorize']}?{urlencode(query)}")).query)
    if "code" not in back:
        raise RuntimeError(back["error"][0])
    return back["code"][0]


code = step("login", logged_in)
form = {"grant_type": "authorization_code", "code": code, "redirect_uri": at["redirect_uri"]}
token = step("exchange", lambda: traded(form))
if "refresh_token" in token:
    form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    step("refresh", lambda: traded(form))
