//! Code that several test modules share. It contains no tests.

pub(crate) mod pages;
pub(crate) mod scripted;
pub(crate) mod trial;
pub(crate) mod wire;
