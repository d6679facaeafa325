//! Other ways to do what generated modules do, to be compared with the way they do it.
//!
//! A table of parameters with one interpreter in place of rows ([`table`]), and a reader of JSON
//! written by hand in place of one over `serde_json` ([`pull`]).

extern crate self as experiment;

pub mod measure;
pub mod pull;
pub mod table;

pub use table::{Fields, Part, Source, Table, Values, begin, call};

include!(concat!(env!("OUT_DIR"), "/module.rs"));
