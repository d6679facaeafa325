//! Every sentence that modules and pages share, as functions of the Plan's facts.

pub(crate) mod app;
pub(crate) mod deviations;
pub(crate) mod life;
