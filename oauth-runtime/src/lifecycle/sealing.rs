//! Tokens at rest: encrypted for their row alone, by keys that can be replaced while everything runs.

use std::fmt;
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::lifecycle::store::{Key, Sealed};
use crate::printable::printable_line;
use crate::seal::SealingKey;
use crate::secret::Secret;
use crate::token::{Scopes, Token};

/// The keys that tokens are sealed by at rest, each with an id that stands beside what it sealed. The first one seals;
/// all of them open. To replace a key, put the new one first everywhere, seal all rows anew, and take the old one away.
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
}

/// Finds a key by its id.
type Find = dyn Fn(&str) -> Option<SealingKey> + Send + Sync;

/// Why what is sealed does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unopened {
    /// There is no key of this id.
    NoKey(String),
    /// It was changed, or sealed for another row.
    Foreign,
    /// It opens, and is no token that this version knows.
    Unreadable,
}

/// Why a text holds no sealing keys. Nothing of the text is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidKeys {
    /// It holds none.
    None,
    /// The key at this place, counted from one, is not `id:key` with 32 bytes in base64.
    Malformed(usize),
    /// There is no environment variable of this name.
    NoVariable(String),
    /// The file cannot be read, for this reason.
    Unreadable(String),
    /// The file can be read or written by others than its owner; its mode.
    Open(u32),
}

impl fmt::Display for InvalidKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidKeys::None => formatter.write_str("there are no sealing keys"),
            InvalidKeys::Malformed(at) => write!(
                formatter,
                "sealing key {at} is not `id:key` with 32 bytes in base64: `openssl rand -base64 32` makes one"
            ),
            InvalidKeys::NoVariable(name) => {
                write!(formatter, "the environment has no sealing keys in `{name}`")
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
                "the file of sealing keys is open to others (mode {mode:04o}): `chmod 600` closes it"
            ),
        }
    }
}

impl std::error::Error for InvalidKeys {}

impl fmt::Display for Unopened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unopened::NoKey(id) => write!(
                formatter,
                "it is sealed by the key `{}`, which is not among the sealing keys",
                printable_line(id)
            ),
            Unopened::Foreign => formatter.write_str("it was changed, or copied from another row"),
            Unopened::Unreadable => {
                formatter.write_str("it holds no token that this version knows")
            }
        }
    }
}

impl SealingKeys {
    /// One key, of this id.
    pub fn new(id: impl Into<String>, key: SealingKey) -> SealingKeys {
        SealingKeys {
            keys: vec![(id.into(), key)],
            find: None,
        }
    }

    /// The same, and where no key here has an id, this function is asked for it, such as a keeper of keys elsewhere.
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

    /// The same with an older key, which opens and seals no more.
    pub fn and(mut self, id: impl Into<String>, key: SealingKey) -> SealingKeys {
        self.keys.push((id.into(), key));
        self
    }

    /// Keys from a text: `id:key`, several of them separated by commas or lines, the newest first. A key is 32 bytes
    /// in base64, in either alphabet.
    ///
    /// ```
    /// use oauth_runtime::lifecycle::SealingKeys;
    ///
    /// let keys = SealingKeys::parse("2026-11:bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE");
    /// assert_eq!(format!("{:?}", keys.unwrap()), "SealingKeys([\"2026-11\"])");
    /// ```
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
            keys => Ok(SealingKeys { keys, find: None }),
        }
    }

    /// The same from an environment variable.
    pub fn from_env(name: &str) -> Result<SealingKeys, InvalidKeys> {
        let text = std::env::var(name).map_err(|_| InvalidKeys::NoVariable(name.to_owned()))?;
        SealingKeys::parse(Secret::new(text).expose())
    }

    /// Reads keys from a file, such as one that a secrets manager mounts. On Unix its owner alone may have access:
    /// mode 0600 or 0400.
    pub fn from_file(path: &Path) -> Result<SealingKeys, InvalidKeys> {
        let unreadable = |error: std::io::Error| InvalidKeys::Unreadable(error.to_string());
        let mut file = std::fs::File::open(path).map_err(unreadable)?;
        // Of the file that is open: one that is looked at before could be another.
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

    /// Whether the first key sealed this.
    pub(crate) fn is_current(&self, sealed: &Sealed) -> bool {
        let id = self.keys.first().map(|(id, _)| id.as_str());
        id.is_some() && id == parts(sealed).map(|(id, _)| id)
    }

    pub(crate) fn seal(&self, key: &Key, token: &Token) -> Sealed {
        let text = serde_json::to_string(&Text::of(token)).unwrap_or_default();
        let (id, sealing) = &self.keys[0];
        let sealed = sealing.seal(&purpose(key), Secret::new(text));
        Sealed(format!("{id}:{sealed}").into_bytes())
    }

    pub(crate) fn open(&self, key: &Key, sealed: &Sealed) -> Result<Token, Unopened> {
        let (id, text) = parts(sealed).ok_or(Unopened::Foreign)?;
        let known = self.keys.iter().find(|(own, _)| own == id);
        let text = match (known, &self.find) {
            (Some((_, own)), _) => own.open(&purpose(key), text),
            (None, Some(find)) => {
                let found = find(id).ok_or_else(|| Unopened::NoKey(id.to_owned()))?;
                found.open(&purpose(key), text)
            }
            (None, None) => return Err(Unopened::NoKey(id.to_owned())),
        };
        let text = text.map_err(|_| Unopened::Foreign)?;
        let text: Text = serde_json::from_str(text.expose()).map_err(|_| Unopened::Unreadable)?;
        Ok(text.token())
    }
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.keys.iter().map(|(id, _)| id.as_str()).collect();
        formatter.debug_tuple("SealingKeys").field(&ids).finish()
    }
}

fn parts(sealed: &Sealed) -> Option<(&str, &str)> {
    std::str::from_utf8(&sealed.0).ok()?.rsplit_once(':')
}

/// The row's identity is authenticated with what it holds: nothing opens in another row's place.
fn purpose(key: &Key) -> String {
    let Key {
        connection,
        provider,
        token,
    } = key;
    format!(
        "connection {}:{connection} {provider} {token}",
        connection.len()
    )
}

/// A token as it is sealed. Short names: there may be a million.
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
            scopes,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn what_is_sealed_opens_for_its_row_alone() {
        let keys = SealingKeys::new("one", SealingKey::generate());
        let sealed = keys.seal(&key("ann"), &token());
        assert!(!String::from_utf8_lossy(&sealed.0).contains("hush"));
        assert_eq!(keys.open(&key("ann"), &sealed), Ok(token()));
        assert_eq!(keys.open(&key("bob"), &sealed), Err(Unopened::Foreign));
    }

    #[test]
    fn an_older_key_opens_and_the_first_one_seals() {
        let (one, two) = ([1; 32], [2; 32]);
        let old = SealingKeys::new("one", SealingKey::from_bytes(&one));
        let both = SealingKeys::new("two", SealingKey::from_bytes(&two))
            .and("one", SealingKey::from_bytes(&one));
        let new = SealingKeys::new("two", SealingKey::from_bytes(&two));
        let sealed = old.seal(&key("ann"), &token());
        assert!(!both.is_current(&sealed));
        let opened = both.open(&key("ann"), &sealed).unwrap();
        let anew = both.seal(&key("ann"), &opened);
        assert!(both.is_current(&anew));
        assert_eq!(new.open(&key("ann"), &anew), Ok(token()));
        assert_eq!(
            new.open(&key("ann"), &sealed),
            Err(Unopened::NoKey("one".to_owned()))
        );
    }
}
