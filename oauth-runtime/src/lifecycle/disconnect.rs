//! Ending a connection: at the provider where it can be, and here in any case.

use tokio::time;

use crate::error::Error;
use crate::lifecycle::connection::{AnyCell as _, Cell, Connection};
use crate::lifecycle::row::Row;
use crate::lifecycle::store::Sealed;
use crate::lifecycle::stored::Lease;
use crate::lifecycle::unavailable::Unavailable;
use crate::managed::Managed;

/// How often a lease that another holds is asked for, within its own length.
const LOOKS: u32 = 10;

/// What became of the grant at the provider. Here the connection is gone in any case.
#[derive(Debug)]
pub enum Revocation {
    /// The provider has ended it.
    Done,
    /// The provider has no call that does: the user can, on the provider's own page.
    NotOffered,
    /// It may still live: the user can end it on the provider's own page.
    Failed(Error),
    /// What was kept does not open, so nothing could be sent.
    Unopened,
}

impl<T: Managed> Connection<T> {
    /// Ends the connection: first at the provider, while its tokens are known, then here, whatever the provider says.
    /// Nobody refreshes it meanwhile, and what a refresh brings that was already under way is ended, too.
    pub async fn disconnect(self) -> Result<Revocation, Unavailable> {
        let cell = &*self.0;
        let row = cell.leased().await?;
        let revocation = cell.revoke(&row, &row.tokens).await;
        let gone = cell.shared.store.delete(&cell.key).await?;
        cell.forget();
        gone.map(|_| revocation).ok_or(Unavailable::Absent)
    }
}

impl<T: Managed> Cell<T> {
    /// The row under a lease; without one if another keeps it for longer than a lease should last.
    async fn leased(&self) -> Result<Row<Sealed>, Unavailable> {
        let (store, length) = (&self.shared.store, self.shared.options.lease);
        for _ in 0..=LOOKS {
            match store.lease(&self.key, length).await? {
                Lease::Taken(row, _) => return Ok(row),
                Lease::Held(_) => time::sleep(length / LOOKS).await,
                Lease::Absent => return Err(Unavailable::Absent),
            }
        }
        let kept = store.load(&self.key).await?;
        Ok(kept.ok_or(Unavailable::Absent)?.row)
    }

    async fn revoke(&self, row: &Row<Sealed>, tokens: &Sealed) -> Revocation {
        let opened = self.shared.keys.open(&self.key, tokens);
        let inputs = self.inputs_of(row.login).await;
        let (Ok(token), Ok(inputs)) = (opened, inputs) else {
            return Revocation::Unopened;
        };
        let Some(call) = T::revoke(&self.app, &inputs, token) else {
            return Revocation::NotOffered;
        };
        match self.shared.http.send(call).await {
            Ok(()) => Revocation::Done,
            Err(error) => Revocation::Failed(error),
        }
    }

    /// Tokens that came for a connection that is gone belong to nobody.
    pub(crate) async fn end_orphan(&self, tokens: &Sealed) {
        let known = self.known_inputs();
        let opened = self.shared.keys.open(&self.key, tokens);
        let call = opened
            .ok()
            .and_then(|token| T::revoke(&self.app, &known, token));
        if let Some(call) = call
            && let Err(error) = self.shared.http.send(call).await
        {
            tracing::warn!(target: "oauth_runtime::lifecycle", %error, "tokens of a connection that is gone may live on");
        }
    }
}
