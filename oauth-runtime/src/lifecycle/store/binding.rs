//! The binding of sealed tokens: they open only in the column and the row for which they were sealed.

use crate::lifecycle::protocol::row::{self, Commit, Numbers, Row};
use crate::lifecycle::store::Key;
use crate::lifecycle::store::deployment::Deployment;

/// What sealed tokens are bound to. It excludes what stores change without a key: lease, fence and waits.
#[derive(Clone, Copy)]
pub(crate) struct Binding<'a> {
    pub(crate) key: &'a Key,
    pub(crate) deployment: Option<&'a Deployment>,
    /// The stored text about the app and its inputs.
    pub(crate) about: &'a str,
    pub(crate) place: Place,
}

/// The column of a row that holds sealed tokens, and the numbers of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) column: Column,
    pub(crate) numbers: Numbers,
}

/// The column of a row that holds sealed tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Tokens,
    Spare,
    Apart,
}

impl Place {
    pub(crate) fn of_row<T>(row: &Row<T>, column: Column) -> Place {
        Place::of(column, row.login, row.version)
    }

    /// Returns a place. Tokens that are set apart stay while versions change, so they are bound to their login alone.
    fn of(column: Column, login: u64, version: u64) -> Place {
        let version = match column {
            Column::Tokens | Column::Spare => version,
            Column::Apart => 0,
        };
        let numbers = Numbers { login, version };
        Place { column, numbers }
    }

    pub(crate) fn of_commit<T>(commit: &Commit<T>) -> Place {
        let (column, version) = match commit.place {
            row::Place::Current | row::Place::Promoted => (Column::Tokens, commit.version + 1),
            row::Place::Spare => (Column::Spare, commit.version),
            row::Place::Apart => (Column::Apart, commit.version),
        };
        Place::of(column, commit.login, version)
    }
}

impl<'a> Binding<'a> {
    pub(crate) fn deployment_name(&self) -> &'a str {
        self.deployment.map_or("", Deployment::as_str)
    }

    pub(crate) fn deployment_names(&self) -> impl Iterator<Item = &'a str> {
        let names = self.deployment.into_iter().flat_map(Deployment::names);
        let none = self.deployment.is_none().then_some("");
        names.chain(none)
    }

    /// Returns the text that tokens are bound to. Each part follows its length, so no two bindings have the same text.
    pub(crate) fn purpose(&self, deployment: &str) -> String {
        let Key {
            connection,
            provider,
            token,
        } = self.key;
        let column = match self.place.column {
            Column::Tokens => "tokens",
            Column::Spare => "spare",
            Column::Apart => "apart",
        };
        let Numbers { login, version } = self.place.numbers;
        let mut purpose = format!("connection 2 {column} {login} {version}");
        for part in [deployment, connection, provider, token, self.about] {
            purpose.push_str(&format!(" {}:{part}", part.len()));
        }
        purpose
    }
}

pub(crate) fn first_purpose(key: &Key) -> String {
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
