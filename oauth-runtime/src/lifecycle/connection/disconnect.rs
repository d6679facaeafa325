//! Disconnection: ends a connection at the provider if possible, and here in any case.

use tokio::time;

use crate::error::Error;
use crate::lifecycle::connection::Connection;
use crate::lifecycle::connection::cell::Cell;
use crate::lifecycle::connection::token_error::TokenError;
use crate::lifecycle::protocol::row::Row;
use crate::lifecycle::protocol::stored::Lease;
use crate::lifecycle::shared::AnyCell as _;
use crate::lifecycle::store::Sealed;
use crate::provider::stored_token::StoredToken;
use crate::token::Token;

/// The number of times that a lease of another worker is requested within its length.
const POLLS: u32 = 10;

/// The result of the revocation at the provider. The connection is removed here in any case.
#[derive(Debug)]
#[non_exhaustive]
pub enum Revocation {
    /// The provider has ended the grant.
    Done,
    /// The provider offers no revocation. The user can end the grant on the provider's website.
    NotOffered,
    /// The revocation failed, and the grant may still be valid. The user can end it on the provider's website.
    Failed(Error),
    /// The stored tokens do not open, so no request was sent.
    CannotUnseal,
}

impl<T: StoredToken> Connection<T> {
    /// Ends the connection: first at the provider, while its tokens are known, then here, whatever the provider returns.
    /// Other workers do not refresh it meanwhile. If a refresh was already in progress, its new tokens are revoked, too.
    ///
    /// ```
    /// # use oauth_runtime::{provider::StoredToken, lifecycle::Connection};
    /// # async fn example<T: StoredToken>(connection: Connection<T>) -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_runtime::lifecycle::Revocation;
    ///
    /// match connection.disconnect().await? {
    ///     Revocation::Done => println!("the provider has ended the grant"),
    ///     Revocation::Failed(error) => println!("the grant may still be valid: {error}"),
    ///     _ => println!("end the grant on the provider's website"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The connection does not exist, another app made it, or the store failed.
    pub async fn disconnect(self) -> Result<Revocation, TokenError> {
        let cell = &*self.0;
        let (row, fence) = cell.leased().await?;
        let revocation = match cell.revoke(&row).await {
            Ok(revocation) => revocation,
            Err(why) => {
                // The row stays, so no worker should wait for the lease.
                if let Some(fence) = fence {
                    cell.shared.store.release(&cell.key, fence).await.ok();
                }
                return Err(why);
            }
        };
        let gone = cell.shared.store.delete(&cell.key).await?;
        cell.forget();
        gone.map(|_| revocation).ok_or(TokenError::Absent)
    }
}

impl<T: StoredToken> Cell<T> {
    /// Returns the row under a lease, or without one if another worker holds the lease for longer than it should last.
    pub(crate) async fn leased(&self) -> Result<(Row<Sealed>, Option<u64>), TokenError> {
        let (store, length) = (&self.shared.store, self.shared.options.lease);
        for _ in 0..=POLLS {
            match store.lease(&self.key, length).await? {
                Lease::Taken(row, fence) => return Ok((row, Some(fence))),
                Lease::Held(_) => time::sleep(length / POLLS).await,
                Lease::Absent => return Err(TokenError::Absent),
            }
        }
        let kept = store.load(&self.key).await?;
        Ok((kept.ok_or(TokenError::Absent)?.row, None))
    }

    async fn revoke(&self, row: &Row<Sealed>) -> Result<Revocation, TokenError> {
        let stated = match self.stated_of(row.login).await {
            Ok(stated) => stated,
            Err(TokenError::Changed(_)) => return Ok(Revocation::CannotUnseal),
            Err(why) => return Err(why),
        };
        let Ok(token) = self.opened(&stated.about, row) else {
            return Ok(Revocation::CannotUnseal);
        };
        // The newest token is sent last, since its result counts. The earlier one may be consumed, and some providers end
        // the grant by it.
        let apart = self.own_apart(&stated.about, row, &token);
        let mut revocation = Revocation::NotOffered;
        for token in [Some(token), apart].into_iter().flatten() {
            let Some(call) = T::revoke(&self.app.load(), &stated.inputs, token) else {
                continue;
            };
            revocation = match self.shared.http.send(call).await {
                Ok(()) => Revocation::Done,
                Err(error) => Revocation::Failed(error),
            };
        }
        Ok(revocation)
    }

    /// Revokes tokens that came for a connection that no longer exists.
    pub(crate) async fn end_orphan(&self, orphan: Option<Token>) {
        let stated = self.stated();
        let call = orphan.and_then(|token| T::revoke(&self.app.load(), &stated.inputs, token));
        if let Some(call) = call
            && let Err(error) = self.shared.http.send(call).await
        {
            tracing::warn!(target: "oauth_runtime::lifecycle", %error, "tokens of a removed connection may still be valid");
        }
    }
}
