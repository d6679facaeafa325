//! What the browser brings back: its parameters, and every way in which it can be wrong.

use std::fmt;

use crate::failure::{Refusal, printable};
use crate::provider::{KnownError, Provider, Remedy};
use crate::query::{Encoded, ParameterName, Said, all, parameters};

/// The names under which a provider answers an authorization request (RFC 6749 §4.1.2).
#[derive(Clone, Copy, Debug)]
pub struct CallbackNames {
    /// The authorization code.
    pub code: ParameterName<'static>,
    /// The state.
    pub state: ParameterName<'static>,
    /// The code of a refusal.
    pub error: ParameterName<'static>,
    /// The words of a refusal.
    pub error_description: ParameterName<'static>,
    /// Further names of a refusal's code: the first counts that says something.
    pub further_errors: &'static [ParameterName<'static>],
    /// Further names of a refusal's words, likewise.
    pub further_descriptions: &'static [ParameterName<'static>],
    /// Whether the code stands there as it is, and not as a form value.
    pub code_is_raw: bool,
}

impl CallbackNames {
    /// Those of the standard.
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

/// What a callback shows if it comes from the provider (RFC 9207 for `iss`).
#[derive(Clone, Copy, Debug)]
pub struct Shown<'s> {
    pub(crate) name: ParameterName<'s>,
    pub(crate) value: &'s str,
    /// The same as a form value, where that is known.
    form: Option<&'s str>,
    pub(crate) optional: bool,
}

impl<'s> Shown<'s> {
    /// A parameter that must be there, with this value; and the value as a form has it.
    pub const fn always(name: &'s str, value: &'s str, form: &'s str) -> Shown<'s> {
        Shown {
            form: Some(form),
            ..Shown::new(name, value, false)
        }
    }

    /// A parameter that may be absent, but has no other value.
    pub const fn perhaps(name: &'s str, value: &'s str, form: &'s str) -> Shown<'s> {
        Shown {
            form: Some(form),
            ..Shown::new(name, value, true)
        }
    }

    pub(crate) const fn new(name: &'s str, value: &'s str, optional: bool) -> Shown<'s> {
        Shown {
            name: ParameterName::of(name),
            value,
            form: None,
            optional,
        }
    }

    /// That a callback says it.
    pub(crate) fn holds(&self, said: Said<'_>) -> Result<(), Problem> {
        match once(self.name, said)? {
            Some(value) if Some(value.0) == self.form || value.means(self.value) => Ok(()),
            None if self.optional => Ok(()),
            _ => Err(Problem::Foreign(self.name.as_str().to_owned())),
        }
    }
}

/// The value that is said under a name, if it is said once at the most.
pub(crate) fn once<'a>(
    name: ParameterName<'_>,
    said: Said<'a>,
) -> Result<Option<Encoded<'a>>, Problem> {
    match said {
        Said::Nothing => Ok(None),
        Said::Once(value) => Ok(Some(value)),
        Said::Repeatedly => Err(Problem::Repeated(name.as_str().to_owned())),
    }
}

/// The value under a name, or else under the first of further ones that says something. An empty one says nothing (RFC
/// 6749 §4.1.2.1 takes it for an absent one).
pub(crate) fn first_said<'q>(
    callback: &'q str,
    (name, said): (ParameterName<'_>, Said<'q>),
    further: &[ParameterName<'_>],
) -> Result<Option<Encoded<'q>>, Problem> {
    let mut first = once(name, said)?.filter(|value| !value.0.is_empty());
    for name in further {
        if first.is_none() {
            let [said] = parameters(callback, [name]);
            first = once(*name, said)?.filter(|value| !value.0.is_empty());
        }
    }
    Ok(first)
}

/// The one value of a parameter that must be there.
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

/// What is said under a name, where it is said once; else nothing.
pub(crate) fn perhaps(callback: &str, name: &str) -> String {
    let [said] = parameters(callback, [&ParameterName::of(name)]);
    match said {
        Said::Once(value) => value.decoded().into_owned(),
        _ => String::new(),
    }
}

/// Refuses a request in which a parameter has not the value that it must have.
pub(crate) fn shows(
    provider: &'static Provider,
    callback: &str,
    expected: &[(&'static str, &str)],
) -> Result<(), CallbackError> {
    for (name, expected) in expected {
        let shown = Shown::new(name, expected, false);
        let [said] = parameters(callback, [&shown.name]);
        if matches!(said, Said::Nothing) {
            return Err(unfit(provider, name));
        }
        shown
            .holds(said)
            .map_err(|problem| CallbackError::new(provider, problem))?;
    }
    Ok(())
}

/// All parameters but one, decoded, sorted, joined.
pub(crate) fn rest(callback: &str, except: &str) -> String {
    let mut pairs: Vec<String> = all(callback)
        .map(|(name, value)| (name.decoded(), value.decoded()))
        .filter(|(name, value)| !(name.is_empty() && value.is_empty()))
        .filter(|(name, _)| name != except)
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.sort();
    pairs.join("&")
}

#[cold]
pub(crate) fn unfit(provider: &'static Provider, name: &str) -> CallbackError {
    CallbackError::new(provider, Problem::Unfit(name.to_owned()))
}

/// A callback that finishes no login. No token call is made.
pub struct CallbackError {
    provider: &'static Provider,
    problem: Problem,
}

/// What is wrong with a callback.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// It carries no state.
    MissingState,
    /// Its state is not this login's: forged, stale, or another window's.
    OtherState,
    /// A parameter is there more than once.
    Repeated(String),
    /// A value that must be there, such as the issuer, is another's or missing.
    Foreign(String),
    /// The provider or the user said no.
    Refused {
        /// The provider's code.
        code: String,
        /// The provider's words; never printed.
        description: Option<String>,
    },
    /// It carries no code.
    MissingCode,
    /// A parameter that is needed later is missing, or has not the form that the spec asks for.
    Unfit(String),
    /// What the sealed login remembers does not have the form that the spec now asks for.
    Inputs,
}

impl fmt::Debug for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::MissingState => formatter.write_str("MissingState"),
            Problem::OtherState => formatter.write_str("OtherState"),
            Problem::Repeated(name) => formatter.debug_tuple("Repeated").field(name).finish(),
            Problem::Foreign(name) => formatter.debug_tuple("Foreign").field(name).finish(),
            Problem::Refused { code, .. } => formatter
                .debug_struct("Refused")
                .field("code", &printable(code))
                .finish_non_exhaustive(),
            Problem::MissingCode => formatter.write_str("MissingCode"),
            Problem::Unfit(name) => formatter.debug_tuple("Unfit").field(name).finish(),
            Problem::Inputs => formatter.write_str("Inputs"),
        }
    }
}

impl CallbackError {
    #[cold]
    pub(crate) fn new(provider: &'static Provider, problem: Problem) -> CallbackError {
        CallbackError { provider, problem }
    }

    /// For generated modules: the inputs that came back do not fit.
    #[cold]
    pub fn inputs(provider: &'static Provider) -> CallbackError {
        CallbackError {
            provider,
            problem: Problem::Inputs,
        }
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// What mends it.
    pub fn remedy(&self) -> Remedy {
        match &self.problem {
            Problem::Refused { code, description } => {
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
        let refusal = Refusal::of(code, description.unwrap_or_default());
        self.provider.known("callback", &refusal)
    }
}

impl fmt::Display for CallbackError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.provider.name;
        match &self.problem {
            Problem::MissingState => {
                write!(
                    formatter,
                    "the callback from {name} carries no state: it belongs to no login"
                )
            }
            Problem::OtherState => write!(
                formatter,
                "the callback from {name} carries another login's state"
            ),
            Problem::Repeated(parameter) => {
                write!(
                    formatter,
                    "the callback from {name} says `{parameter}` more than once"
                )
            }
            Problem::Foreign(parameter) => write!(
                formatter,
                "the callback from {name} has a foreign `{parameter}`: another server may have sent it"
            ),
            Problem::Refused { code, .. } => {
                write!(
                    formatter,
                    "{name} refused the login: {}; {}",
                    printable(code),
                    self.remedy()
                )
            }
            Problem::MissingCode => write!(formatter, "the callback from {name} carries no code"),
            Problem::Unfit(parameter) => write!(
                formatter,
                "the callback from {name} has no `{parameter}` of the form that the spec asks for"
            ),
            Problem::Inputs => write!(
                formatter,
                "the login to {name} was begun under another spec"
            ),
        }
    }
}

impl fmt::Debug for CallbackError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for CallbackError {}
