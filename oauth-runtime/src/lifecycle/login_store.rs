//! [`LoginStore`]: where logins are kept while the browser is away.

use std::time::Duration;

use crate::lifecycle::store::Doing;

/// Keeps logins while the browser is away, sealed before they come here. Each is given out once, whoever asks and
/// however often at once; [`conformance`](crate::lifecycle::conformance) holds a store to that.
pub trait LoginStore: Send + Sync {
    /// Keeps a login for so long under an id that nobody had before.
    fn keep_login<'a>(&'a self, id: &'a str, sealed: Vec<u8>, length: Duration) -> Doing<'a, ()>;

    /// Takes a login out, unless it is over: it is gone then.
    fn take_login<'a>(&'a self, id: &'a str) -> Doing<'a, Option<Vec<u8>>>;
}

/// A store that several own, such as a manager and its logins.
impl<S: LoginStore + ?Sized> LoginStore for std::sync::Arc<S> {
    fn keep_login<'a>(&'a self, id: &'a str, sealed: Vec<u8>, length: Duration) -> Doing<'a, ()> {
        (**self).keep_login(id, sealed, length)
    }

    fn take_login<'a>(&'a self, id: &'a str) -> Doing<'a, Option<Vec<u8>>> {
        (**self).take_login(id)
    }
}
