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
    /// The generated code is correct. The attribute macro and build scripts demand only this.
    Sound,
    /// Others can rely on the spec, too: its sources and examples are complete. `build` demands this.
    Complete,
    /// The spec is up to date on the given day. `check` demands this. The attribute macro never does, so that no
    /// build breaks because of the date.
    Current(Day),
}

/// A rule that a spec must keep.
pub struct Rule {
    /// The stable code: `E` and four digits.
    pub code: &'static str,
    /// The stable name for people, which `[[accept]]` uses.
    pub name: &'static str,
    /// The requirement, in one line.
    pub title: &'static str,
    /// The reasons, in a few sentences.
    pub why: &'static str,
    /// A spec that breaks this rule and no other.
    pub example: &'static str,
}

impl Rule {
    /// Returns the lowest demand at which the rule applies. Sources and examples matter to people who share a spec, not
    /// to the compiler.
    pub fn demand(&self) -> Demand {
        match self.code {
            "E0409" | "E0701" | "E0803" => Demand::Complete,
            "E0706" | "E0707" => Demand::Current(Day {
                year: 0,
                month: 1,
                day: 1,
            }),
            _ => Demand::Sound,
        }
    }
}

impl Rule {
    /// Returns whether an `[[accept]]` may allow breaking the rule. It may if the rule is a matter of judgement and
    /// the generated code does not depend on it.
    pub fn can_be_accepted(&self) -> bool {
        matches!(
            self.code,
            "E0302"
                | "E0303"
                | "E0305"
                | "E0306"
                | "E0308"
                | "E0401"
                | "E0402"
                | "E0403"
                | "E0409"
                | "E0607"
                | "E0701"
                | "E0706"
                | "E0707"
                | "E0803"
        )
    }
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

/// Returns the rule with the given code or name.
pub fn find(code_or_name: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .copied()
        .find(|rule| rule.code.eq_ignore_ascii_case(code_or_name) || rule.name == code_or_name)
}

macro_rules! rules {
    ($( $constant:ident = $code:literal $name:literal $title:literal $why:literal; )*) => {
        $(
            #[doc = $title]
            pub static $constant: Rule = Rule {
                code: $code,
                name: $name,
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
    NOT_TOML = "E0101" "not-toml"
        "A spec is TOML 1.0"
        "Editors, linters and this compiler read the same text. Mend the syntax first: nothing else of the file is looked at until then.";
    UNKNOWN_KEY = "E0102" "unknown-key"
        "Every key is one of the language's"
        "A key that nobody reads is a fact that nobody gets. A misspelt one is worse: the standard's value silently takes its place.";
    WRONG_KIND = "E0103" "wrong-kind"
        "Every value is of its key's kind"
        "A number in quotes or a text where a list is wanted means that the author had another key in mind.";
    UNKNOWN_WORD = "E0104" "unknown-word"
        "Closed words are spelt as the language spells them"
        "Where the language has a closed set of words, free text would be a fact that no compiler can act on.";
    MISSING_KEY = "E0105" "missing-key"
        "What has no default is stated"
        "Few keys are obligatory: the provider's id, name and documentation, the day of an evidence, the setting of a variant. Nothing can stand in for them.";
    BAD_TIME = "E0106" "bad-time"
        "Times have a number and a unit"
        "\"3600\" may be seconds or milliseconds, 0 may mean never. A unit, or one of the words never, varies, unknown, leaves nothing to guess.";
    LANGUAGE_VERSION = "E0107" "language-version"
        "The spec is written in a version that this compiler knows"
        "A later version of the language may give a key another meaning, so this compiler refuses what it may misread.";
    BAD_TEMPLATE = "E0108" "bad-template"
        "Templates are text with {names}"
        "An unclosed brace would go out to the provider as it stands. A literal brace is written twice.";
    BAD_PATTERN = "E0109" "bad-pattern"
        "Patterns are classes and counts"
        "Patterns such as [a-z0-9-]{1,60} become data that a few lines of code match without backtracking over a user's text. Full regular expressions do not.";
    BAD_ID = "E0110" "bad-id"
        "Ids are lower-case words"
        "An id becomes a module, a feature and a file name, and is stored with every connection: letters, digits and underscores, a letter first.";
    BAD_DEFAULT = "E0111" "bad-default"
        "What stands in for an input has its form"
        "A default, an example, or what an [[example]] gives, goes round the check that everybody else's value passes: a default with a slash in it leads the client secret to another host.";
    BAD_EXTENDS = "E0112" "bad-extends"
        "What a spec is laid over can be found"
        "An overlay says only how it differs. Without the spec beneath it, nothing of it has a meaning.";
    CONTROL_CHARACTER = "E0113" "control-character"
        "No text has control characters"
        "Texts and keys go into Rust, rustdoc, Markdown, HTTP and terminals. A line break, an escape or a mark that turns the direction of text would begin something else there: a code block, a command, a header. Only the messages of an [[example]] have lines.";
    TOO_LARGE = "E0114" "too-large"
        "A spec stays within the compiler's limits"
        "An editor, a build and a check of strangers' pull requests compile the spec, so compiling must end soon whatever the spec contains. The limits are far above what any provider needs: 128 KiB of text, 40000 values with those that variants inherit, 1000 entries in a table or list, keys of 256 bytes, paths of 16 keys.";

    UNDECLARED_NAME = "E0201" "undeclared-name"
        "Every name in a template is declared"
        "An undeclared name is a hole in a request. One published catalogue of providers has such a variable in a URL that is never filled.";
    UNUSED_INPUT = "E0202" "unused-input"
        "Every input is used"
        "Whoever integrates the provider would have to supply a value that goes nowhere.";
    COLLIDING_NAMES = "E0203" "colliding-names"
        "No two names become the same Rust identifier"
        "chat:write and chat.write both become CHAT_WRITE. Give one of them a name of its own.";
    SHADOWED_NAME = "E0204" "shadowed-name"
        "Inputs and arguments leave the standard's names alone"
        "{state} and {client_id} always mean the standard's values; an input of that name could never be reached.";
    UNKNOWN_NAME_OF_PARAMETER = "E0205" "unknown-parameter-name"
        "`names` renames parameters of the standard"
        "Only a parameter that would have been sent can go out under another name.";
    INCOMPLETE_INSTALL = "E0206" "incomplete-install"
        "An installation is verified and fills every input of a connection"
        "A request from the provider's store starts a login at the host that it names. One that nothing verifies may name anybody's, and one that leaves an input open starts nothing.";

    GRANT_WITHOUT_ENDPOINT = "E0301" "grant-without-endpoint"
        "Every call has its endpoint"
        "A grant without a token URL compiles to a function that can never work.";
    NOT_HTTPS = "E0302" "not-https"
        "Endpoints are https"
        "RFC 6749 sections 3.1 and 3.2 require TLS: codes, secrets and tokens travel there. Loopback addresses are excepted for servers under test.";
    QUERY_IN_URL = "E0303" "query-in-url"
        "Endpoints carry no query and no fragment"
        "Parameters belong under params, where they are named, encoded and documented; a client that sets a query drops what stood there.";
    NO_HOST = "E0304" "no-host"
        "Endpoints name a host, and no user"
        "A user name in front of the host hides where a request leads.";
    ANY_HOST = "E0305" "any-host"
        "A host from outside is checked against a list"
        "Whoever supplies the host receives the client secret and every token. State the hosts that it may be under allow, or accept this rule and say why.";
    SECRET_IN_URL = "E0306" "secret-in-url"
        "No secret stands in a URL"
        "URLs are logged by every server and proxy on the way (RFC 6750 section 5.3). Where a provider wants it so all the same, accept this rule and say who says so.";
    FOREIGN_ENVIRONMENT = "E0307" "unused-environment-host"
        "An environment replaces hosts that the spec uses"
        "A replaced origin that occurs in no URL is a typing error: the sandbox would talk to production.";
    FOREIGN_DOMAIN = "E0308" "foreign-domain"
        "The endpoints of one provider lie under one domain"
        "A published catalogue sends one provider's codes to another provider's token endpoint, by a slip of copying. Where a provider does use several domains, accept this rule and say who says so.";
    BROWSER_NOT_HTTPS = "E0309" "browser-not-https"
        "A browser is sent to https or to loopback"
        "A desktop application hands the URL of a login to the system, which starts the program of the URL's scheme: `file:` or a program's own scheme would run something else than a browser. No [[accept]] lets it stand.";

    BOTH_AUTHENTICATIONS = "E0401" "both-authentications"
        "A call shows the client's credentials once"
        "RFC 6749 section 2.3: a client must not use more than one authentication method in a request. Some servers refuse the request, and nobody can tell which half they read.";
    PKCE_CONTRADICTION = "E0402" "pkce-contradiction"
        "PKCE is one state"
        "A challenge without a verifier, or a verifier without a challenge, is a login that fails or a protection that is not there. State authorize.pkce, and both halves follow. A public client has no other protection.";
    CONSTANT_NONCE = "E0403" "constant-nonce"
        "State and nonce are drawn anew for every login"
        "A constant state protects against nothing: an attacker knows it, too (RFC 6749 section 10.12).";
    REPEATED_PARAMETER = "E0404" "repeated-parameter"
        "No parameter is sent twice"
        "RFC 6749 section 3.1: parameters must not be included more than once. Override the standard's value by its own name, or rename it. The same holds for what a callback must show.";
    IMPOSSIBLE_AUTHENTICATION = "E0405" "impossible-authentication"
        "Bearer belongs to calls that carry a token"
        "At the token endpoint there is no token yet.";
    TOO_MANY_HEADERS = "E0406" "too-many-headers"
        "A call has at most six headers of its own"
        "A request keeps its headers in place, without an allocation; Accept and Content-Type come on top.";
    BODY_WITH_GET = "E0407" "body-with-get"
        "GET carries its parameters in the query"
        "A body of a GET request has no meaning (RFC 9110 section 9.3.1).";
    BAD_HEADER = "E0408" "bad-header"
        "Headers are names and printable values"
        "A line break in a header begins another one. Content-Type follows from the body's format, Authorization from auth: stated by hand, one of the two would be wrong.";
    REPURPOSED_PARAMETER = "E0409" "repurposed-parameter"
        "Parameters mean what the IANA registry says"
        "A parameter of the standard in the wrong request, or in another spelling, is a slip more often than a dialect. Where the provider does want it so, rename it under names, or accept this rule and say who says so.";
    UNBOUND_LOGIN = "E0410" "login-without-state"
        "A login sends the state that the module draws"
        "The state binds a callback to the browser that began the login (RFC 6749 section 10.12). Without it no callback can be verified, and the module would refuse each. Where a provider drops the parameter, `authorize.state = \"in_redirect\"` sends it in the redirect URI. No [[accept]] lets it stand.";

    SEPARATOR_IN_SCOPE = "E0501" "separator-in-scope"
        "No scope contains the separator"
        "The provider would take it apart and see two scopes, neither of which exists.";
    UNKNOWN_SCOPE = "E0502" "unknown-scope"
        "Scopes that are referred to are known"
        "always, implies, same_as and offline.scopes name scopes under known, unless the catalogue is open.";
    SCOPES_FROM_CONSOLE = "E0503" "scopes-from-console"
        "What the console decides is not asked for"
        "With chosen = \"console\" no scope parameter goes out, so always and offline.scopes would never be sent.";
    TOO_MANY_OPERATION_SCOPES = "E0504" "too-many-operation-scopes"
        "Operations name at most 128 scopes"
        "The least set of scopes is a word of 128 bits, which the compiler computes.";

    UNREFRESHABLE = "E0601" "refresh-without-token"
        "A refresh has a refresh token"
        "[token.refresh_token] is there, but no token reads a refresh token from an answer.";
    MARGIN_TOO_LONG = "E0602" "margin-too-long"
        "A token is refreshed before its end, not before its beginning"
        "A margin as long as the lifetime refreshes forever.";
    IDLE_TOO_LONG = "E0603" "idle-too-long"
        "Idle life is shorter than absolute life"
        "A refresh token that dies after 30 days in any case cannot stay alive 60 days unused.";
    TWO_RENEWALS = "E0604" "two-renewals"
        "A token is renewed in one way"
        "With both token.refresh_token and token.renew, nobody knows which of them keeps a connection alive.";
    TOKEN_NAMED_AS_GRANT = "E0605" "token-named-as-grant"
        "Tokens are not called as grants are"
        "[token.refresh_token] is a call, [tokens.refresh_token] would be a token: one letter apart, and never what was meant.";
    POLICY_OUT_OF_PLACE = "E0606" "policy-out-of-place"
        "Policies of refresh tokens stand at the refresh"
        "rotation, grace, reuse and idle say what becomes of a token that is traded in. At another grant nobody reads them.";
    IMMORTAL_TOKEN = "E0607" "immortal-token"
        "A token expires, or can be revoked"
        "A token that does neither is a key that cannot be changed. Look for a revocation once more; if there is none, accept this rule, so that the page says it.";
    UNREAD_TABLE = "E0608" "unread-table"
        "Every table has a reader"
        "A table that no call of this provider reads is a fact about something else: a callback without a login, scopes that are never sent.";
    TOO_MANY_MEMBERS = "E0609" "too-many-members"
        "A call reads at most 64 members of an answer"
        "A reader keeps a bit of one word for each. Fields are for what is needed later; read the rest from the answer of another call.";
    UNNEEDED_CALL = "E0610" "unneeded-call"
        "Something needs each further call"
        "Order follows from use: a call whose answer nothing reads would never be made. Say when it is made, or what comes from it.";
    CIRCLE_OF_CALLS = "E0611" "circle-of-calls"
        "No call needs its own answer"
        "Two calls that wait for each other are never made.";
    CHOICE_WITHOUT_LIST = "E0612" "choice-without-list"
        "A choice has a list to choose from"
        "where, choose and label speak of the entries of a list; each says where it stands in the answer.";
    MISSING_INTROSPECTION = "E0613" "missing-introspection"
        "Somebody says when a token ends"
        "A lifetime that introspection tells needs a call that asks; a token that is prolonged without an answer needs a lifetime by the documentation.";
    UNUSABLE_API = "E0614" "unusable-api"
        "What is said of the API can be done"
        "A probe is made at connections of strangers to learn what they may do: it must change nothing and need nothing but the token. And a refusal names the scopes that would have done in one place.";

    MISSING_EVIDENCE = "E0701" "missing-evidence"
        "A departure from the standard has a source"
        "A deviation without a source cannot be reviewed today or checked again next year.";
    EVIDENCE_FOR_NOTHING = "E0702" "evidence-for-nothing"
        "Evidence speaks for a path that exists"
        "After a rename the source would silently cover nothing.";
    BAD_URL = "E0703" "bad-url"
        "Sources and links are https URLs"
        "A source that cannot be opened is no source.";
    UNKNOWN_CLASS = "E0704" "unknown-class"
        "An error's class is one of five"
        "login, retry, limit, app and denied are what a program can act on.";
    BAD_PROSE = "E0705" "bad-prose"
        "Texts are one line of plain words"
        "They stand in tables, in rustdoc and in error messages: a lone backtick or a link would break one of them.";
    STALE_EVIDENCE = "E0706" "stale-evidence"
        "Sources were read within two years"
        "Providers change. A fact that nobody has looked up for two years is a guess; look it up again and renew the day.";
    ENDING = "E0707" "ending"
        "Nothing that the spec states ends within 90 days"
        "An endpoint, a scope or a policy that ends is found while there is still time: move to what follows it, or accept this rule and say when you will.";
    UNREACHABLE_ERROR = "E0708" "unreachable-error"
        "Every row of a refusal can be reached"
        "Of several rows for one code the first that fits counts. A row behind one without description and where never counts: what it says is lost.";

    WRONG_REQUEST = "E0801" "wrong-request"
        "Examples show the request that the spec produces"
        "An example is documentation, test and simulator answer in one. Where it comes from the provider's page, the spec is wrong; where it is ours, one of the two is.";
    WRONG_RESPONSE = "E0802" "wrong-response"
        "Examples show what the answer means"
        "The answer of the example, read by the spec's rules, gives other tokens, fields or another error than the example says.";
    MISSING_EXAMPLE = "E0803" "missing-example"
        "Every call is shown by an example"
        "A call that no example shows is a call that no test makes. A failure belongs to it: most quirks were learnt from one failing response.";
    BAD_EXAMPLE = "E0804" "bad-example"
        "Examples are HTTP"
        "A request begins with method and URL, an answer with its status; headers follow, then an empty line, then the body.";
    UNKNOWN_EXAMPLE = "E0805" "unknown-example-name"
        "Examples name calls, variants and inputs of the spec"
        "An example of something else would never run.";

    ACCEPT_FOR_NOTHING = "E0901" "accept-for-nothing"
        "What is accepted was found"
        "An [[accept]] that matches no finding is left over, and would hide a later one.";
    ONE_ID_TWICE = "E0902" "one-id-twice"
        "Two specs have two ids"
        "The id is stored with every connection, names the module and the file: two providers of one id would read each other's tokens.";
    BROKEN_PROFILE = "E0903" "broken-profile"
        "A profile that is claimed holds"
        "A reader trusts a claim of OAuth 2.1 or RFC 9700 as they trust the standard. Each is held against what the spec says: PKCE, exact redirect URIs, rotation for public clients, nothing secret in a query, no password grant and no implicit flow.";
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
