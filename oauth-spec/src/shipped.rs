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

const SHIPPED: &[(&str, &str)] = &[
    ("anthropic", include_str!("../../specs/anthropic.toml")),
    ("atlassian", include_str!("../../specs/atlassian.toml")),
    ("basecamp", include_str!("../../specs/basecamp.toml")),
    ("box", include_str!("../../specs/box.toml")),
    ("custom", include_str!("../../specs/custom.toml")),
    ("facebook", include_str!("../../specs/facebook.toml")),
    ("github", include_str!("../../specs/github.toml")),
    ("google", include_str!("../../specs/google.toml")),
    ("instagram", include_str!("../../specs/instagram.toml")),
    ("microsoft", include_str!("../../specs/microsoft.toml")),
    ("notion", include_str!("../../specs/notion.toml")),
    ("quickbooks", include_str!("../../specs/quickbooks.toml")),
    ("salesforce", include_str!("../../specs/salesforce.toml")),
    ("shopify", include_str!("../../specs/shopify.toml")),
    ("slack", include_str!("../../specs/slack.toml")),
    ("tiktok", include_str!("../../specs/tiktok.toml")),
    ("zoho", include_str!("../../specs/zoho.toml")),
    ("zoom", include_str!("../../specs/zoom.toml")),
];
