#!/usr/bin/env python3
"""Writes the reported specs that do not exist yet, and UNSAID.md beside this script, from a file of provider facts.

The values are not looked up. They are what other projects state, each with its source. details.toml contains what the
facts only name. Run this script by hand, and commit its output.
"""

import copy
import datetime
import json
import re
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCUMENTED = HERE.parent.parent / "specs"
SEEN = datetime.date(2026, 11, 24)
SOURCES = {
    "nango": "https://github.com/NangoHQ/nango/blob/2f4c0af671/packages/providers/providers.yaml",
    "grant": "https://github.com/simov/grant/blob/500ab20/config/oauth.json",
    "arctic": "https://github.com/pilcrowOnPaper/arctic/tree/6702498/src/providers",
    "next-auth": "https://github.com/nextauthjs/next-auth/tree/a1a16a5a7/packages/core/src/providers",
    "social-core": "https://github.com/python-social-auth/social-core/tree/3bb06abd/social_core/backends",
    "goth": "https://github.com/markbates/goth/tree/9c7a282/providers",
    "golang-oauth2": "https://github.com/golang/oauth2/blob/89ff2e1/endpoints/endpoints.go",
}
FIELD_PATHS = {
    "authorize_url": "authorize.url",
    "token_url": "token.url",
    "scope_separator": "scopes.separator",
    "token_auth": "token.auth",
    "token_body": "token.body",
    "token_method": "token.method",
    "pkce": "authorize.pkce",
    "mode": "token",
}
TABLES = ("app", "inputs", "authorize", "callback", "scopes", "token", "tokens", "fields", "calls", "revoke",
          "introspect", "userinfo", "api", "errors", "variant")

# The reasons for entries without a spec: by login mode, by client authentication, and by family.
LEFT_OUT_MODES = {
    "API_KEY": "an API key only, no OAuth",
    "BASIC": "name and password only, no OAuth",
    "TWO_STEP": "a login of its own in two steps, no OAuth",
    "MCP_OAUTH2": "endpoints are discovered and the client registers itself (MCP)",
    "MCP_OAUTH2_GENERIC": "endpoints are discovered and the client registers itself (MCP)",
    "OAUTH1": "OAuth 1.0a",
}
LEFT_OUT_AUTH = {
    "post+mtls": "the client shows a TLS certificate",
    "private_key_jwt": "the client signs a JWT with a private key",
    "hmac_headers": "the token request is signed together with its body",
    "post_username_password": "name and password stand for the client, and the answer's form is not told",
}
LEFT_OUT_FAMILIES = {
    "password_grant": "the password grant",
    "vendor_sdk_only": "the provider's own SDK makes the calls",
    "install_by_webhook": "the code arrives in a webhook",
}

FOUND_LATER = "a value that a further call to the API finds"
NO_USER_ID = "the call that says who the user is: the facts do not tell where its answer has the id"
# Facts that a family names, and that neither the language nor details.toml can express.
UNSAID_FAMILIES = {
    "consent_then_client_credentials": "a consent that is followed by client credentials, without a code",
    "error_http_200": "errors come with status 200, of which the facts give no form",
    "error_nonstandard": "errors of another form, which the facts do not give",
    "id_in_access_token": "a value that stands in front of the access token",
    "issuer_templated": "an issuer that depends on the tenant",
    "oauth1_plaintext": "OAuth 1.0a beside OAuth 2.0",
    "oauth1_rsa": "OAuth 1.0a beside OAuth 2.0",
    "oauth1_scope_at_request": "OAuth 1.0a beside OAuth 2.0",
    "pagination": "pages of API answers",
    "password_in_authorize_url": "name and password in the login's URL",
    "revoke_nonstandard": "a revocation whose URL holds a value that no source explains",
    "token_headers": "headers of the token request, which the facts do not give",
    "token_response_not_json": "one source reads an answer that is not JSON",
    "userinfo_post": NO_USER_ID,
    "userinfo_second_call": "a mail address that a second call finds",
}

GRANTS = ("authorization_code", "refresh_token", "client_credentials")
STANDARD = {"client_id", "client_secret", "redirect_uri", "scope", "state", "nonce", "code", "token",
            "code_verifier", "access_token", "refresh_token", "id_token", "issuer", "callback", "environment"}
OFFLINE_SCOPES = {"offline_access", "offline", "offline.access", "no_expiry"}
OFFLINE_PARAMS = {"access_type", "token_access_type", "duration"}
# Headers with a point in time whose format the census states.
POINTS_IN_TIME = {"x-ratelimit-requests-reset": "unix_ms"}
# Parameters that are registered for other requests or for responses, but that sources send in these requests.
ELSEWHERE = {
    "authorize": {"audience"},
    "token": {"expires_in", "nonce", "request", "state"},
}
# Domains below which the public registers names, as in the rule foreign-domain.
SECOND_LEVEL = {"ac", "co", "com", "edu", "gov", "net", "org"}
SHARED = {"amazonaws.com", "azurewebsites.net", "herokuapp.com", "run.app", "vercel.app", "web.app"}
DOCS_OF_INPUTS = {
    "host": "Host in the customer's URLs, as the source calls it: {}",
    "label": "Part of the host in the customer's URLs, as the source calls it: {}",
    "suffix": "End of the host in the customer's URLs, as the source calls it: {}",
    "text": "Value that the source calls {}",
}
WORDS = {"OAUTH1": "OAuth 1.0a", " ": "a space", ",": "a comma", "+": "a plus sign"}
CLIENT = {"clientId": "client_id", "client_id": "client_id", "connectionConfig.client_id": "client_id",
          "clientSecret": "client_secret", "accessToken": "access_token"}
VARIABLE = re.compile(r"\$\{(connectionConfig\.)?([A-Za-z0-9_.\-]+)\}")
NAME = re.compile(r"\{([\w.]+)\}")


class LeftOut(Exception):
    """The provider gets no spec."""


class Unsayable(Exception):
    """The language cannot express a value. The spec omits it."""


# Trees of tables


def put(tree, path, value):
    *tables, key = path if isinstance(path, list) else path.split(".")
    for table in tables:
        tree = tree.setdefault(table, {})
    tree[key] = value


def get(tree, path):
    for key in path.split("."):
        if not isinstance(tree, dict) or key not in tree:
            return None
        tree = tree[key]
    return tree


def merge(tree, other):
    """Merges another tree into a tree: tables are merged, other values replaced."""
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(tree.get(key), dict):
            merge(tree[key], value)
        else:
            tree[key] = copy.deepcopy(value)


def names_in(text):
    return NAME.findall(str(text))


# Names and domains


def snake(text):
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    text = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()
    return re.sub(r"_+", "_", text)


def identifier(text):
    """Returns an id of the language, which begins with a letter."""
    text = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return text if text[0].isalpha() else f"id_{text}"


def domain(url):
    """Returns the registered domain of a URL's host, or None if it is not literal."""
    if not url or "://" not in url:
        return None
    host = NAME.sub("\0", url).split("://")[1].split("/")[0].split(":")[0].lower()
    labels = host.split(".")
    deeper = (len(labels[-1]) == 2 and labels[-2:-1] and labels[-2] in SECOND_LEVEL) or ".".join(labels[-2:]) in SHARED
    own = labels[-3:] if deeper else labels[-2:]
    return None if len(own) < 2 or any("\0" in label for label in own) else ".".join(own)


class Details:
    """The entries of details.toml for one provider."""

    OWN = ("for", "aliases", "url", "said", "against", "says", "accept")
    ALL = tomllib.loads((HERE / "details.toml").read_text(encoding="utf-8"))["detail"]

    def __init__(self, fact):
        alias = fact["extra"]["alias_of"]
        self.entries = [entry for entry in self.ALL
                        if fact["id"] in entry["for"] or (entry.get("aliases") and alias in entry["for"])]
        self.said = {family for entry in self.entries for family in entry.get("said", [])}
        self.accepts = [accept for entry in self.entries for accept in entry.get("accept", [])]
        self.tree = {}
        for entry in self.entries:
            merge(self.tree, self.spec(entry))

    def spec(self, entry):
        return {key: value for key, value in entry.items() if key not in self.OWN}

    def evidence(self):
        for entry in self.entries:
            if "against" in entry:
                yield {"url": entry["url"], "against": entry["against"], "says": entry["says"]}
            paths = self.paths(self.spec(entry))
            if paths:
                yield {"url": entry["url"], "for": paths}

    @staticmethod
    def paths(spec):
        whole = {"userinfo", "introspect", "revoke"} & set(spec)
        if set(spec.get("tokens", {})) - {"access"}:
            # The existence of several tokens needs a source, too.
            whole.add("tokens")
        parts = [f"{table}.{bare(key)}" for table in spec if table not in whole for key in spec[table]]
        return sorted(whole) + parts


class Templates:
    """Converts the source's texts to templates of the language, and records the inputs and fields that they use."""

    def __init__(self, fact, given, unsaid):
        self.fact = fact
        self.unsaid = unsaid
        self.given_fields = set(given.get("fields", {}))
        self.inputs = {}
        self.fields = {}
        found = [entry.strip() for entry in (fact["extra"]["discovery"] or "").split(",") if entry.strip()]
        self.found_later = {entry for entry in found if ":" not in entry and entry not in CLIENT}
        for entry in found:
            origin, _, path = entry.rpartition(":")
            if origin:
                origin = {"jwt": "access_token"}.get(origin, origin)
                self.fields[self.own_name(path)] = {"path": path, "from": origin, "uses": []}

    @staticmethod
    def own_name(variable):
        name = snake(variable)
        return f"app_{name}" if name in STANDARD else name

    def reading(self, variable, config, place):
        """Returns the template's name for a variable of the source, and declares the input or the field."""
        if variable in CLIENT:
            return CLIENT[variable]
        if variable == "random" and place.startswith("token"):
            return "uuid"
        if not config:
            raise Unsayable("a value that is drawn anew for each call of the API" if variable == "random"
                            else f"a value of the source that nobody fills: {variable}")
        name = self.own_name(variable)
        if name in self.given_fields:
            return name
        in_callback = variable in self.fact["callback_metadata"]
        in_answer = variable in self.fact["response_metadata"]
        if name not in self.inputs and not place.startswith("authorize") and (in_answer or in_callback):
            origin = "callback" if in_callback else "token"
            self.fields.setdefault(name, {"path": variable, "from": origin, "uses": []})
            return name
        if variable in self.found_later or variable not in self.fact["connection_params"]:
            raise Unsayable(FOUND_LATER)
        self.inputs.setdefault(name, {"said": variable, "uses": [], "default": None})
        return name

    def alternative(self, text, other, place):
        """Returns whether the second text is the first one with a value, and sets that value as the input's default."""
        variables = VARIABLE.findall(text)
        if len(variables) != 1 or "$" in other:
            return False
        before, after = VARIABLE.sub("\0", text).split("\0")
        value = other.removeprefix(before).removesuffix(after)
        if before + value + after != other or not value:
            return False
        word = self.reading(variables[0][1], variables[0][0], place)
        if word in self.inputs and "nango" not in value:
            self.inputs[word]["default"] = value
        return True

    def template(self, text, place):
        text, *others = [part.strip() for part in str(text).split(" || ")]
        if others and not self.alternative(text, others[0], place):
            text = text if "$" in others[0] else others[0]
            self.unsaid.add("a second URL or value that is taken where the first is not given")
        out, at = "", 0
        for match in VARIABLE.finditer(text):
            word = self.reading(match[2], match[1], place)
            out += text[at:match.start()].replace("{", "{{").replace("}", "}}") + "{" + word + "}"
            at = match.end()
        if "${" in text[at:]:
            raise Unsayable("a value of the source that nobody fills")
        return out + text[at:].replace("{", "{{").replace("}", "}}")

    def url(self, text, place):
        """Converts a URL, and records the place of each variable in it, which determines the input's type."""
        made = self.template(text, place)
        if not made.startswith(("https://", "{")):
            raise LeftOut("no https URL")
        if "?" in made or "#" in made:
            raise Unsayable("a query or a fragment in a URL")
        scheme, found, rest = made.rpartition("://")
        authority, slash, path = rest.partition("/")
        for match in NAME.finditer(authority):
            self.use(match[1], self.part_of_host(authority, match, bool(scheme)), place)
        for name in names_in(path):
            self.use(name, "text", place)
        return f"{scheme}{found}{authority.lower()}{slash}{path}"

    @staticmethod
    def part_of_host(authority, match, has_scheme):
        if match[0] == authority:
            return "host" if has_scheme else "origin"
        if match.end() == len(authority):
            return "suffix"
        return "label" if domain(f"https://{authority}") else "part"

    def use(self, name, use, place):
        for table in (self.inputs, self.fields):
            if name in table:
                table[name]["uses"].append((use, place))

    def parameters(self, given, place, skip=()):
        made = {}
        for key, value in given.items():
            if key in skip:
                continue
            if isinstance(value, bool):
                value = "true" if value else "false"
            if value == "random uuid":
                value = "${random}"
            if isinstance(value, str) and "{scopes}" in value:
                self.unsaid.add("a refresh that repeats the scopes of its login")
                continue
            if isinstance(value, str) and value != "{state}":
                value = self.template(value, place)
                for name in names_in(value):
                    self.use(name, "text", place)
            made[key] = value
        return made

    def snapshot(self):
        return copy.deepcopy((self.inputs, self.fields))

    def restore(self, snapshot):
        self.inputs, self.fields = snapshot


class Conflicts:
    """Fields about which the sources disagree, with the value of each source."""

    def __init__(self, fact, is_login, unsaid):
        self.against = defaultdict(dict)
        self.agree = defaultdict(set)
        for conflict in fact["conflicts"]:
            field = conflict["field"]
            if not is_login and field in ("authorize_url", "pkce"):
                continue
            chosen = self.plain(field, fact[field])
            for source, value in conflict["values"].items():
                if "(default)" in str(value):
                    unsaid.add("a disagreement that rests on another library's default")
                    continue
                said = self.plain(field, value)
                if field == "pkce":
                    if source != "nango":
                        self.against[source][field] = f"a challenge is {said}"
                elif said != chosen:
                    self.against[source][field] = said
                else:
                    self.agree[source].add(field)
        self.disputed = {field for said in self.against.values() for field in said}

    @staticmethod
    def plain(field, value):
        value = str(value)
        if field.endswith("_url"):
            value = re.sub(r"\$?\{connectionConfig\.([\w.\-]+)\}", r"{\1}", value)
            value = re.sub(r"\[([^\]]*)\]", r"{\1}", value)
            return value.split("?")[0].rstrip("/")
        return value.replace(" (and body)", "")

    def evidence(self):
        for source in SOURCES:
            pairs = sorted((FIELD_PATHS[field], WORDS.get(value, value))
                           for field, value in self.against[source].items())
            if pairs:
                yield {"url": SOURCES[source], "against": [path for path, _ in pairs],
                       "says": "; ".join(f"{path}: {value}" for path, value in pairs)}


class Spec:
    """The spec of one provider, and the facts that it could not express."""

    def __init__(self, fact):
        self.fact = fact
        self.extra = fact["extra"]
        self.families = set(self.extra["families"])
        self.name = fact["id"]
        self.id = identifier(self.name)
        self.tree = {}
        self.unsaid = set()
        self.accepts = []
        self.login = fact["mode"] == "OAUTH2" and "consent_then_client_credentials" not in self.families
        self.details = Details(fact)
        self.given = self.details.tree
        self.words = Templates(fact, self.given, self.unsaid)
        self.conflicts = Conflicts(fact, self.login, self.unsaid)

    def build(self):
        self.refuse()
        self.app()
        try:
            if self.login:
                self.authorize()
            self.token()
        except Unsayable as reason:
            raise LeftOut(str(reason)) from None
        self.refresh()
        self.lifetime()
        self.scopes()
        self.revoke()
        self.api()
        self.userinfo()
        self.other_fields()
        self.declare()
        self.own_tables = [table for table in TABLES if table in self.tree and table not in ("revoke", "userinfo")]
        self.lay_over()
        self.note_unsaid()
        self.accept()
        self.tree["evidence"] = self.evidence()

    def refuse(self):
        """Raises LeftOut with the reason if the provider gets no spec."""
        fact = self.fact
        if fact["mode"] not in ("OAUTH2", "OAUTH2_CC"):
            raise LeftOut(LEFT_OUT_MODES.get(fact["mode"], "no OAuth, or a form of its own"))
        for family in sorted(self.families & set(LEFT_OUT_FAMILIES)):
            raise LeftOut(LEFT_OUT_FAMILIES[family])
        if fact["token_auth"] in LEFT_OUT_AUTH:
            raise LeftOut(LEFT_OUT_AUTH[fact["token_auth"]])
        if not fact["token_url"] or (self.login and not fact["authorize_url"]):
            raise LeftOut("an endpoint is missing from the facts")

    def app(self):
        # The source stores id and secret of client credentials with each connection.
        if self.fact["mode"] == "OAUTH2_CC":
            put(self.tree, "app.per", "connection")
        if self.extra.get("redirect_uri_optional"):
            put(self.tree, "app.redirect_uri.optional", True)

    def place_url(self, path, text):
        """Sets the URL from details.toml, or else from the facts."""
        put(self.tree, path, get(self.given, path) or self.words.url(text, path))

    def authorize(self):
        extra = self.extra
        self.place_url("authorize.url", self.fact["authorize_url"])
        put(self.tree, "authorize.pkce", self.pkce())
        renames = {old.rstrip("="): new.rstrip("=") or False
                   for old, new in sorted(extra["authorize_renames"].items())}
        if renames:
            put(self.tree, "authorize.names", renames)
        if "nonce_required" in self.families:
            put(self.tree, "authorize.nonce", "required")
        self.login_parameters(renames)
        if extra["code_param"] != "code":
            put(self.tree, "callback.code", extra["code_param"])

    def pkce(self):
        """Returns "ignored" if a challenge is sent without a verifier, and "unknown" if none is sent or sources disagree."""
        if self.extra["pkce_in_nango"] == "challenge sent, verifier not":
            return "ignored"
        said = self.fact["pkce"]
        return "unknown" if said == "unsupported" or "pkce" in self.conflicts.disputed else said

    def login_parameters(self, renames):
        skip = {"nonce"} if "nonce_required" in self.families else set()
        if "password_in_authorize_url" in self.families:
            skip |= {"username", "password", "action"}
        given = self.words.parameters(self.fact["authorize_params"], "authorize.params", skip)
        by_param = "offline_by_param" in self.families
        for key, value in sorted(given.items()):
            if key == "response_type" and (value == "code" or "response_type" in renames):
                continue
            if key == "grant_type":
                self.unsaid.add("a parameter of the login that says nothing (grant_type)")
            elif key == "scope":
                put(self.tree, "scopes.always", [value])
            elif by_param and (key in OFFLINE_PARAMS or (key == "prompt" and OFFLINE_PARAMS & set(given))):
                put(self.tree, ["authorize", "offline", "params", key], value)
            else:
                put(self.tree, ["authorize", "params", key], value)

    def token(self):
        fact, disputed = self.fact, self.conflicts.disputed
        url, _, query = fact["token_url"].partition("?")
        self.place_url("token.url", url)
        for pair in filter(None, query.split("&")):
            key, _, value = pair.partition("=")
            put(self.tree, ["token", "query", key], self.words.parameters({key: value}, "token.query")[key])
        for field, standard in (("auth", "basic"), ("body", "form"), ("method", "POST")):
            said = fact[f"token_{field}"]
            if said == "basic_secret_only":
                said = {"Authorization": "Basic {base64(concat(client_secret, ':'))}"}
            if said != standard or f"token_{field}" in disputed:
                put(self.tree, f"token.{field}", said)
        renamed = get(self.tree, "authorize.names.client_id")
        if renamed and fact["token_auth"] != "basic":
            put(self.tree, "token.names.client_id", renamed)
        self.grant("authorization_code" if self.login else "client_credentials")

    def grant(self, grant):
        params = self.words.parameters(
            {key: value for key, value in self.fact["token_params"].items() if (key, value) != ("grant_type", grant)},
            f"token.{grant}")
        if "no_grant_type" in self.families or get(self.tree, "token.query.grant_type"):
            params["grant_type"] = False
        if "no_redirect_uri_in_token" in self.families and self.login:
            params["redirect_uri"] = False
        if params or not self.login:
            put(self.tree, f"token.{grant}", {"params": params} if params else {})

    def refresh(self):
        if not self.login:
            return
        if "no_refresh_token" in self.families:
            put(self.tree, "token.refresh_token", False)
        elif self.tells_refresh():
            put(self.tree, "token.refresh_token", self.refresh_call())
        elif self.repositories() and not get(self.given, "token.refresh_token"):
            put(self.tree, "token.refresh_token", False)

    def repositories(self):
        """Returns the projects that state whether there is a refresh token."""
        return self.extra.get("refresh_by_repo") or {}

    def tells_refresh(self):
        fact = self.fact
        return bool(fact["refresh_params"] or fact["refresh_url"] or any(self.repositories().values())
                    or get(self.tree, "authorize.offline") or OFFLINE_SCOPES & set(self.extra["default_scopes"])
                    or self.families & {"refresh_omits_token", "refresh_no_grant_type", "refresh_public"})

    def refresh_call(self):
        fact, families, refresh = self.fact, self.families, {}
        if fact["refresh_url"]:
            try:
                url = self.words.url(fact["refresh_url"], "token.refresh_token.url")
                if url != get(self.tree, "token.url"):
                    refresh["url"] = url
            except Unsayable as reason:
                self.unsaid.add(str(reason))
        skip = {"md5_secret"} if "secret_derived" in families else set()
        params = self.words.parameters(
            {key: value for key, value in fact["refresh_params"].items()
             if (key, value) != ("grant_type", "refresh_token")}, "token.refresh_token", skip)
        if "refresh_no_grant_type" in families:
            params["grant_type"] = False
        if params:
            refresh["params"] = params
        if "refresh_public" in families:
            refresh["auth"] = "none"
        if "refresh_omits_token" in families:
            refresh["rotation"] = "never"
        return refresh

    def lifetime(self):
        if self.families & {"expiry_unknown", "expiry_by_introspection"}:
            put(self.tree, "tokens.access", {"expires_in": False, "lifetime": "unknown"})

    def scopes(self):
        separator, disputed = self.fact["scope_separator"], "scope_separator" in self.conflicts.disputed
        known = self.extra["default_scopes"]
        if not self.login and not known and separator == " " and not disputed:
            return
        always = get(self.tree, "scopes.always") or []
        offline = []
        if self.login:
            offline = [scope for scope in known if scope in OFFLINE_SCOPES]
            always += [scope for scope in known if scope not in OFFLINE_SCOPES and not scope.endswith(".default")]
        scopes = {}
        if separator != " " or disputed:
            scopes["separator"] = separator
        scopes["open"] = True
        if known or always:
            scopes["known"] = {scope: ({} if re.search(r"[A-Za-z]", scope) else {"name": "ALL"})
                               for scope in sorted(set(known) | set(always))}
        if always:
            scopes["always"] = sorted(set(always))
        self.tree["scopes"] = scopes
        if offline:
            put(self.tree, "authorize.offline.scopes", sorted(offline))

    def revoke(self):
        url = self.fact["revoke_url"]
        if not url:
            return
        token = get(self.tree, "token.url")
        origin = "/".join(token.split("/")[:3])
        url = re.sub(r"^(https://)?\$?\{(domain|userPool)\}", origin, url)
        url = url.replace("{baseURL}", token.removesuffix("/v1/token"))
        if "{uid}" in url or ("{" in url and not url.startswith(origin)):
            self.families.add("revoke_nonstandard")
            return
        scheme, _, rest = url.partition("://")
        authority, _, path = rest.partition("/")
        put(self.tree, "revoke.url", f"{scheme}://{authority.lower()}/{path}")
        self.families.discard("revoke_nonstandard")

    def api(self):
        self.api_base()
        self.api_headers()
        for key, value in self.extra["api_query"].items():
            put(self.tree, ["api", "params", key], self.words.parameters({key: value}, "api.params")[key])
        self.rate_limit()

    def api_base(self):
        base, snapshot = self.fact["api_base_url"], self.words.snapshot()
        if get(self.given, "api.base") or not base:
            return
        try:
            made = self.words.url(base.rstrip("/"), "api.base")
            for entry in (*self.words.inputs.values(), *self.words.fields.values()):
                uses = {use for use, _ in entry["uses"]}
                whole = uses & {"host", "suffix", "origin"}
                if len(whole) > 1 or (whole and uses & {"label", "part"}):
                    raise Unsayable("an input that is a whole host here and a part of one there")
            if re.match(r"https://\{\w*url\}", made) and self.fact["response_metadata"]:
                raise Unsayable("an API base that is an origin behind a second https://")
            put(self.tree, "api.base", made)
        except (Unsayable, LeftOut) as reason:
            self.words.restore(snapshot)
            self.unsaid.add(f"where the API is: {reason}")

    def api_headers(self):
        for name, value in sorted(self.fact["api_headers"].items()):
            if value == "${accessToken}":
                put(self.tree, ["api", "auth", name], "{access_token}")
            elif name in ("content-type", "authorization"):
                if value != "Bearer ${accessToken}":
                    self.unsaid.add("Content-Type or Authorization of the API's calls")
            elif "nango" in str(value).lower() and "||" not in str(value):
                self.unsaid.add("a header of the API with the source's own name in it")
            else:
                self.api_header(name, value)

    def api_header(self, name, value):
        try:
            put(self.tree, ["api", "headers", name],
                self.words.parameters({name: value}, f"api.headers.{name}")[name])
        except Unsayable as reason:
            self.unsaid.add(f"a header of the API: {reason}")

    def rate_limit(self):
        said, limit = self.extra["rate_limit"], {}
        status = sorted(int(code) for code in said.get("error_code", []) if code.isdigit() and code != "401")
        if status:
            limit["status"] = status
        if "after" in said:
            limit["retry_after"] = {"header": said["after"][0], "format": "seconds"}
        for header in said.get("at", []):
            if header in POINTS_IN_TIME:
                limit["retry_after"] = {"header": header, "format": POINTS_IN_TIME[header]}
            else:
                self.unsaid.add("a header with the time at which the API may be called again: no source tells its form")
        if "in_body" in said:
            self.unsaid.add("when the API may be called again, in the words of its refusal")
        if "remaining" in said:
            limit["buckets"] = {"requests": {"remaining": said["remaining"]}}
        if limit:
            put(self.tree, "api.rate_limit", limit)

    def userinfo(self):
        url, given = self.extra.get("userinfo_url"), self.given.get("userinfo")
        if given is None:
            if url:
                self.unsaid.add(NO_USER_ID)
            return
        origin = "/".join(get(self.tree, "token.url").split("/")[:3])
        put(self.tree, "userinfo.url", re.sub(r"^https://\[subdomain\][^/]*", lambda _: origin, url))

    def other_fields(self):
        """Declares members of the response and parameters of the callback that the source stores and no URL contains."""
        for origin, paths in (("token", "response_metadata"), ("callback", "callback_metadata")):
            for path in self.fact[paths]:
                name = self.words.own_name(path)
                if name in self.words.inputs:
                    self.unsaid.add("a value that the application gives at the login and the callback brings back")
                elif name not in self.given.get("fields", {}):
                    self.words.fields.setdefault(name, {"path": path, "from": origin, "uses": []})

    def declare(self):
        """Declares inputs and fields, with the type that their places determine."""
        in_calls = names_in(self.given.get("calls"))
        for kind, table in (("inputs", self.words.inputs), ("fields", self.words.fields)):
            for name, entry in sorted(table.items()):
                uses = {use for use, _ in entry["uses"]}
                made = self.form(uses)
                if kind == "inputs":
                    form = "suffix" if "suffix" in uses else made.get("type", "text")
                    made["doc"] = DOCS_OF_INPUTS[form].format(entry["said"])
                    if entry["default"]:
                        made["default"] = entry["default"]
                else:
                    made["path"] = entry["path"]
                    if entry["from"] != "token":
                        made["from"] = entry["from"]
                    if not uses and name not in in_calls:
                        made["optional"] = True
                put(self.tree, [kind, name], made)
                self.accept_any_host(kind, name, made, uses)

    @staticmethod
    def form(uses):
        if uses & {"host", "suffix"}:
            return {"type": "host", "allow": ["*"]}
        if "origin" in uses:
            return {"type": "origin", "allow": ["*"]}
        return {"type": "label"} if uses & {"label", "part"} else {}

    def accept_any_host(self, kind, name, made, uses):
        if name in self.given.get(kind, {}):
            return
        if "allow" in made:
            because = {
                "inputs": "Customers have hosts of their own, and no source lists them",
                "fields": "The answer names the host, and no source lists them",
            }[kind]
            if "suffix" in uses:
                because = "The source puts a text behind a literal part of the host, and lists no values"
            self.accepts.append(("any-host", [f"{kind}.{name}.allow"], because))
        elif "part" in uses:
            self.accepts.append(("any-host", [f"{kind}.{name}"],
                                 "The label stands in front of the provider's own domain, beside another value"))

    def lay_over(self):
        """Merges the entries of details.toml, and replaces `{base}` in URLs by the API's base."""
        given = copy.deepcopy(self.given)
        for call in given.get("calls", {}).values():
            call["url"] = call["url"].replace("{base}", get(self.tree, "api.base") or "")
        for name, entry in given.get("inputs", {}).items():
            for key in ("type", "allow"):
                (get(self.tree, f"inputs.{name}") or {}).pop(key, None)
            if "allow" in entry:
                entry["type"] = "host"
        merge(self.tree, given)

    def note_unsaid(self):
        for family in sorted(self.families - self.details.said):
            if family in UNSAID_FAMILIES:
                self.unsaid.add(UNSAID_FAMILIES[family])
        if self.words.found_later and "discovery_call" not in self.details.said:
            self.unsaid.add(FOUND_LATER)
        refresh = get(self.tree, "token.refresh_token")
        if self.login and refresh is None and not get(self.tree, "token.renew"):
            self.unsaid.add("whether there is a refresh token: no source says")
        if isinstance(refresh, dict) and "rotation" not in refresh and not refresh.get("prolongs"):
            self.unsaid.add("whether the refresh token rotates: no source says")
        if get(self.tree, "authorize.pkce") == "unknown" and self.fact["pkce"] == "unsupported":
            self.unsaid.add("whether PKCE is ignored or refused: the sources only do not send it")
        if self.extra["nango_sends_basic_and_body"]:
            self.unsaid.add("one source shows the client twice, as Basic and in the body")
        if self.extra.get("device_url"):
            self.unsaid.add("the device grant")

    # Findings that follow from the facts

    def accept(self):
        self.accepts += [(accept["rule"], accept["for"], accept["because"]) for accept in self.details.accepts]
        self.accept_secrets()
        self.accept_domains()
        self.accept_parameters()

    def accept_secrets(self):
        if get(self.tree, "token.body") != "query":
            return
        paths = {f"token.{grant}" for grant in GRANTS if isinstance(get(self.tree, f"token.{grant}"), dict)}
        paths |= {"token"} if self.login else set()
        if get(self.tree, "token.auth") != "post":
            # With Basic, the query contains a secret only if it contains a refresh token.
            paths &= {"token.refresh_token"}
        if paths:
            self.accepts.append(("secret-in-url", sorted(paths),
                                 "The source sends the parameters of the token request in the query"))

    def urls(self):
        """Returns every URL with its path, in the order in which the compiler checks them."""
        calls = [f"calls.{name}.url" for name in self.tree.get("calls", {})]
        paths = ["authorize.url", "token.url", "token.refresh_token.url", "token.renew.url",
                 "token.client_credentials.url", *calls, "introspect.url", "userinfo.url", "revoke.url", "api.base"]
        return [(path, get(self.tree, path)) for path in paths if isinstance(get(self.tree, path), str)]

    def accept_domains(self):
        known = [(path, domain(url)) for path, url in self.urls() if domain(url)]
        paths = [path for path, own in known if own != known[0][1]]
        if paths:
            self.accepts.append(("foreign-domain", paths,
                                 "The sources name these domains together for this provider"))

    def accept_parameters(self):
        places = [("authorize", "authorize.params"), ("authorize", "authorize.offline.params")]
        places += [("token", f"token.{grant}.params") for grant in GRANTS]
        paths = [f"{path}.{name}" for place, path in places
                 for name in get(self.tree, path) or {} if name in ELSEWHERE[place]]
        if paths:
            self.accepts.append(("repurposed-parameter", paths, "The source sends it in this request"))

    # Sources

    def evidence(self):
        found = [self.main_evidence()]
        found += filter(None, (self.evidence_of(source) for source in SOURCES if source != "nango"))
        found += self.conflicts.evidence()
        found += self.refresh_disputes()
        found += self.details.evidence()
        return [{"url": entry["url"], "seen": SEEN, "kind": "reported",
                 **{key: value for key, value in entry.items() if key != "url"}} for entry in found]

    def main_evidence(self):
        entry = {"url": SOURCES["nango"], "for": self.own_tables}
        if self.login and self.fact["pkce"] == "unsupported" and get(self.tree, "authorize.pkce") == "unknown":
            entry["note"] = "Sends no challenge"
        return entry

    def evidence_of(self, source):
        paths = {FIELD_PATHS[field] for field in self.conflicts.agree[source] - {"mode"}}
        if source in self.fact["sources"]:
            paths |= {FIELD_PATHS[field] for field in ("authorize_url", "token_url")
                      if field not in self.conflicts.against[source]}
        if self.fact["revoke_url"] and source == ("social-core" if self.name.startswith("strava") else "arctic"):
            paths.add("revoke")
        if self.extra.get("redirect_uri_optional") and source == "arctic":
            paths.add("app.redirect_uri")
        says, refreshes = self.repositories().get(source), get(self.tree, "token.refresh_token")
        if says is not None and says == isinstance(refreshes, dict):
            paths.add("token.refresh_token")
        paths = sorted(path for path in paths if get(self.tree, path) is not None)
        return {"url": SOURCES[source], "for": paths} if paths else None

    def refresh_disputes(self):
        refreshes = get(self.tree, "token.refresh_token")
        for source, says in self.repositories().items():
            if refreshes is not None and says != isinstance(refreshes, dict):
                yield {"url": SOURCES[source], "against": ["token.refresh_token"],
                       "says": "there is one" if says else "there is none"}

    # The file

    def home(self):
        """Returns the provider's main page: the first domain of its URLs, with defaults filled in."""
        defaults = {name: entry.get("default") for name, entry in self.tree.get("inputs", {}).items()}
        for _, url in self.urls():
            filled = NAME.sub(lambda match: defaults.get(match[1]) or match[0], url)
            if domain(filled):
                return f"https://{domain(filled)}/"
        return self.fact["docs_url"]

    def write(self):
        head = {"id": self.id, "name": self.fact["display_name"].strip(), "docs": self.home(), "tier": "reported"}
        accepts = [{"rule": rule, "for": paths, "because": because}
                   for rule, paths, because in sorted(self.accepts)]
        out = ["# What other projects report. It was not looked up.", "language = 1"]
        table(out, ["provider"], head)
        for key in TABLES:
            if key in self.tree:
                table(out, [key], self.tree[key])
        for name, entries in (("accept", accepts), ("evidence", self.tree["evidence"])):
            for entry in entries:
                out += ["", f"[[{name}]]"] + [f"{key} = {toml(value)}" for key, value in entry.items()]
        return "\n".join(out) + "\n"


# TOML


def bare(key):
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(toml(entry) for entry in value) + "]"
    if isinstance(value, dict):
        inner = ", ".join(f"{bare(key)} = {toml(entry)}" for key, entry in value.items())
        return "{ " + inner + " }" if inner else "{}"
    return json.dumps(value, ensure_ascii=False)


def table(out, path, tree):
    """Writes a table: its keys first, then its tables. A table that fits on one line is written inline."""
    deep = {key: value for key, value in tree.items()
            if isinstance(value, dict) and len(toml(value)) > 100}
    if len(deep) < len(tree) or not tree:
        out += ["", "[" + ".".join(map(bare, path)) + "]"]
        out += [f"{bare(key)} = {toml(value)}" for key, value in tree.items() if key not in deep]
    for key, value in deep.items():
        table(out, [*path, key], value)


# The report


def rows(groups):
    """Returns table rows, the most frequent first, with names if there are fewer than 15."""
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return [f"| {reason} | {len(ids)} | {', '.join(sorted(ids)) if len(ids) < 15 else ''} |"
            for reason, ids in ordered]


def report(facts, written, left_out, unsaid):
    with_oauth = sum("token_url" in fact for fact in facts)
    lines = [
        "<!-- Written by tests/reported/convert.py: change that. -->", "", "# What is not said", "",
        f"Of {len(facts)} entries {with_oauth} have OAuth facts; {len(written)} became a spec. "
        "Names stand where there are fewer than 15.", "",
        "## Providers left out", "", "| why | how many | which |", "|---|---|---|", *rows(left_out), "",
        "## Facts of the converted ones that are not said", "",
        "| what | how many | which |", "|---|---|---|", *rows(unsaid), "",
    ]
    return "\n".join(lines)


def convert(facts):
    written, left_out, unsaid = {}, defaultdict(list), defaultdict(list)
    for fact in sorted(facts, key=lambda fact: fact["id"]):
        try:
            if "token_url" not in fact:
                raise LeftOut(LEFT_OUT_MODES.get(fact["mode"], "no OAuth, or a form of its own"))
            spec = Spec(fact)
            spec.build()
            if (DOCUMENTED / f"{spec.id}.toml").exists():
                raise LeftOut("there is a documented spec")
        except LeftOut as reason:
            left_out[str(reason)].append(fact["id"])
            continue
        written[spec.id] = spec.write()
        for reason in spec.unsaid:
            unsaid[reason].append(spec.id)
    return written, left_out, unsaid


def main():
    facts = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    written, left_out, unsaid = convert(facts)
    specs = DOCUMENTED / "reported"
    specs.mkdir(exist_ok=True)
    for name, text in written.items():
        path = specs / f"{name}.toml"
        # A spec that is there may have been corrected since.
        if not path.exists():
            path.write_text(text, encoding="utf-8")
    (HERE / "UNSAID.md").write_text(report(facts, written, left_out, unsaid), encoding="utf-8")
    print(f"{len(written)} specs, {sum(map(len, left_out.values()))} left out")


if __name__ == "__main__":
    main()
