//! Hundreds of providers, compiled: nothing here is used, all of it is type-checked.

pub mod providers {
    include!(concat!(env!("OUT_DIR"), "/oauth_providers.rs"));
}
