//! Callbacks: their parameters, and the errors of callbacks that give no authorization code.

use std::fmt;

use crate::login::query::{
    Encoded, ParameterName, ParameterValue, all, parameters, path_of, path_of_callback,
};
use crate::printable::printable;
use crate::provider::{KnownError, Provider, Remedy};
use crate::response::parse_error::ErrorResponse;
use crate::secret::same;

/// The names of the parameters in a provider's authorization response (RFC 6749 §4.1.2).
#[derive(Clone, Copy, Debug)]
pub struct CallbackNames {
    /// The name of the authorization code.
    pub code: ParameterName<'static>,
    /// The name of the state.
    pub state: ParameterName<'static>,
    /// The name of the error code.
    pub error: ParameterName<'static>,
    /// The name of the error description.
    pub error_description: ParameterName<'static>,
    /// Further names of the error code. The first name with a value counts.
    pub further_errors: &'static [ParameterName<'static>],
    /// Further names of the error description. The first name with a value counts.
    pub further_descriptions: &'static [ParameterName<'static>],
    /// Whether the code is used as it is, and not decoded as a form value.
    pub code_is_raw: bool,
}

impl CallbackNames {
    /// The names of RFC 6749.
    pub const STANDARD: CallbackNames = CallbackNames {
        code: ParameterName::of("code"),
        state: ParameterName::of("state"),
        error: ParameterName::of("error"),
        error_description: ParameterName::of("error_description"),
        further_errors: &[],
        further_descriptions: &[],
        code_is_raw: false,
    };
}

/// A parameter that identifies a callback as the provider's, with its expected value (`iss` in RFC 9207).
#[derive(Clone, Copy, Debug)]
pub struct ExpectedParameter<'s> {
    pub(crate) name: ParameterName<'s>,
    pub(crate) value: &'s str,
    /// The value as a form value, if it is known.
    form: Option<&'s str>,
    pub(crate) optional: bool,
}

impl<'s> ExpectedParameter<'s> {
    /// Creates the expectation of a required parameter. `form` is `value` as a form value.
    pub const fn always(name: &'s str, value: &'s str, form: &'s str) -> ExpectedParameter<'s> {
        ExpectedParameter {
            form: Some(form),
            ..ExpectedParameter::new(name, value, false)
        }
    }

    /// Creates the expectation of a parameter that may be absent, but must not have another value. `form` is `value` as
    /// a form value.
    pub const fn perhaps(name: &'s str, value: &'s str, form: &'s str) -> ExpectedParameter<'s> {
        ExpectedParameter {
            form: Some(form),
            ..ExpectedParameter::new(name, value, true)
        }
    }

    pub(crate) const fn new(
        name: &'s str,
        value: &'s str,
        optional: bool,
    ) -> ExpectedParameter<'s> {
        ExpectedParameter {
            name: ParameterName::of(name),
            value,
            form: None,
            optional,
        }
    }

    /// Checks that a callback has this value. An error response may lack it: some servers send `iss` only with codes.
    pub(crate) fn holds(
        &self,
        said: ParameterValue<'_>,
        is_refusal: bool,
    ) -> Result<(), CallbackErrorKind> {
        match once(self.name, said)? {
            Some(value) if self.is(value) => Ok(()),
            Some(_) => Err(CallbackErrorKind::Foreign(self.name.as_str().to_owned())),
            None if self.optional || is_refusal => Ok(()),
            None => Err(CallbackErrorKind::Missing(self.name.as_str().to_owned())),
        }
    }

    fn is(&self, value: Encoded<'_>) -> bool {
        match self.form {
            // A constant of the spec is public, so the time of the comparison reveals nothing.
            Some(form) => value.0 == form || value.means(self.value),
            // A computed value, such as an HMAC, may depend on a secret, so it is compared in constant time.
            None => same(&value.decoded(), self.value),
        }
    }
}

/// Returns the value of a parameter, or an error if the parameter is repeated.
pub(crate) fn once<'a>(
    name: ParameterName<'_>,
    said: ParameterValue<'a>,
) -> Result<Option<Encoded<'a>>, CallbackErrorKind> {
    match said {
        ParameterValue::Missing => Ok(None),
        ParameterValue::Single(value) => Ok(Some(value)),
        ParameterValue::Repeated => Err(CallbackErrorKind::Repeated(name.as_str().to_owned())),
    }
}

/// Returns the value of a parameter, or of the first further name that has one. An empty value counts as absent (RFC
/// 6749 §3.1).
pub(crate) fn first_said<'q>(
    callback: &'q str,
    (name, said): (ParameterName<'_>, ParameterValue<'q>),
    further: &[ParameterName<'_>],
) -> Result<Option<Encoded<'q>>, CallbackErrorKind> {
    let mut first = once(name, said)?;
    for name in further {
        if first.is_none() {
            let [said] = parameters(callback, [name]);
            first = once(*name, said)?;
        }
    }
    Ok(first)
}

/// Returns the value of a parameter that must occur exactly once.
pub(crate) fn single(
    provider: &'static Provider,
    callback: &str,
    name: &str,
) -> Result<String, CallbackError> {
    let own = ParameterName::of(name);
    let [said] = parameters(callback, [&own]);
    match once(own, said) {
        Ok(Some(value)) => Ok(value.decoded().into_owned()),
        Ok(None) => Err(unfit(provider, name)),
        Err(problem) => Err(CallbackError::new(provider, problem)),
    }
}

/// Returns the value of a parameter that occurs once, or an empty text if it is absent or repeated.
pub(crate) fn perhaps(callback: &str, name: &str) -> String {
    let [said] = parameters(callback, [&ParameterName::of(name)]);
    match said {
        ParameterValue::Single(value) => value.decoded().into_owned(),
        _ => String::new(),
    }
}

/// Checks that each parameter of a request has its expected value.
pub(crate) fn shows(
    provider: &'static Provider,
    callback: &str,
    expected: &[(&'static str, &str)],
) -> Result<(), CallbackError> {
    for (name, expected) in expected {
        let shown = ExpectedParameter::new(name, expected, false);
        let [said] = parameters(callback, [&shown.name]);
        if matches!(said, ParameterValue::Missing) {
            return Err(unfit(provider, name));
        }
        shown
            .holds(said, false)
            .map_err(|problem| CallbackError::new(provider, problem))?;
    }
    Ok(())
}

/// Joins all parameters but one, decoded and sorted. Percent-encodes what would make the text ambiguous: `%` and `&`
/// everywhere, `=` in names.
pub(crate) fn rest(callback: &str, except: &str) -> String {
    let mut pairs: Vec<String> = all(callback)
        .map(|(name, value)| (name.decoded(), value.decoded()))
        .filter(|(name, value)| !(name.is_empty() && value.is_empty()))
        .filter(|(name, _)| name != except)
        .map(|(name, value)| {
            let name = unambiguous(&name).replace('=', "%3D");
            format!("{name}={}", unambiguous(&value))
        })
        .collect();
    pairs.sort();
    pairs.join("&")
}

fn unambiguous(text: &str) -> String {
    text.replace('%', "%25").replace('&', "%26")
}

/// Returns the state of a callback, before the login that it belongs to is known.
#[cfg(feature = "axum")]
pub(crate) fn state_in<'q>(
    callback: &'q str,
    names: &CallbackNames,
) -> Result<Encoded<'q>, CallbackErrorKind> {
    let [state, error] = parameters(callback, [&names.state, &names.error]);
    stated(names, state, error)
}

/// Returns the state of a callback. A callback with an error and without a state belongs to no login, and its error is
/// reported.
pub(crate) fn stated<'q>(
    names: &CallbackNames,
    state: ParameterValue<'q>,
    error: ParameterValue<'q>,
) -> Result<Encoded<'q>, CallbackErrorKind> {
    match (once(names.state, state)?, error) {
        (Some(state), _) => Ok(state),
        (None, ParameterValue::Single(code)) => Err(CallbackErrorKind::Unverified {
            code: code.decoded().into_owned(),
        }),
        (None, _) => Err(CallbackErrorKind::MissingState),
    }
}

/// Checks that a callback arrived at the path of the login's redirect URI (RFC 9700 section 4.4.2.2). A bare query has
/// no path and passes. Scheme and host are not compared: behind a proxy, a request does not have the ones that the
/// browser used.
pub(crate) fn arrived(callback: &str, redirect_uri: &str) -> Result<(), CallbackErrorKind> {
    // Most applications pass the whole URL, so a comparison of prefixes comes first.
    let behind = callback.strip_prefix(redirect_uri).map(str::as_bytes);
    match behind {
        Some([] | [b'?' | b'#', ..]) => Ok(()),
        _ => arrived_by_path(callback, redirect_uri),
    }
}

#[inline(never)]
fn arrived_by_path(callback: &str, redirect_uri: &str) -> Result<(), CallbackErrorKind> {
    let Some(path) = path_of_callback(callback) else {
        return Ok(());
    };
    match path_of(redirect_uri) {
        expected if expected == path => Ok(()),
        expected => Err(CallbackErrorKind::OtherRedirectUri {
            path: path.to_owned(),
            expected: expected.to_owned(),
        }),
    }
}

#[cold]
pub(crate) fn unfit(provider: &'static Provider, name: &str) -> CallbackError {
    CallbackError::new(provider, CallbackErrorKind::Malformed(name.to_owned()))
}

/// An error for a callback that gives no authorization code. No token request was sent.
#[derive(Clone)]
pub struct CallbackError {
    provider: &'static Provider,
    problem: CallbackErrorKind,
}

/// The reason why a callback gives no authorization code.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallbackErrorKind {
    /// The callback has no state.
    MissingState,
    /// The callback has an error code and no state. Any web page can cause such a request, so the code is unverified:
    /// it is reported, and every login stays pending.
    Unverified {
        /// The error code.
        code: String,
    },
    /// The state belongs to another login: the callback is forged, stale, or from another window.
    OtherState,
    /// The callback arrived at another redirect URI than the login's (RFC 9700 section 4.4.2.2).
    OtherRedirectUri {
        /// The path that the callback arrived at.
        path: String,
        /// The path of the login's redirect URI.
        expected: String,
    },
    /// A parameter occurs more than once.
    Repeated(String),
    /// A parameter that identifies the provider, such as `iss`, is missing.
    Missing(String),
    /// A parameter that identifies the provider, such as `iss`, has another value.
    Foreign(String),
    /// The provider or the user refused the login. The callback belongs to the login.
    Refused {
        /// The error code of the error response.
        code: String,
        /// The provider's description, which is never printed.
        description: Option<String>,
    },
    /// The callback has no authorization code.
    MissingCode,
    /// A parameter that is needed later is missing or malformed.
    Malformed(String),
    /// The sealed login has inputs that the spec no longer accepts.
    Inputs,
}

impl fmt::Debug for CallbackErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallbackErrorKind::MissingState => formatter.write_str("MissingState"),
            CallbackErrorKind::Unverified { code } => formatter
                .debug_struct("Unverified")
                .field("code", &printable(code))
                .finish(),
            CallbackErrorKind::OtherState => formatter.write_str("OtherState"),
            CallbackErrorKind::OtherRedirectUri { path, expected } => formatter
                .debug_struct("OtherRedirectUri")
                .field("path", &printable(path))
                .field("expected", expected)
                .finish(),
            CallbackErrorKind::Repeated(name) => {
                formatter.debug_tuple("Repeated").field(name).finish()
            }
            CallbackErrorKind::Missing(name) => {
                formatter.debug_tuple("Missing").field(name).finish()
            }
            CallbackErrorKind::Foreign(name) => {
                formatter.debug_tuple("Foreign").field(name).finish()
            }
            CallbackErrorKind::Refused { code, .. } => formatter
                .debug_struct("Refused")
                .field("code", &printable(code))
                .finish_non_exhaustive(),
            CallbackErrorKind::MissingCode => formatter.write_str("MissingCode"),
            CallbackErrorKind::Malformed(name) => {
                formatter.debug_tuple("AccessError").field(name).finish()
            }
            CallbackErrorKind::Inputs => formatter.write_str("Inputs"),
        }
    }
}

impl CallbackError {
    #[cold]
    pub(crate) fn new(provider: &'static Provider, problem: CallbackErrorKind) -> CallbackError {
        CallbackError { provider, problem }
    }

    /// Creates an error for inputs of a sealed login that the spec no longer accepts. Generated modules use it.
    #[cold]
    pub fn inputs(provider: &'static Provider) -> CallbackError {
        CallbackError {
            provider,
            problem: CallbackErrorKind::Inputs,
        }
    }

    /// Returns the reason.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # fn main() {
    /// # let back = acme::RedirectUri::constant("https://app.example.com/callback");
    /// # let app = acme::App::new("client id", "client secret", back);
    /// use oauth_runtime::login::CallbackErrorKind;
    ///
    /// let login = acme::login(&app, &[acme::Scope::READ]);
    /// let error = login.callback("code=SplxlOBeZQQYbYS6WxSbIA&state=forged").unwrap_err();
    /// assert_eq!(error.problem(), &CallbackErrorKind::OtherState);
    /// # }
    /// ```
    pub fn problem(&self) -> &CallbackErrorKind {
        &self.problem
    }

    /// Returns whether the callback belongs to the login and states that the provider or the user refused. Such a
    /// callback ends its login; no other error does.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # fn main() {
    /// # let back = acme::RedirectUri::constant("https://app.example.com/callback");
    /// # let app = acme::App::new("client id", "client secret", back);
    /// use oauth_runtime::PendingLogin;
    ///
    /// let login = acme::login(&app, &[acme::Scope::READ]);
    /// let query = format!("error=access_denied&state={}", login.state());
    /// assert!(login.callback(&query).unwrap_err().is_refusal());
    /// # }
    /// ```
    pub fn is_refusal(&self) -> bool {
        matches!(self.problem, CallbackErrorKind::Refused { .. })
    }

    /// Returns what to do about the error.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # fn main() {
    /// # let back = acme::RedirectUri::constant("https://app.example.com/callback");
    /// # let app = acme::App::new("client id", "client secret", back);
    /// use oauth_runtime::{PendingLogin, Remedy};
    ///
    /// let login = acme::login(&app, &[acme::Scope::READ]);
    /// let query = format!("error=access_denied&state={}", login.state());
    /// assert_eq!(login.callback(&query).unwrap_err().remedy(), Remedy::AskTheUser);
    /// # }
    /// ```
    pub fn remedy(&self) -> Remedy {
        match &self.problem {
            CallbackErrorKind::Refused { code, description } => {
                match self.known(code, description.as_deref()) {
                    Some(known) => known.remedy,
                    None => match code.as_str() {
                        "access_denied" => Remedy::AskTheUser,
                        "server_error" | "temporarily_unavailable" => Remedy::Retry,
                        _ => Remedy::MendApp,
                    },
                }
            }
            _ => Remedy::LogIn,
        }
    }

    fn known(&self, code: &str, description: Option<&str>) -> Option<&'static KnownError> {
        let refusal = ErrorResponse::of(code, description.unwrap_or_default());
        self.provider.known("callback", &refusal)
    }
}

impl fmt::Display for CallbackError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.provider.name;
        match &self.problem {
            CallbackErrorKind::MissingState => {
                write!(
                    formatter,
                    "the callback from {name} has no state, so it matches no login"
                )
            }
            CallbackErrorKind::Unverified { code } => write!(
                formatter,
                "the callback from {name} has the error `{}` but no state: it is unverified and matches no login",
                printable(code)
            ),
            CallbackErrorKind::OtherRedirectUri { path, expected } => write!(
                formatter,
                "the callback from {name} arrived at `{}`, but the login's redirect URI has the path `{expected}`",
                printable(path)
            ),
            CallbackErrorKind::Missing(parameter) => write!(
                formatter,
                "the callback from {name} has no `{parameter}`, which must accompany every code"
            ),
            CallbackErrorKind::OtherState => write!(
                formatter,
                "the callback from {name} has the state of another login"
            ),
            CallbackErrorKind::Repeated(parameter) => {
                write!(
                    formatter,
                    "the callback from {name} has more than one `{parameter}`"
                )
            }
            CallbackErrorKind::Foreign(parameter) => write!(
                formatter,
                "the callback from {name} has an unexpected `{parameter}`: another server may have sent it"
            ),
            CallbackErrorKind::Refused { code, .. } => {
                write!(
                    formatter,
                    "the login at {name} failed: {}; {}",
                    printable(code),
                    self.remedy()
                )
            }
            CallbackErrorKind::MissingCode => {
                write!(formatter, "the callback from {name} has no code")
            }
            CallbackErrorKind::Malformed(parameter) => write!(
                formatter,
                "the callback from {name} has no `{parameter}` in the form that the spec requires"
            ),
            CallbackErrorKind::Inputs => write!(
                formatter,
                "the login at {name} has inputs that the spec no longer accepts: begin a new login"
            ),
        }
    }
}

impl fmt::Debug for CallbackError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl PartialEq for CallbackError {
    fn eq(&self, other: &CallbackError) -> bool {
        let own = |error: &CallbackError| (error.provider.id, error.provider.variant);
        own(self) == own(other) && self.problem == other.problem
    }
}

impl Eq for CallbackError {}

impl std::error::Error for CallbackError {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::request::encode::form_encode;

    #[test]
    fn plain_parameters_are_joined_as_they_are() {
        assert_eq!(
            rest("shop=a.example&hmac=1&code=c+d&&state=%2Fx", "hmac"),
            "code=c d&shop=a.example&state=/x"
        );
    }

    #[test]
    fn one_signed_text_has_one_meaning() {
        let one = rest("a=1%26b=2", "hmac");
        let two = rest("a=1&b=2", "hmac");
        assert_ne!(one, two);
        assert_ne!(rest("a%3Db=c", "hmac"), rest("a=b%3Dc", "hmac"));
        assert_ne!(rest("a=%2526", "hmac"), rest("a=%26", "hmac"));
    }

    proptest! {
        #[test]
        fn two_callbacks_with_one_signed_text_have_the_same_parameters(
            one in prop::collection::btree_map("[a&=%2]{1,3}", "[a&=%2]{0,3}", 0..3),
            other in prop::collection::btree_map("[a&=%2]{1,3}", "[a&=%2]{0,3}", 0..3),
        ) {
            let query = |pairs: &BTreeMap<String, String>| {
                let pair = |(name, value): (&String, &String)| format!("{}={}", form_encode(name), form_encode(value));
                pairs.iter().map(pair).collect::<Vec<_>>().join("&")
            };
            let signed = |pairs| rest(&query(pairs), "hmac");
            prop_assert_eq!(signed(&one) == signed(&other), one == other);
        }
    }

    #[test]
    fn what_is_computed_is_compared_whole() {
        let shown = ExpectedParameter::new("hmac", "5bdcc146bf60754e", false);
        let holds = |value: &str| shown.holds(ParameterValue::Single(Encoded(value)), false);
        assert_eq!(holds("5bdcc146bf60754e"), Ok(()));
        assert_eq!(holds("5bdcc146bf60754%65"), Ok(()));
        for other in [
            "",
            "5bdcc146bf60754",
            "5bdcc146bf60754f",
            "6bdcc146bf60754e",
        ] {
            assert_eq!(
                holds(other),
                Err(CallbackErrorKind::Foreign("hmac".to_owned()))
            );
        }
        assert_eq!(
            shown.holds(ParameterValue::Missing, false),
            Err(CallbackErrorKind::Missing("hmac".to_owned()))
        );
        assert_eq!(shown.holds(ParameterValue::Missing, true), Ok(()));
    }
}
