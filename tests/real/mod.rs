//! Real servers, browsers and networks, and a crate outside the workspace.

mod browser;
mod http_door;
mod login_browser;
pub(crate) mod logins;
mod outside;
mod transport;
