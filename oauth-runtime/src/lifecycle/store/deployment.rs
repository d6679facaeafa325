//! [`Deployment`]: the installation that a database belongs to.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::lifecycle::store::error::{StoreError, StoreErrorKind};

/// The name of one running system, such as `production-eu`. It is stored in the database and also outside of it, in the
/// environment or a file of the machine. A copy of the database that another deployment opens accepts no writes, since it
/// would consume the refresh tokens of the original.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Deployment {
    name: String,
    former: Vec<String>,
}

impl Deployment {
    /// Creates a deployment with this name.
    ///
    /// ```
    /// use oauth_runtime::lifecycle::Deployment;
    ///
    /// assert_eq!(Deployment::named("production-eu").as_str(), "production-eu");
    /// ```
    pub fn named(name: impl Into<String>) -> Deployment {
        Deployment {
            name: name.into(),
            former: Vec::new(),
        }
    }

    /// Adds a name that the deployment had before. Sealed tokens are bound to the name of their deployment: after
    /// [`Store::claim`](crate::lifecycle::store::Store::claim) of a copy, those of the original open with its name, until
    /// they are sealed again.
    ///
    /// ```
    /// use oauth_runtime::lifecycle::Deployment;
    ///
    /// let deployment = Deployment::named("production-us").formerly("production-eu");
    /// assert_eq!(deployment.as_str(), "production-us");
    /// ```
    pub fn formerly(mut self, name: impl Into<String>) -> Deployment {
        self.former.push(name.into());
        self
    }

    /// Returns the name, followed by the former names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let former = self.former.iter().map(String::as_str);
        std::iter::once(self.as_str()).chain(former)
    }

    /// Checks that this deployment may write to a store of this name.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn owns(&self, name: &str) -> Result<(), StoreError> {
        let own = self.as_str();
        match name == own {
            true => Ok(()),
            false => Err(StoreError {
                kind: StoreErrorKind::ReadOnly,
                reason: format!(
                    "it belongs to the deployment `{name}`, and this is `{own}`: writing to a copy consumes the \
                     refresh tokens of the original; claim the store if it replaces the original"
                ),
            }),
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.name
    }
}
