//! [`Exchangeable`]: whether the request of an authorization code may be sent.

/// Whether a code may be exchanged, or the reason why its request is not sent.
#[derive(Clone, Copy)]
pub struct Exchangeable(pub(crate) Option<&'static str>);

impl Exchangeable {
    /// Returns whether both conditions hold.
    pub fn and(self, other: Exchangeable) -> Exchangeable {
        Exchangeable(self.0.or(other.0))
    }
}
