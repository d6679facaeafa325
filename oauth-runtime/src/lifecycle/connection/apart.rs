//! Tokens that are set apart because their response failed a protective check, and what a person decides about them.

use crate::clock;
use crate::lifecycle::connection::Connection;
use crate::lifecycle::connection::cell::Cell;
use crate::lifecycle::connection::token_error::TokenError;
use crate::lifecycle::protocol::row::{Commit, Place, Row};
use crate::lifecycle::protocol::stored::Committed;
use crate::lifecycle::store::Sealed;
use crate::lifecycle::store::binding::{Column, Place as SealedAt};
use crate::provider::stored_token::StoredToken;
use crate::response::claims::is_of_another_user;
use crate::token::Token;

impl<T: StoredToken> Connection<T> {
    /// Makes the tokens that are set apart the connection's tokens, and returns whether there were any. Call it only after
    /// you have found out why the protective check failed, and that the tokens belong to this user. Other values of the
    /// response, such as a host, are not adopted.
    ///
    /// [`Manager::refresh`](crate::lifecycle::Manager::refresh) tries the earlier refresh token instead. A new login, or
    /// [`disconnect`](Connection::disconnect), discards both.
    ///
    /// ```
    /// # use oauth_runtime::{provider::StoredToken, lifecycle::Connection};
    /// # async fn example<T: StoredToken>(connection: Connection<T>) -> Result<(), Box<dyn std::error::Error>> {
    /// // A person has checked that the tokens belong to this user.
    /// if !connection.accept_tokens_apart().await? {
    ///     println!("no tokens were set apart");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The connection does not exist, the store failed, another worker changed the row meanwhile, or the tokens do not open.
    pub async fn accept_tokens_apart(&self) -> Result<bool, TokenError> {
        let cell = &*self.0;
        let (row, fence) = cell.leased().await?;
        let accepted = cell.accept(&row, fence.unwrap_or_default()).await;
        if let (Some(fence), Ok(false) | Err(_)) = (fence, &accepted) {
            cell.shared.store.release(&cell.key, fence).await.ok();
        }
        accepted
    }
}

impl<T: StoredToken> Cell<T> {
    async fn accept(&self, row: &Row<Sealed>, fence: u64) -> Result<bool, TokenError> {
        let stated = self.stated_of(row.login).await?;
        let Some(token) = self.apart(&stated.about, row)? else {
            return Ok(false);
        };
        let (tokens, life) = self.next_tokens(&stated.about, row, &token);
        let commit = Commit {
            fence,
            version: row.version,
            login: row.login,
            tokens,
            life,
            place: Place::Current,
        };
        let read_at = clock::instant();
        match self.shared.store.commit(&self.key, &commit).await? {
            Committed::Done(row) => self.take(&row, read_at).map(|()| true),
            Committed::Conflict(_) => Err(TokenError::Interrupted),
            Committed::Absent => Err(TokenError::Absent),
        }
    }

    /// Returns the tokens that are set apart, unless their ID token belongs to another user.
    pub(crate) fn own_apart(&self, about: &str, row: &Row<Sealed>, own: &Token) -> Option<Token> {
        let apart = self.apart(about, row).ok()??;
        (!is_of_another_user(&apart, own)).then_some(apart)
    }

    fn apart(&self, about: &str, row: &Row<Sealed>) -> Result<Option<Token>, TokenError> {
        let Some(apart) = &row.apart else {
            return Ok(None);
        };
        let binding = self.binding(about, SealedAt::of_row(row, Column::Apart));
        let opened = self.shared.keys.open(&binding, apart);
        opened.map(Some).map_err(TokenError::Sealed)
    }
}
