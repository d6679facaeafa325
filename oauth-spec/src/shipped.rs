//! The specs that are included in this crate, in two tiers: documented ones, and reported ones, which were not looked up.

/// Returns the ids of the documented specs, in alphabetical order.
pub fn ids() -> impl Iterator<Item = &'static str> {
    DOCUMENTED.iter().map(|(id, _)| *id)
}

/// Returns the ids of the reported specs, in alphabetical order. Their facts are from other projects, and were not looked up.
pub fn reported() -> impl Iterator<Item = &'static str> {
    REPORTED.iter().map(|(id, _)| *id)
}

/// Returns the text of an included spec of either tier by its id.
///
/// ```
/// assert!(oauth_spec::shipped::text("slack").unwrap().starts_with("language = 1"));
/// assert!(oauth_spec::shipped::text("linear").unwrap().contains("tier = \"reported\""));
/// ```
pub fn text(id: &str) -> Option<&'static str> {
    let mut all = DOCUMENTED.iter().chain(REPORTED);
    let own = all.find(|(own, _)| *own == id)?;
    Some(own.1)
}

/// Returns the id of an included spec that is similar to a word.
pub fn nearest(word: &str) -> Option<&'static str> {
    let ids: Vec<&'static str> = ids().chain(reported()).collect();
    crate::syntax::read::nearest(word, &ids)
}

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));
