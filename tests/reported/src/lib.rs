//! Hundreds of provider modules. Nothing uses them, and the compiler type-checks them all.

pub mod providers {
    include!(concat!(env!("OUT_DIR"), "/oauth_providers.rs"));
}
