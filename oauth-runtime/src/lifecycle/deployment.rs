//! [`Deployment`]: whose database it is.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use crate::lifecycle::store::{StoreError, StoreErrorKind};

/// The name of one running system, such as `production-eu`. A store keeps it, and it also lives outside of the
/// database: in the environment, in a file of the machine. A copy of the database that is opened elsewhere is another
/// deployment's, so it takes no writes: it would spend the refresh tokens of the original.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Deployment {
    name: String,
    former: Vec<String>,
}

impl Deployment {
    /// Of this name.
    pub fn named(name: impl Into<String>) -> Deployment {
        Deployment {
            name: name.into(),
            former: Vec::new(),
        }
    }

    /// The deployment with a name that it had before. Sealed tokens are bound to the name of their deployment: after
    /// [`Store::claim`](crate::lifecycle::store::Store::claim) of a copy, those of the original open by its name, until
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

    /// The name, then the former ones.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let former = self.former.iter().map(String::as_str);
        std::iter::once(self.as_str()).chain(former)
    }

    /// Whether a store of this name is this deployment's to write to.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn owns(&self, name: &str) -> Result<(), StoreError> {
        let own = self.as_str();
        match name == own {
            true => Ok(()),
            false => Err(StoreError {
                kind: StoreErrorKind::ReadOnly,
                reason: format!(
                    "it belongs to the deployment `{name}` and this is `{own}`: a copy that is written to spends the \
                     refresh tokens of the original; claim it if it is the one to go on with"
                ),
            }),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.name
    }
}
