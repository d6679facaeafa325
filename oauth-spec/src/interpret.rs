//! What a Plan means for one request or one response, without generated code: for checks, `show`, pages and the simulator.

mod body;
pub mod examples;
mod functions;
pub(crate) mod members;
pub mod outcome;
pub mod sample;
pub mod wire;

// How values of a response are converted, which the runtime compiles as well.
include!(concat!(env!("OUT_DIR"), "/shared.rs"));
