"""setup.py files|provision PORT RUN PACKAGE_ROOT

files: writes glewlwyd's configuration and an empty database into RUN.
provision: creates scopes, user, clients and the OpenID Connect plugin through
the running server's admin API, then writes RUN/server.json.
"""
import gzip
import http.client
import json
import os
import sqlite3
import sys
import urllib.parse

MODE, PORT, RUN, PACKAGE = sys.argv[1:]
ISSUER = f"http://127.0.0.1:{PORT}"
USER = {"name": "alice", "password": "wonderland"}
SCOPES = ["openid", "profile", "api-read", "api-write"]


def env(name, otherwise):
    return os.environ.get(name) or otherwise


REDIRECT_URI = env("REDIRECT_URI", "http://127.0.0.1:8765/callback")
SETTINGS = {
    "access_ttl": int(env("ACCESS_TTL", "300")),
    "refresh_ttl": int(env("REFRESH_TTL", "3600")),
    "code_ttl": int(env("CODE_TTL", "60")),
    "rotate": env("ROTATE", "always"),
}

# glewlwyd allows introspection and revocation only to clients that may use
# client_credentials, so every confidential client may.
LOGIN = ["code", "refresh_token"]
CONFIDENTIAL = LOGIN + ["client_credentials"]
CLIENTS = {
    "basic": ("app-basic", "basic-secret-0123456789", "client_secret_basic", CONFIDENTIAL),
    "basic_odd": ("app-odd id+1", "p%ss w:rd+/=&?", "client_secret_basic", CONFIDENTIAL),
    "post": ("app-post", "post-secret-0123456789", "client_secret_post", CONFIDENTIAL),
    "public": ("app-public", None, "none", LOGIN),
    "machine": ("app-machine", "machine-secret-0123456789", "client_secret_basic", ["client_credentials"]),
}

CONFIG = f"""
port = {PORT}
bind_address = "127.0.0.1"
external_url = "{ISSUER}"
login_url = "login.html"
api_prefix = "api"
log_mode = "console"
log_level = "WARNING"
cookie_domain = ""
cookie_secure = 0
session_expiration = 86400
session_key = "GLEWLWYD2_SESSION_ID"
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "{PACKAGE}/usr/lib/glewlwyd/user"
user_middleware_module_path = "{RUN}/none"
client_module_path = "{PACKAGE}/usr/lib/glewlwyd/client"
user_auth_scheme_module_path = "{PACKAGE}/usr/lib/glewlwyd/scheme"
plugin_module_path = "{PACKAGE}/usr/lib/glewlwyd/plugin"
hash_algorithm = "SHA512"
database = {{ type = "sqlite3" path = "{RUN}/glewlwyd.db" }};
"""

PLUGIN = {
    "iss": ISSUER,
    "oauth-as-iss-id": True,
    "jwt-type": "sha",
    "jwt-key-size": "256",
    "key": "a key for tests on loopback, no secret",
    "jwks-show": False,
    "access-token-duration": SETTINGS["access_ttl"],
    "refresh-token-duration": SETTINGS["refresh_ttl"],
    "code-duration": SETTINGS["code_ttl"],
    "refresh-token-rolling": False,
    "refresh-token-one-use": SETTINGS["rotate"],
    "allow-non-oidc": True,
    "auth-type-code-enabled": True,
    "auth-type-code-revoke-replayed": True,
    "auth-type-client-enabled": True,
    "auth-type-refresh-enabled": True,
    "subject-type": "public",
    "allowed-scope": SCOPES,
    "name-claim": "on-demand",
    "name-claim-scope": ["profile"],
    "pkce-allowed": True,
    "pkce-required": True,
    "introspection-revocation-allowed": True,
    "introspection-revocation-allow-target-client": True,
}


def files():
    os.mkdir(f"{RUN}/none")
    init = f"{PACKAGE}/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz"
    with gzip.open(init, "rt") as sql:
        database = sqlite3.connect(f"{RUN}/glewlwyd.db")
        database.executescript("PRAGMA synchronous = OFF;" + sql.read())
        database.close()
    with open(f"{RUN}/glewlwyd.conf", "w") as config:
        config.write(CONFIG)


class Session:
    """A signed-in user of the JSON API."""

    def __init__(self, name, password):
        self.cookie = ""
        reply = self.call("POST", "auth", {"username": name, "password": password})
        self.cookie = reply.getheader("set-cookie").split(";")[0]

    def call(self, method, path, body):
        server = http.client.HTTPConnection("127.0.0.1", int(PORT), timeout=20)
        headers = {"content-type": "application/json", "cookie": self.cookie}
        server.request(method, f"/api/{path}", json.dumps(body), headers)
        reply = server.getresponse()
        text = reply.read()
        server.close()
        if reply.status >= 300:
            sys.exit(f"{method} {path}: {reply.status} {text[:400]!r}")
        return reply


def provision():
    admin = Session("admin", "password")  # the account in the initial database of the package
    for scope in SCOPES[1:]:
        admin.call("POST", "scope/", {
            "name": scope, "display_name": scope, "description": scope,
            "password_required": True, "password_max_age": 0, "scheme": {},
        })
    admin.call("POST", "user/", {
        "username": USER["name"], "password": USER["password"], "name": "User alice",
        "enabled": True, "scope": SCOPES + ["g_profile"],
    })
    for client_id, secret, auth, grants in CLIENTS.values():
        admin.call("POST", "client/", {
            "client_id": client_id, "name": client_id, "description": "", "enabled": True,
            "confidential": secret is not None,
            **({"client_secret": secret} if secret else {}),
            "token_endpoint_auth_method": [auth],
            "authorization_type": grants,
            "redirect_uri": [REDIRECT_URI],
            "scope": SCOPES[2:],
        })
    admin.call("POST", "mod/plugin/", {
        "module": "oidc", "name": "oidc", "display_name": "oidc", "order_rank": 0,
        "readonly": False, "enabled": True, "parameters": PLUGIN,
    })
    user = Session(USER["name"], USER["password"])
    for client_id, *_ in CLIENTS.values():
        user.call("PUT", f"auth/grant/{urllib.parse.quote(client_id)}", {"scope": " ".join(SCOPES)})

    oidc = f"{ISSUER}/api/oidc"
    with open(f"{RUN}/server.json", "w") as out:
        json.dump({
            "server": "glewlwyd",
            "issuer": ISSUER,
            "endpoints": {
                "authorization": f"{oidc}/auth",
                "token": f"{oidc}/token",
                "revocation": f"{oidc}/revoke",
                "introspection": f"{oidc}/introspect",
                "userinfo": f"{oidc}/userinfo",
                "login_api": f"{ISSUER}/api/auth",
                "grant_api": f"{ISSUER}/api/auth/grant",
            },
            "clients": {
                name: {"client_id": client_id, "client_secret": secret, "auth": auth}
                for name, (client_id, secret, auth, _) in CLIENTS.items()
            },
            "redirect_uri": REDIRECT_URI,
            "user": USER,
            "settings": SETTINGS,
        }, out, indent=2)


{"files": files, "provision": provision}[MODE]()
