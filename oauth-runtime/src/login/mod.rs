//! [`Login`]: a pending login, from the authorization request to the verified callback.

#[cfg(any(feature = "axum", feature = "loopback"))]
pub(crate) mod browser;
pub(crate) mod callback;
#[cfg(feature = "loopback")]
pub(crate) mod loopback;
pub(crate) mod pending_login;
pub(crate) mod query;
pub(crate) mod redirect;
pub(crate) mod redirect_uri;
pub(crate) mod secrets;
pub(crate) mod text;
pub(crate) mod verified_callback;

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use crate::clock;
use crate::login::callback::{
    CallbackError, CallbackErrorKind, CallbackNames, Shown, arrived, first_said, once, stated,
};
use crate::login::query::{Encoded, ParameterName, parameters};
use crate::login::redirect_uri::EncodedUri;
use crate::login::secrets::LoginSecrets;
use crate::login::text::LoginText;
use crate::login::verified_callback::VerifiedCallback;
use crate::provider::Provider;
use crate::provider::app_identity::AppIdentity;
use crate::request::draft::Draft;
use crate::secret::seal::{SealError, SealingKey};
use crate::secret::{Secret, same};

/// A pending login. Send the browser to [`Login::url`], keep the value in the user's session, and pass it the query of the
/// callback.
///
/// Generated modules wrap it, so that a callback of another provider cannot finish it. [`Login::verify`] consumes a `Login`
/// that stays in memory. A sealed login can be opened repeatedly: it is single-use only if the application deletes the
/// sealed text as it reads it.
pub struct Login {
    provider: &'static Provider,
    /// The app that began the login. An exchange by another app does not get the code.
    app: AppIdentity,
    text: LoginText,
    redirect_uri: EncodedUri,
    /// Whether the login asks for an ID token, which the token response must then contain.
    id_token: bool,
    /// The time at which an opened login was first sealed. It is `None` for a login that stayed in memory, which does not
    /// expire.
    sealed_at: Option<SystemTime>,
    /// The callback parameters that the spec requires, with their values.
    constants: &'static [Shown<'static>],
    expected: Vec<Expected>,
    inputs: Vec<String>,
}

/// The name and the value of a callback parameter, and whether the parameter may be absent.
type Expected = (Cow<'static, str>, Cow<'static, str>, bool);

impl Login {
    /// The time for which a sealed login can be opened: one hour.
    pub const LIFE: Duration = Duration::from_secs(60 * 60);

    /// Begins a login, and writes its authorization request (RFC 6749 §4.1.1).
    #[inline]
    pub fn begin(
        provider: &'static Provider,
        app: AppIdentity,
        secrets: &LoginSecrets,
        redirect_uri: &EncodedUri,
        say: impl Fn(&mut Draft),
    ) -> Login {
        Login {
            provider,
            app,
            text: LoginText::write(secrets, say),
            redirect_uri: redirect_uri.clone(),
            id_token: false,
            sealed_at: None,
            constants: &[],
            expected: Vec::new(),
            inputs: Vec::new(),
        }
    }

    /// Sets whether the login asks for an ID token. If it does, the token response must contain one.
    pub fn with_id_token(mut self, asks: bool) -> Login {
        self.id_token = asks;
        self
    }

    /// Sets the callback parameters that [`Login::verify`] checks, with their values, such as `iss` (RFC 9207).
    pub fn expecting_all(mut self, constants: &'static [Shown<'static>]) -> Login {
        self.constants = constants;
        self
    }

    /// Requires the callback parameter `name` to have this value.
    pub fn expecting(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Login {
        self.expected.push((name.into(), value.into(), false));
        self
    }

    /// Requires the callback parameter `name` to have this value or to be absent.
    pub fn expecting_if_present(
        mut self,
        name: &'static str,
        value: impl Into<Cow<'static, str>>,
    ) -> Login {
        self.expected.push((name.into(), value.into(), true));
        self
    }

    /// Sets the inputs of the connection, which the login stores.
    pub fn with_inputs(mut self, inputs: Vec<String>) -> Login {
        self.inputs = inputs;
        self
    }

    /// Returns the URL of the authorization request, to which the browser is sent.
    pub fn url(&self) -> &str {
        self.text.url()
    }

    /// Returns the state of the authorization request.
    pub fn state(&self) -> &str {
        self.text.state()
    }

    /// Checks the parameters of a callback, in this order: state, redirect URI, the values that identify the provider,
    /// error, code.
    ///
    /// `callback` is the query, the form of a `form_post` response, the path with the query, or the whole URL. If it has a
    /// path, the path must be that of the redirect URI.
    ///
    /// # Errors
    ///
    /// The callback does not belong to this login, or has no code. The error [is a refusal](CallbackError::is_refusal) if
    /// the callback belongs to this login and reports that the provider or the user refused.
    pub fn verify(
        self,
        callback: &str,
        names: &CallbackNames,
    ) -> Result<VerifiedCallback, CallbackError> {
        match self.code_in(callback, names) {
            Ok(code) => Ok(VerifiedCallback {
                text: self.text.answered(code, names.code_is_raw),
                redirect_uri: self.redirect_uri,
                inputs: self.inputs,
                app: self.app,
                id_token: self.id_token,
                unfit: None,
            }),
            Err(problem) => Err(CallbackError::new(self.provider, problem)),
        }
    }

    /// Performs the checks of [`Login::verify`] without consuming the login.
    ///
    /// # Errors
    ///
    /// The callback does not belong to this login, or has no code. The error [is a refusal](CallbackError::is_refusal) if
    /// the callback belongs to this login and reports that the provider or the user refused.
    pub fn check(&self, callback: &str, names: &CallbackNames) -> Result<(), CallbackError> {
        match self.code_in(callback, names) {
            Ok(_) => Ok(()),
            Err(problem) => Err(CallbackError::new(self.provider, problem)),
        }
    }

    /// Returns whether this is the state of the login. Some providers return the state without encoding it.
    fn is_own(&self, state: Encoded<'_>) -> bool {
        let own = self.text.state();
        same(state.0, own) || same(&state.decoded(), own)
    }

    fn code_in<'q>(
        &self,
        callback: &'q str,
        names: &CallbackNames,
    ) -> Result<Encoded<'q>, CallbackErrorKind> {
        // Most providers have at most one constant, so the first one is read in the same pass.
        let first = self.constants.first();
        let wanted = [
            &names.state,
            &names.error,
            &names.error_description,
            &names.code,
            first.map_or(const { &ParameterName::of("") }, |shown| &shown.name),
        ];
        let [state, error, description, code, shown] = parameters(callback, wanted);
        if !self.is_own(stated(names, state, error)?) {
            return Err(CallbackErrorKind::OtherState);
        }
        arrived(callback, self.redirect_uri.as_str())?;
        let error = first_said(callback, (names.error, error), names.further_errors)?;
        let is_refusal = error.is_some();
        if let Some(first) = first {
            first.holds(shown, is_refusal)?;
        }
        let shows = |shown: &Shown<'_>| {
            let [said] = parameters(callback, [&shown.name]);
            shown.holds(said, is_refusal)
        };
        self.constants.iter().skip(1).try_for_each(shows)?;
        self.bound().try_for_each(|shown| shows(&shown))?;
        if let Some(code) = error {
            let said = (names.error_description, description);
            let description = first_said(callback, said, names.further_descriptions)?;
            return Err(CallbackErrorKind::Refused {
                code: code.decoded().into_owned(),
                description: description.map(|said| said.decoded().into_owned()),
            });
        }
        once(names.code, code)?.ok_or(CallbackErrorKind::MissingCode)
    }

    /// Returns the callback parameters that this login requires in addition to those of the spec.
    fn bound(&self) -> impl Iterator<Item = Shown<'_>> {
        let own = self.expected.iter();
        own.map(|(name, value, optional)| Shown::new(name, value, *optional))
    }

    /// Returns the redirect URI, to which the provider sends the browser back.
    pub fn redirect_uri(&self) -> &str {
        self.redirect_uri.as_str()
    }

    /// Returns the identity of the app that began the login.
    pub fn app(&self) -> AppIdentity {
        self.app
    }

    /// Seals the login: returns it as an opaque text, encrypted and authenticated, for a session or a cookie.
    pub fn seal(&self, key: &SealingKey) -> String {
        let sealed_at = self.sealed_at.unwrap_or_else(clock::now);
        let since_1970 = sealed_at
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let [state, code_verifier, nonce] = self.text.secrets();
        let expected = self.constants.iter().copied().chain(self.bound());
        let expected = expected.map(|shown| (shown.name.as_str(), shown.value, shown.optional));
        let parts = (
            self.text.url(),
            state,
            code_verifier,
            nonce,
            self.redirect_uri.as_str(),
            since_1970.as_secs(),
            expected.collect::<Vec<_>>(),
            &self.inputs,
            (self.app.to_number(), self.id_token),
        );
        // Strings, numbers and booleans always serialize.
        let plain = serde_json::to_string(&parts).unwrap_or_default();
        key.seal(&purpose(self.provider), Secret::new(plain))
    }

    /// Opens a login that [`Login::seal`] sealed for the same provider, at most [`Login::LIFE`] ago.
    ///
    /// # Errors
    ///
    /// The text was not sealed by this key for this provider, was changed since, or has expired.
    pub fn open(
        provider: &'static Provider,
        sealed: &str,
        key: &SealingKey,
    ) -> Result<Login, SealError> {
        type Parts = (
            String,
            String,
            String,
            String,
            String,
            u64,
            Vec<(String, String, bool)>,
            Vec<String>,
            (u128, bool),
        );
        let plain = key.open(&purpose(provider), sealed)?;
        let (
            url,
            state,
            code_verifier,
            nonce,
            redirect_uri,
            sealed_at,
            expected,
            inputs,
            (app, id_token),
        ): Parts = serde_json::from_str(plain.expose()).map_err(|_| SealError::Foreign)?;
        let sealed_at = SystemTime::UNIX_EPOCH + Duration::from_secs(sealed_at);
        match clock::now().duration_since(sealed_at) {
            Ok(age) if age > Login::LIFE => Err(SealError::Expired),
            _ => Ok(Login {
                provider,
                app: AppIdentity::from_number(app),
                id_token,
                text: LoginText::of(&url, [&state, &code_verifier, &nonce]),
                redirect_uri: EncodedUri::new(&redirect_uri),
                sealed_at: Some(sealed_at),
                constants: &[],
                expected: expected
                    .into_iter()
                    .map(|(name, value, optional)| (name.into(), value.into(), optional))
                    .collect(),
                inputs,
            }),
        }
    }
}

/// Returns the purpose of a sealed login. It contains the provider, so that the login does not open for another one.
fn purpose(provider: &Provider) -> String {
    format!(
        "login 4 {} {}",
        provider.id,
        provider.variant.unwrap_or_default()
    )
}

impl fmt::Debug for Login {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Login")
            .field("provider", &self.provider.id)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::redirect::RedirectRule;
    use crate::login::redirect_uri::RedirectUri;

    static PROVIDER: Provider = Provider::new("acme", "Acme", "https://acme.example");
    static OTHER: Provider = Provider::new("other", "Other", "https://other.example");
    const NAMES: CallbackNames = CallbackNames::STANDARD;

    fn login() -> Login {
        login_without_issuer()
            .expecting("iss", "https://acme.example")
            .with_inputs(vec!["shop".to_owned()])
    }

    fn login_without_issuer() -> Login {
        let secrets = LoginSecrets::from_parts("xyz", "verifier").unwrap();
        let redirect_uri = RedirectUri::parse(RedirectRule::Https, "https://app.example/cb")
            .unwrap()
            .encoded_once();
        Login::begin(
            &PROVIDER,
            AppIdentity::UNKNOWN,
            &secrets,
            &redirect_uri,
            |request| {
                request.url("https://acme.example/authorize");
                request.query("?state=").raw(secrets.state());
            },
        )
    }

    #[track_caller]
    fn refused(query: &str, expected: &str) {
        let error = login().verify(query, &NAMES).unwrap_err();
        assert_eq!(error.to_string(), expected, "{query}");
    }

    #[test]
    fn a_right_callback_gives_the_code_with_what_belongs_to_it() {
        let iss = "iss=https%3A%2F%2Facme.example";
        for query in [
            format!("state=xyz&code=a%2Bb&{iss}"),
            format!("?code=a%2Bb&{iss}&state=xyz"),
            format!("https://app.example/cb?code=a%2Bb&{iss}&state=xyz#_=_"),
            // Behind a proxy, a request has another scheme and host.
            format!("http://10.0.0.7:8080/cb?code=a%2Bb&{iss}&state=xyz"),
            format!("/cb?code=a%2Bb&{iss}&state=xyz"),
            // An empty parameter counts as absent.
            format!("code=a%2Bb&{iss}&state=xyz&error="),
            format!("code=a%2Bb&{iss}&state=xyz&error&error_description=&code=&iss="),
        ] {
            let verified = login().verify(&query, &NAMES).unwrap();
            assert_eq!(verified.parts().code(), "a+b");
            assert_eq!(verified.parts().code_verifier(), "verifier");
            assert_eq!(verified.parts().redirect_uri(), "https://app.example/cb");
            assert_eq!(verified.inputs(), ["shop"]);
        }
    }

    #[test]
    fn a_code_that_stands_as_it_is_keeps_its_plus_signs_and_percent_signs() {
        const RAW: CallbackNames = CallbackNames {
            code_is_raw: true,
            ..NAMES
        };
        let query = "code=aB+c/d%2B==&state=xyz";
        for (names, code) in [(&RAW, "aB+c/d%2B=="), (&NAMES, "aB c/d+==")] {
            let verified = login_without_issuer().verify(query, names).unwrap();
            assert_eq!(verified.parts().code(), code);
        }
    }

    #[test]
    fn of_several_names_of_a_refusal_the_first_counts_that_says_something() {
        const SEVERAL: CallbackNames = CallbackNames {
            further_errors: &[ParameterName::of("error_code")],
            further_descriptions: &[ParameterName::of("error_message")],
            ..NAMES
        };
        let refused = |query: &str| {
            let verified = login_without_issuer().verify(query, &SEVERAL);
            let Err(error) = verified else { return None };
            match error.problem() {
                CallbackErrorKind::Refused { code, description } => {
                    Some((code.clone(), description.clone()))
                }
                _ => None,
            }
        };
        let said = |code: &str, words: &str| Some((code.to_owned(), Some(words.to_owned())));
        for (query, expected) in [
            (
                "error_code=901&error_message=a+b&state=xyz",
                said("901", "a b"),
            ),
            (
                "error=&error_code=901&error_message=m&state=xyz",
                said("901", "m"),
            ),
            (
                "error=access_denied&error_code=200&error_description=d&state=xyz",
                said("access_denied", "d"),
            ),
            ("code=c&state=xyz", None),
            ("code=c&state=xyz&error=&error_code=", None),
        ] {
            assert_eq!(refused(query), expected, "{query}");
        }
    }

    #[test]
    fn every_wrong_callback_is_told_apart() {
        let iss = "iss=https%3A%2F%2Facme.example";
        refused(
            "code=c",
            "the callback from Acme has no state, so it matches no login",
        );
        refused(
            &format!("code=c&state=abc&{iss}"),
            "the callback from Acme has the state of another login",
        );
        refused(
            &format!("code=c&state=xyz&state=xyz&{iss}"),
            "the callback from Acme has more than one `state`",
        );
        refused(
            "code=c&state=xyz&iss=https://evil.example",
            "the callback from Acme has an unexpected `iss`: another server may have sent it",
        );
        refused(
            "code=c&state=xyz",
            "the callback from Acme has no `iss`, which must accompany every code",
        );
        refused(
            "error=access_denied&error_description=hush",
            "the callback from Acme has the error `access_denied` but no state: it is unverified and matches no login",
        );
        refused(
            &format!("https://app.example/other?code=c&state=xyz&{iss}"),
            "the callback from Acme arrived at `/other`, but the login's redirect URI has the path `/cb`",
        );
        refused(
            &format!("state=xyz&{iss}"),
            "the callback from Acme has no code",
        );
        refused(
            &format!("state=xyz&{iss}&error=access_denied&error_description=hush"),
            "the login at Acme failed: access_denied; the user or an administrator refused; ask before trying again",
        );
    }

    #[test]
    fn a_value_that_may_be_absent_must_still_not_be_another_s() {
        let login = || login_without_issuer().expecting_if_present("iss", "https://acme.example");
        assert!(login().verify("code=c&state=xyz", &NAMES).is_ok());
        assert!(
            login()
                .verify("code=c&state=xyz&iss=https://acme.example", &NAMES)
                .is_ok()
        );
        assert!(
            login()
                .verify("code=c&state=xyz&iss=https://evil.example", &NAMES)
                .is_err()
        );
    }

    #[test]
    fn a_refusal_may_lack_the_issuer_and_has_no_other_s() {
        for login in [
            login(),
            login_without_issuer().expecting_if_present("iss", "https://acme.example"),
        ] {
            for (iss, is_refusal) in [
                ("", true),
                ("&iss=https://acme.example", true),
                ("&iss=https://evil.example", false),
            ] {
                let query = format!("state=xyz&error=access_denied{iss}");
                let error = login.check(&query, &NAMES).unwrap_err();
                assert_eq!(error.is_refusal(), is_refusal, "{query}: {error}");
            }
        }
    }

    #[test]
    fn a_check_consumes_nothing_and_gives_what_the_callback_gives() {
        for query in [
            "state=xyz&code=c&iss=https://acme.example",
            "state=xyz&code=c",
            "state=xyz&error=access_denied",
            "state=abc&code=c",
            "error=access_denied",
        ] {
            let login = login();
            let checked = login.check(query, &NAMES);
            assert_eq!(login.check(query, &NAMES), checked);
            assert_eq!(login.verify(query, &NAMES).map(drop), checked, "{query}");
        }
    }

    #[test]
    fn a_forged_refusal_is_not_taken_for_one() {
        refused(
            "error=access_denied&state=abc",
            "the callback from Acme has the state of another login",
        );
    }

    #[test]
    fn a_forged_callback_that_says_things_twice_is_told_as_forged() {
        refused(
            "code=a&code=b&state=abc",
            "the callback from Acme has the state of another login",
        );
    }

    #[test]
    fn a_sealed_login_opens_for_its_provider_and_key_alone() {
        let key = SealingKey::generate();
        let sealed = login().seal(&key);
        assert!(!sealed.contains("xyz"));
        let opened = Login::open(&PROVIDER, &sealed, &key).unwrap();
        assert_eq!(opened.url(), login().url());
        assert!(
            opened
                .verify("state=xyz&code=c&iss=https://acme.example", &NAMES)
                .is_ok()
        );
        assert_eq!(
            Login::open(&OTHER, &sealed, &key).unwrap_err(),
            SealError::Foreign
        );
        let other_key = SealingKey::generate();
        assert_eq!(
            Login::open(&PROVIDER, &sealed, &other_key).unwrap_err(),
            SealError::Foreign
        );
        let mut torn = sealed.clone();
        torn.truncate(torn.len() - 2);
        assert_eq!(
            Login::open(&PROVIDER, &torn, &key).unwrap_err(),
            SealError::Foreign
        );
    }

    #[test]
    fn an_old_sealed_login_is_refused() {
        let key = SealingKey::generate();
        let mut old = login();
        old.sealed_at = Some(clock::now() - Login::LIFE - Duration::from_secs(5));
        assert_eq!(
            Login::open(&PROVIDER, &old.seal(&key), &key).unwrap_err(),
            SealError::Expired
        );
    }

    #[test]
    fn nothing_secret_is_in_debug() {
        let shown = format!("{:?}", login());
        assert!(
            !shown.contains("xyz") && !shown.contains("verifier\""),
            "{shown}"
        );
    }
}
