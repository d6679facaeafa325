//! [`Permission`]: whether a connection may call an operation, and how that is known.

use crate::api::{ApiErrorKind, ApiOperation as _, Operation};
use crate::lifecycle::connection::Connection;
use crate::lifecycle::connection::token_error::TokenError;
use crate::lifecycle::manager::Manager;
use crate::provider::registered_app::RegisteredApp;
use crate::provider::stored_token::StoredToken;
use crate::token::Scopes;

/// Whether a connection may call an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// The connection may call the operation.
    Granted {
        /// The evidence for the permission.
        by: Evidence,
        /// The parts that the response lacks, each with the scope that adds it. Empty if the granted scopes are unknown.
        lacks: Vec<Lack>,
    },
    /// The connection lacks a scope that the operation needs.
    Missing {
        /// The evidence for the missing permission.
        by: Evidence,
        /// The scopes that a login must request, one of each list. Empty if they are unknown.
        scopes: Vec<&'static [&'static str]>,
    },
    /// The permission is unknown.
    Unknown,
}

/// The evidence for a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// The spec: the operation needs no scope.
    Spec,
    /// The scopes that were stated in the token response.
    Token,
    /// The provider's introspection response for the token (RFC 7662).
    Introspection,
    /// The response to the harmless call that the spec names for the operation.
    Probe,
}

/// A part that a response lacks because a scope was not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The scope that adds the part.
    pub scope: &'static str,
    /// The part that stays empty.
    pub what: &'static str,
}

impl Manager {
    /// Returns whether a connection may call an operation. The granted scopes come from the token, or else from token
    /// introspection (RFC 7662). If neither states them, the operation's probe decides.
    ///
    /// ```
    /// # use oauth_runtime::{provider::StoredToken, lifecycle::{Connection, Manager}};
    /// # async fn example<T: StoredToken>(
    /// #     manager: Manager, connection: Connection<T>, operation: T::Operation
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_runtime::lifecycle::Permission;
    ///
    /// match manager.can(&connection, operation).await? {
    ///     Permission::Granted { lacks, .. } => println!("granted, without {lacks:?}"),
    ///     Permission::Missing { scopes, .. } => println!("request {scopes:?}"),
    ///     _ => println!("only the call itself can show it"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails as `Connection::token` does. A failed introspection request or probe is not an error.
    pub async fn can<T: StoredToken>(
        &self,
        connection: &Connection<T>,
        operation: T::Operation,
    ) -> Result<Permission, TokenError> {
        let about = operation.about();
        let bearing = connection.token().await?.shared();
        let (token, login) = (bearing.token(), bearing.login());
        if let Some(granted) = token.stored().scopes() {
            return Ok(decided::<T>(about, granted, Evidence::Token));
        }
        // Without a response, or without scopes in it, the permission stays open.
        let stated = connection.0.stated_of(login).await.ok();
        let app = connection.0.app.load_full();
        let call =
            stated.and_then(|stated| T::introspect(&app, &stated.inputs, token.stored().clone()));
        let told = match call {
            Some(call) => self.http().send(call).await.ok().flatten(),
            None => None,
        };
        if let Some(granted) = told {
            return Ok(decided::<T>(about, &granted, Evidence::Introspection));
        }
        if let Some(path) = about.probe {
            return Ok(probed(connection, operation, path).await);
        }
        Ok(match about.needs.is_empty() {
            true => Permission::Granted {
                by: Evidence::Spec,
                lacks: Vec::new(),
            },
            false => Permission::Unknown,
        })
    }
}

fn decided<T: StoredToken>(
    about: &'static Operation,
    granted: &Scopes,
    by: Evidence,
) -> Permission {
    let scopes = about.ungranted(T::App::PROVIDER, granted);
    if !scopes.is_empty() {
        return Permission::Missing { by, scopes };
    }
    let opens = |scope: &str| granted.open(T::App::PROVIDER, scope);
    let enriching = about.enriches.iter().filter(|(scope, _)| !opens(scope));
    let lacks = enriching.map(|(scope, what)| Lack { scope, what });
    Permission::Granted {
        by,
        lacks: lacks.collect(),
    }
}

async fn probed<T: StoredToken>(
    connection: &Connection<T>,
    operation: T::Operation,
    path: &str,
) -> Permission {
    let about = operation.about();
    let by = Evidence::Probe;
    match connection.api().get(path).operation(operation).send().await {
        Ok(answer) if answer.status().is_success() => Permission::Granted {
            by,
            lacks: Vec::new(),
        },
        Err(error) if error.kind() == ApiErrorKind::Forbidden => Permission::Missing {
            by,
            scopes: about.needs.to_vec(),
        },
        _ => Permission::Unknown,
    }
}
