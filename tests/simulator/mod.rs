//! The simulated providers: they accept valid requests, and reject what a real provider would reject.

mod combinations;
mod foreign;
pub(crate) mod logins;
pub(crate) mod planted;
mod simulated;
mod simulated_orders;
mod simulated_plans;
mod simulated_served;
mod stricter;
