//! Pending logins and stored connections: refresh, the stores, API calls, and the operator's view.

mod api_client;
mod connected;
mod granted;
mod kept;
mod login_loopback;
mod login_sessions;
pub(crate) mod login_web;
mod on_call;
mod rows;
mod set_apart;
mod whose_app;
