//! [`Permission`]: whether a connection may do something, and how that is known.

use crate::api::{ApiErrorKind, Operates as _, Operation};
use crate::lifecycle::connection::Connection;
use crate::lifecycle::manager::Manager;
use crate::lifecycle::unavailable::Unavailable;
use crate::managed::Managed;
use crate::token::Scopes;

/// Whether a connection may do something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// It may.
    Granted {
        /// How that is known.
        by: Evidence,
        /// What its answer will lack, each with the scope that would fill it; none where nobody knows what was granted.
        lacks: Vec<Lack>,
    },
    /// It may not.
    Missing {
        /// How that is known.
        by: Evidence,
        /// What a login would have to ask for, any of each; empty where nobody knows.
        scopes: Vec<&'static [&'static str]>,
    },
    /// Nobody says.
    Unknown,
}

/// How a permission is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// The operation needs no scope.
    Spec,
    /// The answer that brought the token told what was granted.
    Token,
    /// The provider was asked about the token (RFC 7662).
    Introspection,
    /// The harmless call that the spec names for the operation was made.
    Probe,
}

/// What an answer lacks for want of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The scope that would fill it.
    pub scope: &'static str,
    /// What stays empty.
    pub what: &'static str,
}

impl Manager {
    /// Whether a connection may do this: as its token tells, else as the provider says when it is asked about the token,
    /// else as the operation's probe shows.
    pub async fn can<T: Managed>(
        &self,
        connection: &Connection<T>,
        operation: T::Operation,
    ) -> Result<Permission, Unavailable> {
        let about = operation.about();
        let (token, login) = connection.token().await?.copied();
        if let Some(granted) = token.token().scopes() {
            return Ok(decided::<T>(about, granted, Evidence::Token));
        }
        // A provider that does not answer, or does not tell scopes, leaves it open.
        let stated = connection.0.stated_of(login).await.ok();
        let app = connection.0.app.load_full();
        let call =
            stated.and_then(|stated| T::introspect(&app, &stated.inputs, token.token().clone()));
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

fn decided<T: Managed>(about: &'static Operation, granted: &Scopes, by: Evidence) -> Permission {
    let scopes = about.ungranted(T::provider(), granted);
    if !scopes.is_empty() {
        return Permission::Missing { by, scopes };
    }
    let opens = |scope: &str| granted.open(T::provider(), scope);
    let enriching = about.enriches.iter().filter(|(scope, _)| !opens(scope));
    let lacks = enriching.map(|(scope, what)| Lack { scope, what });
    Permission::Granted {
        by,
        lacks: lacks.collect(),
    }
}

async fn probed<T: Managed>(
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
