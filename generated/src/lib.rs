//! .
pub mod r#box;
pub mod custom;
pub mod facebook;
pub mod github;
pub mod google;
pub mod notion;
pub mod slack;
