//! Detection of speculative browser requests, and HTML escaping.

use http::HeaderMap;

/// The request headers by which browsers mark speculative requests, as a `Vary` value.
#[cfg(feature = "axum")]
pub(crate) const SPECULATION_VARY: &str = "Sec-Purpose, Purpose, X-Purpose, X-Moz";

const SPECULATION_HEADERS: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// Returns whether a browser sends a request before its user asks for the page: a prefetch, a prerender or a preview.
pub(crate) fn is_speculative(headers: &HeaderMap) -> bool {
    let values = SPECULATION_HEADERS
        .iter()
        .flat_map(|name| headers.get_all(*name));
    let mut texts = values.filter_map(|value| value.to_str().ok());
    texts.any(|text| {
        let purpose = text.split([';', ',']).next().unwrap_or_default().trim();
        ["prefetch", "prerender", "preview"]
            .iter()
            .any(|word| purpose.eq_ignore_ascii_case(word))
    })
}

/// Escapes a text for HTML, in elements and in quoted attributes.
pub(crate) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, http::HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn a_speculative_request_is_known_by_any_of_its_marks() {
        for (name, value) in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("sec-purpose", "prefetch;anonymous-client-ip"),
            ("purpose", "prefetch"),
            ("purpose", "Prefetch"),
            ("x-purpose", "preview"),
            ("x-moz", "prefetch"),
        ] {
            assert!(is_speculative(&headers(name, value)), "{name}: {value}");
        }
        for (name, value) in [
            ("sec-purpose", ""),
            ("sec-purpose", "other;prefetch"),
            ("sec-fetch-dest", "prefetch"),
            ("accept", "prefetch"),
        ] {
            assert!(!is_speculative(&headers(name, value)), "{name}: {value}");
        }
        assert!(!is_speculative(&HeaderMap::new()));
    }

    proptest::proptest! {
        #[test]
        fn escaped_text_opens_no_markup(text in ".*") {
            let escaped = html(&text);
            proptest::prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            let back = escaped
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&");
            proptest::prop_assert_eq!(back, text);
        }
    }
}
