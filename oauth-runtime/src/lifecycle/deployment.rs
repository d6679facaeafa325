//! [`Deployment`]: whose database it is.

/// The name of one running system, such as `production-eu`. A store keeps it, and it also lives outside of the
/// database: in the environment, in a file of the machine. A copy of the database that is opened elsewhere is another
/// deployment's, so it takes no writes: it would spend the refresh tokens of the original.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Deployment(String);

impl Deployment {
    /// Of this name.
    pub fn named(name: impl Into<String>) -> Deployment {
        Deployment(name.into())
    }

    /// What is told of a store that belongs to `other`.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn foreign(other: &str, own: &str) -> String {
        format!(
            "it belongs to the deployment `{other}` and this is `{own}`: a copy that is written to spends the refresh \
             tokens of the original; claim it if it is the one to go on with"
        )
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
