//! Encryption of stored tokens for one row alone, by keys that can be replaced during operation.

use std::fmt;
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::lifecycle::store::Sealed;
use crate::lifecycle::store::binding::{Binding, first_purpose};
use crate::printable::printable_line;
use crate::secret::Secret;
use crate::secret::seal::SealingKey;
use crate::token::{Scopes, Token};

/// The keys that seal stored tokens. The id of a key is stored beside what it sealed. The first key seals, and all of them
/// open. To replace a key, first add the new one behind the old one on every machine, so that all can open it. Then put it
/// first everywhere, reseal all rows, and remove the old one.
///
/// ```
/// use oauth_runtime::SealingKey;
/// use oauth_runtime::lifecycle::SealingKeys;
///
/// let keys = SealingKeys::new("2026-11", SealingKey::generate()).and("2025-04", SealingKey::generate());
/// assert_eq!(format!("{keys:?}"), "SealingKeys([\"2026-11\", \"2025-04\"])");
/// ```
pub struct SealingKeys {
    keys: Vec<(String, SealingKey)>,
    find: Option<Box<Find>>,
    format: SealFormat,
    refuses_first: bool,
}

/// The format of sealed tokens: what they are bound to, and so which versions of this crate read them.
///
/// To upgrade machines one by one, let the new version seal as [`SealFormat::First`] until all machines run it, then as
/// [`SealFormat::Second`]. [`Manager::reseal`](crate::lifecycle::Manager::reseal) converts all rows to the present format.
///
/// Neither format detects that a whole row was restored to an earlier state, with its tokens, its version and the data of
/// its app. The old tokens then open, and the provider decides whether they are valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealFormat {
    /// Tokens are bound to connection, provider and token name.
    First,
    /// Tokens are also bound to deployment, column, login, version, and the app with its inputs.
    #[default]
    Second,
}

type Find = dyn Fn(&str) -> Option<SealingKey> + Send + Sync;

/// The reason why a sealed text does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsealError {
    /// The sealing keys have no key with this id.
    NoKey(String),
    /// The text was changed, or was sealed for another row.
    Foreign,
    /// The text opens, but this version cannot read a token in it.
    Unreadable,
}

/// The reason why sealing keys cannot be read. It contains nothing of their text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidKeys {
    /// The text has no keys.
    None,
    /// The key at this position, counted from one, is not `id:key` with 32 bytes in base64.
    Malformed(usize),
    /// The environment variable of this name is missing or not valid Unicode.
    NoVariable(String),
    /// The file cannot be read, for this reason.
    Unreadable(String),
    /// The file has this mode, which gives access to users other than its owner.
    Open(u32),
}

impl fmt::Display for InvalidKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidKeys::None => formatter.write_str("there are no sealing keys"),
            InvalidKeys::Malformed(at) => write!(
                formatter,
                "sealing key {at} is not `id:key` with 32 bytes in base64: create one with `openssl rand -base64 32`"
            ),
            InvalidKeys::NoVariable(name) => {
                write!(
                    formatter,
                    "the environment variable `{name}` has no sealing keys"
                )
            }
            InvalidKeys::Unreadable(reason) => {
                write!(
                    formatter,
                    "the file of sealing keys cannot be read: {}",
                    printable_line(reason)
                )
            }
            InvalidKeys::Open(mode) => write!(
                formatter,
                "other users have access to the file of sealing keys (mode {mode:04o}): run `chmod 600` on it"
            ),
        }
    }
}

impl std::error::Error for InvalidKeys {}

impl fmt::Display for UnsealError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnsealError::NoKey(id) => write!(
                formatter,
                "it is sealed with the key `{}`, which is not one of the sealing keys",
                printable_line(id)
            ),
            UnsealError::Foreign => {
                formatter.write_str("it was changed, or copied from another row")
            }
            UnsealError::Unreadable => {
                formatter.write_str("it is not a token that this version can read")
            }
        }
    }
}

impl SealingKeys {
    /// Creates sealing keys with one key, which has this id.
    ///
    /// ```
    /// use oauth_runtime::SealingKey;
    /// use oauth_runtime::lifecycle::SealingKeys;
    ///
    /// let keys = SealingKeys::new("2026-11", SealingKey::generate());
    /// ```
    pub fn new(id: impl Into<String>, key: SealingKey) -> SealingKeys {
        SealingKeys {
            keys: vec![(id.into(), key)],
            find: None,
            format: SealFormat::default(),
            refuses_first: false,
        }
    }

    /// Adds a function that finds other keys by their ids, for example in an external key store.
    ///
    /// ```
    /// use oauth_runtime::SealingKey;
    /// use oauth_runtime::lifecycle::SealingKeys;
    ///
    /// let keys = SealingKeys::new("2026-11", SealingKey::generate()).or_find(|id| match id {
    ///     "2025-04" => Some(SealingKey::from_bytes(&[7; 32])),
    ///     _ => None,
    /// });
    /// ```
    pub fn or_find(
        mut self,
        find: impl Fn(&str) -> Option<SealingKey> + Send + Sync + 'static,
    ) -> SealingKeys {
        self.find = Some(Box::new(find));
        self
    }

    /// Adds an older key, which opens and no longer seals.
    pub fn and(mut self, id: impl Into<String>, key: SealingKey) -> SealingKeys {
        self.keys.push((id.into(), key));
        self
    }

    /// Parses `id:key` entries, separated by commas or lines, newest first. A key is 32 bytes in base64, in either alphabet.
    /// `openssl rand -base64 32` makes one.
    ///
    /// ```
    /// use oauth_runtime::lifecycle::SealingKeys;
    ///
    /// let keys = SealingKeys::parse("2026-11:bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE");
    /// assert_eq!(format!("{:?}", keys.unwrap()), "SealingKeys([\"2026-11\"])");
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text has no keys or a malformed one.
    pub fn parse(text: &str) -> Result<SealingKeys, InvalidKeys> {
        let entries = text.split([',', '\n']).map(str::trim);
        let entries = entries.filter(|entry| !entry.is_empty()).enumerate();
        let keys: Result<Vec<_>, InvalidKeys> = entries
            .map(|(at, entry)| {
                let malformed = InvalidKeys::Malformed(at + 1);
                let (id, key) = entry.split_once(':').ok_or(malformed.clone())?;
                let key = SealingKey::parse(key.trim()).ok_or(malformed)?;
                Ok((id.trim().to_owned(), key))
            })
            .collect();
        match keys? {
            none if none.is_empty() => Err(InvalidKeys::None),
            keys => Ok(SealingKeys {
                keys,
                find: None,
                format: SealFormat::default(),
                refuses_first: false,
            }),
        }
    }

    /// Reads keys from an environment variable, which has the format of `SealingKeys::parse`.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_runtime::lifecycle::SealingKeys;
    ///
    /// let keys = SealingKeys::from_env("SEALING_KEYS")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the variable is missing, or has no keys or a malformed one.
    pub fn from_env(name: &str) -> Result<SealingKeys, InvalidKeys> {
        let text = std::env::var(name).map_err(|_| InvalidKeys::NoVariable(name.to_owned()))?;
        SealingKeys::parse(Secret::new(text).expose())
    }

    /// Reads keys from a file, such as a mounted secret. On Unix only its owner may have access: mode 0600 or 0400.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::path::Path;
    /// use oauth_runtime::lifecycle::SealingKeys;
    ///
    /// let keys = SealingKeys::from_file(Path::new("/run/secrets/sealing-keys"))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the file is unreadable or open to other users, or has no keys or a malformed one.
    pub fn from_file(path: &Path) -> Result<SealingKeys, InvalidKeys> {
        let unreadable = |error: std::io::Error| InvalidKeys::Unreadable(error.to_string());
        let mut file = std::fs::File::open(path).map_err(unreadable)?;
        // The mode is read from the open file, since the path could lead to another file by now.
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;

            let mode = file.metadata().map_err(unreadable)?.mode() & 0o7777;
            if mode & 0o077 != 0 {
                return Err(InvalidKeys::Open(mode));
            }
        }
        let mut text = String::new();
        let read = file.read_to_string(&mut text);
        let text = Secret::new(text);
        read.map_err(unreadable)?;
        SealingKeys::parse(text.expose())
    }

    /// Sets the format in which the keys seal from now on. They open both formats.
    ///
    /// ```
    /// use oauth_runtime::SealingKey;
    /// use oauth_runtime::lifecycle::{SealFormat, SealingKeys};
    ///
    /// // Some machines still run a version that reads the first format alone.
    /// let keys = SealingKeys::new("2026-11", SealingKey::generate()).sealing_as(SealFormat::First);
    /// ```
    pub fn sealing_as(mut self, format: SealFormat) -> SealingKeys {
        self.format = format;
        self
    }

    /// Makes the keys reject the first format. Call it once [`Manager::reseal`](crate::lifecycle::Manager::reseal) finds no
    /// text in it, so that an old text that is restored does not open.
    pub fn refusing_first_format(mut self) -> SealingKeys {
        self.refuses_first = true;
        self
    }

    /// Returns whether the first key sealed this, in the present format and for the deployment's present name.
    pub(crate) fn is_current(&self, binding: &Binding<'_>, sealed: &Sealed) -> bool {
        let Some(Parts { id, format, text }) = parts(sealed) else {
            return false;
        };
        let key = self.keys.first().filter(|(own, _)| own == id);
        let Some((_, key)) = key.filter(|_| format == self.format) else {
            return false;
        };
        let may_be_former = format == SealFormat::Second && binding.deployment_names().count() > 1;
        !may_be_former
            || key
                .open(&binding.purpose(binding.deployment_name()), text)
                .is_ok()
    }

    pub(crate) fn seal(&self, binding: &Binding<'_>, token: &Token) -> Sealed {
        let text = serde_json::to_string(&Text::of(token)).unwrap_or_default();
        let (id, sealing) = &self.keys[0];
        let (purpose, mark) = match self.format {
            SealFormat::First => (first_purpose(binding.key), ""),
            SealFormat::Second => (binding.purpose(binding.deployment_name()), SECOND),
        };
        let sealed = sealing.seal(&purpose, Secret::new(text));
        Sealed(format!("{id}:{mark}{sealed}").into_bytes())
    }

    pub(crate) fn open(
        &self,
        binding: &Binding<'_>,
        sealed: &Sealed,
    ) -> Result<Token, UnsealError> {
        let Parts { id, format, text } = parts(sealed).ok_or(UnsealError::Foreign)?;
        if format == SealFormat::First && self.refuses_first {
            return Err(UnsealError::Foreign);
        }
        let known = self.keys.iter().find(|(own, _)| own == id);
        let open = |key: &SealingKey| match format {
            SealFormat::First => key.open(&first_purpose(binding.key), text).ok(),
            SealFormat::Second => binding
                .deployment_names()
                .find_map(|name| key.open(&binding.purpose(name), text).ok()),
        };
        let text = match (known, &self.find) {
            (Some((_, own)), _) => open(own),
            (None, Some(find)) => {
                let found = find(id).ok_or_else(|| UnsealError::NoKey(id.to_owned()))?;
                open(&found)
            }
            (None, None) => return Err(UnsealError::NoKey(id.to_owned())),
        };
        let text = text.ok_or(UnsealError::Foreign)?;
        let text: Text =
            serde_json::from_str(text.expose()).map_err(|_| UnsealError::Unreadable)?;
        Ok(text.token())
    }
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.keys.iter().map(|(id, _)| id.as_str()).collect();
        formatter.debug_tuple("SealingKeys").field(&ids).finish()
    }
}

/// The mark in front of a text in the second format. Base64 never begins with it.
const SECOND: &str = "~";

struct Parts<'s> {
    id: &'s str,
    format: SealFormat,
    text: &'s str,
}

fn parts(sealed: &Sealed) -> Option<Parts<'_>> {
    let (id, text) = std::str::from_utf8(&sealed.0).ok()?.rsplit_once(':')?;
    let (format, text) = match text.strip_prefix(SECOND) {
        Some(text) => (SealFormat::Second, text),
        None => (SealFormat::First, text),
    };
    Some(Parts { id, format, text })
}

/// A token as it is sealed. The names are short, since a store may have a million tokens.
#[derive(Serialize, Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    a: std::borrow::Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    e: Option<u64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    r: Option<std::borrow::Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    re: Option<u64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    i: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none", default)]
    s: Option<std::borrow::Cow<'a, str>>,
    /// Whether the response had scopes that could not be read.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    su: bool,
}

impl<'t> Text<'t> {
    fn of(token: &'t Token) -> Text<'t> {
        let text = |secret: Option<&'t Secret>| secret.map(|secret| secret.expose().into());
        let millis = |at: Option<SystemTime>| {
            let since = at?.duration_since(UNIX_EPOCH).ok()?;
            u64::try_from(since.as_millis()).ok()
        };
        Text {
            a: token.access_token().expose().into(),
            e: millis(token.expires_at()),
            r: text(token.refresh_token()),
            re: millis(token.refresh_token_expires_at()),
            i: text(token.id_token()),
            s: token
                .scopes()
                .map(|scopes| scopes.iter().collect::<Vec<_>>().join(" ").into()),
            su: token.has_unknown_scopes(),
        }
    }

    fn token(&self) -> Token {
        let at =
            |millis: Option<u64>| millis.map(|millis| UNIX_EPOCH + Duration::from_millis(millis));
        let secret = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(Secret::new);
        let scopes = self
            .s
            .as_deref()
            .map(|scopes| Scopes::new(scopes.split(' ')));
        Token::restored(
            Secret::new(&*self.a),
            at(self.e),
            (secret(&self.r), at(self.re)),
            secret(&self.i),
            (scopes, self.su),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::protocol::row::Numbers;
    use crate::lifecycle::store::Key;
    use crate::lifecycle::store::binding::{Column, Place};
    use crate::lifecycle::store::deployment::Deployment;

    fn key(connection: &str) -> Key {
        Key {
            connection: connection.to_owned(),
            provider: "acme".to_owned(),
            token: "access".to_owned(),
        }
    }

    fn token() -> Token {
        Token::new(Secret::new("hush \"quoted\""))
            .with_refresh_token(Secret::new("hush again"))
            .with_expires_at(UNIX_EPOCH + Duration::from_millis(1_800_000_000_123))
            .with_scopes(Scopes::new(["a", "b"]))
    }

    const ABOUT: &str = r#"{"client_id":"id","app_inputs":{"host":"a.example"}}"#;

    fn binding<'a>(key: &'a Key, deployment: &'a Deployment) -> Binding<'a> {
        Binding {
            key,
            deployment: Some(deployment),
            about: ABOUT,
            place: place(Column::Tokens, 1, 2),
        }
    }

    fn place(column: Column, login: u64, version: u64) -> Place {
        Place {
            column,
            numbers: Numbers { login, version },
        }
    }

    #[test]
    fn what_is_sealed_opens_for_its_binding_alone() {
        let (ann, bob) = (key("ann"), key("bob"));
        let (here, there) = (Deployment::named("here"), Deployment::named("there"));
        let keys = SealingKeys::new("one", SealingKey::generate());
        let own = binding(&ann, &here);
        let sealed = keys.seal(&own, &token());
        assert!(!String::from_utf8_lossy(&sealed.0).contains("hush"));
        assert_eq!(keys.open(&own, &sealed), Ok(token()));
        for other in [
            binding(&bob, &here),
            binding(&ann, &there),
            Binding {
                deployment: None,
                ..own
            },
            Binding {
                about: r#"{"client_id":"id","app_inputs":{"host":"b.example"}}"#,
                ..own
            },
            Binding {
                place: place(Column::Spare, 1, 2),
                ..own
            },
            Binding {
                place: place(Column::Tokens, 2, 2),
                ..own
            },
            Binding {
                place: place(Column::Tokens, 1, 3),
                ..own
            },
            Binding {
                place: place(Column::Tokens, 12, 2),
                ..own
            },
        ] {
            assert_eq!(keys.open(&other, &sealed), Err(UnsealError::Foreign));
        }
        let claimed = Deployment::named("there").formerly("here");
        let claimed = binding(&ann, &claimed);
        assert_eq!(keys.open(&claimed, &sealed), Ok(token()));
        assert!(keys.is_current(&own, &sealed) && !keys.is_current(&claimed, &sealed));
    }

    #[test]
    fn both_formats_open_and_the_first_one_can_be_refused() {
        let (ann, here) = (key("ann"), Deployment::named("here"));
        let own = binding(&ann, &here);
        let keys = || SealingKeys::new("one", SealingKey::from_bytes(&[1; 32]));
        let first = keys().sealing_as(SealFormat::First);
        let sealed = first.seal(&own, &token());
        assert!(first.is_current(&own, &sealed) && !keys().is_current(&own, &sealed));
        assert_eq!(keys().open(&own, &sealed), Ok(token()));
        let strict = keys().refusing_first_format();
        assert_eq!(strict.open(&own, &sealed), Err(UnsealError::Foreign));
        let second = keys().seal(&own, &token());
        assert_eq!(first.open(&own, &second), Ok(token()));
        assert_eq!(strict.open(&own, &second), Ok(token()));
    }

    #[test]
    fn an_older_key_opens_and_the_first_one_seals() {
        let (ann, here) = (key("ann"), Deployment::named("here"));
        let own = binding(&ann, &here);
        let (one, two) = ([1; 32], [2; 32]);
        let old = SealingKeys::new("one", SealingKey::from_bytes(&one));
        let both = SealingKeys::new("two", SealingKey::from_bytes(&two))
            .and("one", SealingKey::from_bytes(&one));
        let new = SealingKeys::new("two", SealingKey::from_bytes(&two));
        let sealed = old.seal(&own, &token());
        assert!(!both.is_current(&own, &sealed));
        let opened = both.open(&own, &sealed).unwrap();
        let resealed = both.seal(&own, &opened);
        assert!(both.is_current(&own, &resealed));
        assert_eq!(new.open(&own, &resealed), Ok(token()));
        assert_eq!(
            new.open(&own, &sealed),
            Err(UnsealError::NoKey("one".to_owned()))
        );
    }
}
