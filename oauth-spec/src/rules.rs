//! The catalogue of rules: code, name, title and reasons. Each check is a function in `check`;
//! `rules/CODE.toml` is a spec that breaks only that rule.

/// A calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// The year.
    pub year: u16,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

impl Day {
    /// Parses a day such as `2026-11-24`.
    pub fn parse(text: &str) -> Option<Day> {
        let mut parts = text.splitn(3, '-');
        let day = Day {
            year: parts.next()?.parse().ok()?,
            month: parts.next()?.parse().ok()?,
            day: parts.next()?.parse().ok()?,
        };
        ((1..=12).contains(&day.month) && (1..=31).contains(&day.day)).then_some(day)
    }

    /// Returns the number of days from this day to a later one, or `None` if the other is earlier. The result is
    /// exact, with the actual lengths of the months.
    pub fn days_until(self, later: Day) -> Option<u32> {
        let (from, to) = (self.ordinal(), later.ordinal());
        u32::try_from(to - from).ok()
    }

    /// Returns the days since March 1 of the year 0 of the Gregorian calendar.
    fn ordinal(self) -> i64 {
        let (year, month) = (i64::from(self.year), i64::from(self.month));
        let (year, month) = if month < 3 {
            (year - 1, month + 9)
        } else {
            (year, month - 3)
        };
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        year * 365 + leap_days + (month * 153 + 2) / 5 + i64::from(self.day) - 1
    }

    /// Returns the day with this month and day of the month in a later year.
    #[must_use]
    pub fn years_later(self, years: u16) -> Day {
        Day {
            year: self.year.saturating_add(years),
            ..self
        }
    }
}

/// The level of requirements that a spec must meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// The spec says what is sent and read. Its examples may be unfinished: `show`, `example` and `check --fix` demand only
    /// this.
    Unfinished,
    /// The generated code is correct. The attribute macro and build scripts demand only this.
    Sound,
    /// Others can rely on the spec, too: its sources and examples are complete. `build` demands this.
    Complete,
    /// The spec is up to date on the given day. `check` demands this. The attribute macro never does, so that no
    /// build breaks because of the date.
    Current(Day),
}

/// A rule that a spec must follow.
pub struct Rule {
    /// The stable code: `E` and four digits.
    pub code: &'static str,
    /// The stable name for people, which `[[accept]]` uses.
    pub name: &'static str,
    /// The lowest demand at which the rule applies. Sources and examples matter to people who share a spec, not to the
    /// compiler.
    pub demand: Demand,
    /// Whether an `[[accept]]` may allow breaking the rule: it is a matter of judgement, and the generated code does not
    /// depend on it.
    pub can_be_accepted: bool,
    /// The requirement, in one line.
    pub title: &'static str,
    /// The reasons, in a few sentences.
    pub why: &'static str,
    /// A spec that breaks this rule and no other.
    pub example: &'static str,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.code, self.name)
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Rule) -> bool {
        self.code == other.code
    }
}

impl Rule {
    /// Returns whether the rule applies at a demand. An unfinished spec has to follow all rules of a sound one except those
    /// about examples.
    pub fn applies_at(&self, demand: Demand) -> bool {
        match demand {
            Demand::Unfinished => self.demand <= Demand::Sound && !self.code.starts_with("E08"),
            demand => self.demand <= demand,
        }
    }
}

/// Returns the rule with the given code or name.
pub fn find(code_or_name: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .copied()
        .find(|rule| rule.code.eq_ignore_ascii_case(code_or_name) || rule.name == code_or_name)
}

macro_rules! demand {
    (sound) => {
        Demand::Sound
    };
    (complete) => {
        Demand::Complete
    };
    (current) => {
        Demand::Current(Day {
            year: 0,
            month: 1,
            day: 1,
        })
    };
}

macro_rules! acceptance {
    (strict) => {
        false
    };
    (acceptable) => {
        true
    };
}

macro_rules! rules {
    ($( $constant:ident = $code:literal $name:literal $demand:ident $acceptance:ident $title:literal $why:literal; )*) => {
        $(
            #[doc = $title]
            pub static $constant: Rule = Rule {
                code: $code,
                name: $name,
                demand: demand!($demand),
                can_be_accepted: acceptance!($acceptance),
                title: $title,
                why: $why,
                example: include_str!(concat!("../rules/", $code, ".toml")),
            };
        )*

        /// All rules, by code.
        pub static RULES: &[&Rule] = &[$(&$constant),*];
    };
}

rules! {
    NOT_TOML = "E0101" "not-toml" sound strict
        "A spec must be valid TOML 1.0"
        "Editors, linters and this compiler read the same text. The compiler stops at a syntax error and checks nothing \
         else in the file, so fix it first.";
    UNKNOWN_KEY = "E0102" "unknown-key" sound strict
        "Every key must be part of the language"
        "An unknown key has no effect, so the fact that it states would be lost. If the key is misspelled, the standard's \
         value would silently apply.";
    WRONG_KIND = "E0103" "wrong-kind" sound strict
        "Every value must have the type that its key requires"
        "A number in quotes, or a text where a list is required, means that the author had another key in mind.";
    UNKNOWN_WORD = "E0104" "unknown-word" sound strict
        "A key with a closed set of words must have one of them"
        "The compiler acts on each of these words. It cannot act on free text.";
    MISSING_KEY = "E0105" "missing-key" sound strict
        "Every required key must be present"
        "Few keys are required: the provider's id, name and documentation, the day of an `[[evidence]]`, the setting of a \
         variant. No default can replace them.";
    BAD_TIME = "E0106" "bad-time" sound strict
        "A duration must have a number and a unit"
        "`3600` may mean seconds or milliseconds, and 0 may mean never. A unit, or one of the words `never`, `varies` and \
         `unknown`, is unambiguous.";
    LANGUAGE_VERSION = "E0107" "language-version" sound strict
        "A spec must use a language version that this compiler supports"
        "A later version of the language may change the meaning of a key. The compiler rejects what it could misread.";
    BAD_TEMPLATE = "E0108" "bad-template" sound strict
        "A template must be text with valid `{name}` placeholders"
        "An unclosed brace would be sent to the provider literally. Write a literal brace twice.";
    BAD_PATTERN = "E0109" "bad-pattern" sound strict
        "A pattern must consist of character classes and counts"
        "A pattern such as `[a-z0-9-]{1,60}` becomes data that a few lines of code match without backtracking over a \
         user's text. A full regular expression does not.";
    BAD_ID = "E0110" "bad-id" sound strict
        "An id must be a lower-case identifier"
        "An id becomes a module, a feature and a file name, and it is stored with every connection. It has only lower-case \
         letters, digits and underscores, and begins with a letter.";
    BAD_DEFAULT = "E0111" "bad-default" sound strict
        "Defaults and examples must match the form of their input"
        "A default, an `example` or a value in an `[[example]]` bypasses the check of supplied values. A default that \
         contains a slash would send the client secret to another host.";
    BAD_EXTENDS = "E0112" "bad-extends" sound strict
        "`extends` must name an existing spec or variant"
        "An overlay states only its differences. Without its base, it has no meaning.";
    CONTROL_CHARACTER = "E0113" "control-character" sound strict
        "Texts and keys must not contain control characters"
        "Texts and keys go into Rust, rustdoc, Markdown, HTTP and terminals. A line break, an escape character or a \
         character that changes the direction of text would begin something else there: a code block, a command, a header. \
         Only the messages in an `[[example]]` may have several lines.";
    TOO_LARGE = "E0114" "too-large" sound strict
        "A spec must stay within the compiler's limits"
        "Editors, builds and checks of untrusted pull requests compile specs, so compilation must end soon for every \
         input. The limits are far above what any provider needs: 128 KiB of text, 40000 values including those that \
         variants inherit, 1000 entries in a table or list, keys of 256 bytes, paths of 16 keys.";

    UNDECLARED_NAME = "E0201" "undeclared-name" sound strict
        "Every name in a template must be declared"
        "An undeclared name leaves a gap in a request. One published catalogue of providers has a URL with such a \
         variable, which is never filled.";
    UNUSED_INPUT = "E0202" "unused-input" sound strict
        "Every input must be used"
        "The application would have to supply a value that has no effect.";
    COLLIDING_NAMES = "E0203" "colliding-names" sound strict
        "Two names must not become the same Rust identifier"
        "`chat:write` and `chat.write` both become `CHAT_WRITE`. Give one of them another name.";
    SHADOWED_NAME = "E0204" "shadowed-name" sound strict
        "An input or argument must not have the name of a standard value"
        "`{state}` and `{client_id}` always mean the standard's values, so no template could refer to an input of that \
         name.";
    UNKNOWN_NAME_OF_PARAMETER = "E0205" "unknown-parameter-name" sound strict
        "`names` must rename only parameters of the standard"
        "Only a parameter that the standard sends can be sent under another name.";
    INCOMPLETE_INSTALL = "E0206" "incomplete-install" sound strict
        "An installation must be verified and must fill every connection input"
        "A request from the provider's store starts a login at the host that it names. An unverified request may name any \
         host. A request that leaves an input unfilled cannot start a login.";

    GRANT_WITHOUT_ENDPOINT = "E0301" "grant-without-endpoint" sound strict
        "Every call must have an endpoint"
        "A grant without a token URL would compile to a function that can never work.";
    NOT_HTTPS = "E0302" "not-https" sound acceptable
        "Endpoints must be https"
        "RFC 6749 sections 3.1 and 3.2 require TLS, because endpoints receive codes, secrets and tokens. Loopback \
         addresses are exempt, for servers under test.";
    QUERY_IN_URL = "E0303" "query-in-url" sound acceptable
        "An endpoint URL must not have a query or a fragment"
        "Parameters belong under `params`, where they are named, encoded and documented. A client that sets a query drops \
         the query in the URL.";
    NO_HOST = "E0304" "no-host" sound strict
        "An endpoint URL must have a host and no user name"
        "A user name before the host hides where a request goes.";
    ANY_HOST = "E0305" "any-host" sound acceptable
        "A host from outside must be checked against a list"
        "Anyone who supplies the host receives the client secret and every token. List the possible hosts under `allow`, \
         or accept this rule and state why.";
    SECRET_IN_URL = "E0306" "secret-in-url" sound acceptable
        "A URL must not contain a secret"
        "Every server and proxy on the way logs URLs (RFC 6750 section 5.3). If a provider requires a secret there, accept \
         this rule and name the source.";
    FOREIGN_ENVIRONMENT = "E0307" "unused-environment-host" sound strict
        "An environment must replace only hosts that the spec uses"
        "A replaced origin that occurs in no URL is a typing error. Requests for the sandbox would go to production.";
    FOREIGN_DOMAIN = "E0308" "foreign-domain" sound acceptable
        "All endpoints of a provider must be under one domain"
        "A published catalogue sends one provider's codes to another provider's token endpoint, because of a copying \
         error. If a provider does use several domains, accept this rule and name the source.";
    BROWSER_NOT_HTTPS = "E0309" "browser-not-https" sound strict
        "The authorization URL must be https or loopback"
        "A desktop application passes the authorization URL to the operating system, which starts the program for the \
         URL's scheme. With `file:` or a program's private scheme, that program is not a browser. An `[[accept]]` cannot \
         permit it.";

    BOTH_AUTHENTICATIONS = "E0401" "both-authentications" sound acceptable
        "A request must send the client's credentials only once"
        "RFC 6749 section 2.3: a client must not use more than one authentication method in a request. Some servers reject \
         such a request, and it is unclear which credentials the others read.";
    PKCE_CONTRADICTION = "E0402" "pkce-contradiction" sound acceptable
        "PKCE settings must not contradict each other"
        "With a challenge but no verifier, or a verifier but no challenge, the login fails or has no protection. Set \
         `authorize.pkce`, which controls both. A public client has no other protection.";
    CONSTANT_NONCE = "E0403" "constant-nonce" sound acceptable
        "State and nonce must be generated for every login"
        "A constant state does not protect the login, because an attacker knows it, too (RFC 6749 section 10.12).";
    REPEATED_PARAMETER = "E0404" "repeated-parameter" sound strict
        "A parameter must not be sent twice"
        "RFC 6749 section 3.1: parameters must not be included more than once. Override a standard value under its \
         standard name, or rename the parameter. The rule also covers the parameters that `callback.verify` checks.";
    IMPOSSIBLE_AUTHENTICATION = "E0405" "impossible-authentication" sound strict
        "Only a call that has an access token can use bearer authentication"
        "A call to the token endpoint does not have an access token yet.";
    BODY_WITH_GET = "E0407" "body-with-get" sound strict
        "A GET call must send its parameters in the query"
        "The body of a GET request has no meaning (RFC 9110 section 9.3.1).";
    BAD_HEADER = "E0408" "bad-header" sound strict
        "A header must have a valid name and a printable value"
        "A line break in a header begins another header. `Content-Type` follows from `body`, and `Authorization` follows \
         from `auth`. A value written by hand would contradict one of them.";
    REPURPOSED_PARAMETER = "E0409" "repurposed-parameter" complete acceptable
        "A parameter must have its meaning in the IANA registry"
        "A standard parameter in the wrong request, or in another spelling, is more often a mistake than a dialect. If the \
         provider does require it, rename it under `names`, or accept this rule and name the source.";
    UNBOUND_LOGIN = "E0410" "login-without-state" sound strict
        "A login must send the state that the module generates"
        "The state binds a callback to the browser that began the login (RFC 6749 section 10.12). Without it, no callback \
         can be verified, and the module would reject each one. If a provider drops the parameter, `authorize.state = \
         \"in_redirect\"` sends the state in the redirect URI. An `[[accept]]` cannot permit it.";

    SEPARATOR_IN_SCOPE = "E0501" "separator-in-scope" sound strict
        "A scope must not contain the separator"
        "The provider would split it and read two scopes, neither of which exists.";
    UNKNOWN_SCOPE = "E0502" "unknown-scope" sound strict
        "Every scope that is referred to must be known"
        "`always`, `implies`, `same_as` and `offline.scopes` name scopes under `known`, unless the catalogue is open.";
    SCOPES_FROM_CONSOLE = "E0503" "scopes-from-console" sound strict
        "A spec must not request scopes that the console decides"
        "With `chosen = \"console\"` the login sends no scope parameter, so `always` and `offline.scopes` would never be \
         sent.";
    TOO_MANY_OPERATION_SCOPES = "E0504" "too-many-operation-scopes" sound strict
        "Operations must not name more than 128 scopes"
        "The compiler computes the smallest sufficient set of scopes in a word of 128 bits.";
    RAW_SCOPES = "E0505" "raw-scopes" sound strict
        "Scopes that are sent raw must be valid in a URL"
        "With `encoding = \"raw\"` nothing is encoded, so that a space or another character that a URL cannot contain makes \
         the authorization request invalid.";

    UNREFRESHABLE = "E0601" "refresh-without-token" sound strict
        "A refresh must have a refresh token"
        "The spec has `[token.refresh_token]`, but no token reads a refresh token from a response.";
    MARGIN_TOO_LONG = "E0602" "margin-too-long" sound strict
        "The refresh margin must be shorter than the token's lifetime"
        "If the margin is as long as the lifetime, every new token is refreshed at once, forever.";
    IDLE_TOO_LONG = "E0603" "idle-too-long" sound strict
        "The idle lifetime must not exceed the absolute lifetime"
        "A refresh token that always expires after 30 days cannot stay valid for 60 days without use.";
    TWO_RENEWALS = "E0604" "two-renewals" sound strict
        "A token must be renewed in only one way"
        "With both `token.refresh_token` and `token.renew`, it is unclear which of them renews a connection.";
    TOKEN_NAMED_AS_GRANT = "E0605" "token-named-as-grant" sound strict
        "A token must not have the name of a grant"
        "`[token.refresh_token]` is a call, and `[tokens.refresh_token]` would be a token. They differ by one letter, and \
         the second is always a mistake.";
    POLICY_OUT_OF_PLACE = "E0606" "policy-out-of-place" sound strict
        "Refresh token policy must be under `[token.refresh_token]`"
        "`rotation`, `grace`, `reuse` and `idle` describe the refresh token that a refresh consumes. They have no effect \
         at another grant.";
    IMMORTAL_TOKEN = "E0607" "immortal-token" sound acceptable
        "A token must expire or be revocable"
        "A token that neither expires nor can be revoked is a key that cannot be changed. Search for a revocation endpoint \
         once more. If there is none, accept this rule, so that the provider's page states it.";
    UNREAD_TABLE = "E0608" "unread-table" sound strict
        "Every table must have a call that reads it"
        "A table that no call of this provider reads describes something else, such as a callback without a login, or \
         scopes that are never sent.";
    TOO_MANY_MEMBERS = "E0609" "too-many-members" sound strict
        "A call must not read more than 64 members of a response"
        "The parser keeps one bit of a word for each member. Use `fields` for values that are needed later. Read the rest \
         from the response of another call.";
    UNNEEDED_CALL = "E0610" "unneeded-call" sound strict
        "Every further call must be needed"
        "The order of calls follows from their use, so a call whose response nothing reads would never be made. State when \
         the call is made, or what is read from its response.";
    CIRCLE_OF_CALLS = "E0611" "circle-of-calls" sound strict
        "A call must not need its own response"
        "Two calls that wait for each other are never made.";
    CHOICE_WITHOUT_LIST = "E0612" "choice-without-list" sound strict
        "A choice must have a list to choose from"
        "`where`, `choose` and `label` refer to the entries of a list. `each` names the list in the response.";
    MISSING_INTROSPECTION = "E0613" "missing-introspection" sound strict
        "A token's lifetime must be obtainable"
        "A lifetime from introspection requires an `[introspect]` call. A renewal that prolongs a token without a new \
         expiry requires a documented lifetime.";
    UNUSABLE_API = "E0614" "unusable-api" sound strict
        "API settings must be usable"
        "A probe is sent with users' connections to find out what they permit. It must change nothing and need nothing but \
         the token. An error response names the sufficient scopes in one place, so `api.needed_scopes` has either `header` \
         or `path`.";
    NO_GRANT = "E0615" "no-grant" sound strict
        "A spec and each of its variants must have a way to get a token"
        "Without a login, another grant or a token from the console, a module has no token, so that its other calls can \
         never be made. A variant loses its login by `authorize = false`.";
    UNMATCHABLE_PATH = "E0616" "unmatchable-path" sound strict
        "A path must be able to match a response"
        "A path with an empty name matches no member. A form has no nested members, and a text is only one value, whose path \
         is `$`.";

    MISSING_EVIDENCE = "E0701" "missing-evidence" complete acceptable
        "A deviation from the standard must have a source"
        "Without a source, a deviation cannot be reviewed today or checked again next year.";
    EVIDENCE_FOR_NOTHING = "E0702" "evidence-for-nothing" sound strict
        "Evidence must name a path that exists"
        "After a rename, the source would silently cover nothing.";
    BAD_URL = "E0703" "bad-url" sound strict
        "Sources and links must be https URLs"
        "A reader must be able to open a source to check it.";
    UNKNOWN_CLASS = "E0704" "unknown-class" sound strict
        "The class of an error must be one of five"
        "A program can act on `login`, `retry`, `limit`, `app` and `denied`.";
    BAD_PROSE = "E0705" "bad-prose" sound strict
        "A text must be one line of plain words"
        "Texts appear in tables, in rustdoc and in error messages. A lone backtick or a link would break one of them.";
    STALE_EVIDENCE = "E0706" "stale-evidence" current acceptable
        "Every source must have been read within two years"
        "Providers change. A fact that has not been checked for two years is a guess. Read the source again and update \
         `seen`.";
    ENDING = "E0707" "ending" current acceptable
        "Nothing that the spec states may end within 90 days"
        "An endpoint, a scope or a policy that ends is reported while there is still time. Move to its replacement, or \
         accept this rule and state when you will move.";
    UNREACHABLE_ERROR = "E0708" "unreachable-error" sound strict
        "Every row of an error must be reachable"
        "If one code has several rows, the first row that matches applies. A row after one without `description` and \
         `where` never applies.";

    WRONG_REQUEST = "E0801" "wrong-request" sound strict
        "An example must show the request that the spec produces"
        "An example is documentation, a test and a response of the simulator. If the example comes from the provider's \
         page, the spec is wrong. If it was written for the spec, one of the two is wrong.";
    WRONG_RESPONSE = "E0802" "wrong-response" sound strict
        "An example must show what its response means"
        "By the spec's rules, the response contains other tokens, other fields or another error than the example states.";
    MISSING_EXAMPLE = "E0803" "missing-example" complete acceptable
        "Every call must have an example"
        "A call without an example is a call without a test. An example of a failure is required, too, because most quirks \
         were learned from one failing response.";
    BAD_EXAMPLE = "E0804" "bad-example" sound strict
        "An example must be HTTP"
        "A request begins with the method and the URL, and a response with the status. Headers follow, then an empty line, \
         then the body.";
    UNKNOWN_EXAMPLE = "E0805" "unknown-example-name" sound strict
        "An example must name calls, variants and inputs of the spec"
        "An example of anything else would never run.";
    GENERATED_EVIDENCE = "E0806" "generated-evidence" sound strict
        "A generated example must not have a source"
        "`check --fix` replaces generated examples, so they show what the spec says and not what a page says. An example \
         that was compared with its page is not generated: drop `generated`.";

    ACCEPT_FOR_NOTHING = "E0901" "accept-for-nothing" sound strict
        "An `[[accept]]` must match a finding"
        "An `[[accept]]` that matches no finding is left over, and would hide a later finding.";
    ONE_ID_TWICE = "E0902" "one-id-twice" sound strict
        "Two specs must not have the same id"
        "The id is stored with every connection and names the module and the file. Two providers with one id would read \
         each other's tokens.";
    BROKEN_PROFILE = "E0903" "broken-profile" sound strict
        "A spec must comply with the profiles that it claims"
        "A reader trusts a claim of OAuth 2.1 or RFC 9700 as much as the standard. The compiler checks each claim against \
         the spec: PKCE, exact redirect URIs, rotation for public clients, no secret in a query, no password grant and no \
         implicit flow.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_leap_years() {
        let day = |text| Day::parse(text).unwrap();
        assert_eq!(day("2024-02-28").days_until(day("2024-03-01")), Some(2));
        assert_eq!(day("2100-02-28").days_until(day("2100-03-01")), Some(1));
        assert_eq!(day("2026-11-24").days_until(day("2027-11-24")), Some(365));
        assert_eq!(day("2026-11-24").days_until(day("2026-11-23")), None);
        assert_eq!(Day::parse("2026-13-01"), None);
    }
}
