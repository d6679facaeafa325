//! What a Plan means for one request or one response, without generated code: for checks, `show`, pages and the simulator.

pub mod examples;
mod functions;
pub mod outcome;
pub mod wire;
