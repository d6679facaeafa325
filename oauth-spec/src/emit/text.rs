//! Every sentence that modules and pages share, as functions of the Plan's facts.

pub(crate) mod app;
pub(crate) mod deviations;
pub(crate) mod life;

/// Says that the facts of a spec were not looked up.
pub(crate) const REPORTED: &str = "Other projects report these facts. They were not looked up in the provider's documentation. What \
    they do not report is unknown, so responses are read tolerantly. Test the login before you rely on it.";
