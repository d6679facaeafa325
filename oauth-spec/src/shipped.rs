//! The specs that are included in this crate.

/// Returns the ids of the included specs, in alphabetical order.
pub fn ids() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(id, _)| *id)
}

/// Returns the text of an included spec by its id.
///
/// ```
/// assert!(oauth_spec::shipped::text("slack").unwrap().starts_with("language = 1"));
/// ```
pub fn text(id: &str) -> Option<&'static str> {
    let own = SHIPPED.iter().find(|(own, _)| *own == id)?;
    Some(own.1)
}

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));
