//! [`LoginStore`]: stores pending logins while the browser is away.

use std::time::Duration;

use crate::lifecycle::store::StoreFuture;

/// A store of pending logins while the browser is away. The logins it receives are sealed. A login can be read any number of
/// times but taken only once, however many callers try at once. [`conformance`](crate::lifecycle::store::conformance) tests these
/// requirements.
pub trait LoginStore: Send + Sync {
    /// Stores a login for this duration, under an id that was never used before.
    fn keep_login<'a>(
        &'a self,
        id: &'a str,
        sealed: Vec<u8>,
        length: Duration,
    ) -> StoreFuture<'a, ()>;

    /// Reads a login and leaves it there, so that a callback can be checked before the login is taken. Returns `None`
    /// once the login is taken or its duration is over.
    fn find_login<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<Vec<u8>>>;

    /// Removes a login and returns it, in one atomic step. Returns `None` once the login is taken or its duration is over.
    fn take_login<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<Vec<u8>>>;
}

/// A store that is shared, for example by a manager and its logins.
impl<S: LoginStore + ?Sized> LoginStore for std::sync::Arc<S> {
    fn keep_login<'a>(
        &'a self,
        id: &'a str,
        sealed: Vec<u8>,
        length: Duration,
    ) -> StoreFuture<'a, ()> {
        (**self).keep_login(id, sealed, length)
    }

    fn find_login<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        (**self).find_login(id)
    }

    fn take_login<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        (**self).take_login(id)
    }
}
