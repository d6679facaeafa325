//! Escaping of a spec's text for Markdown pages and rustdoc.
//!
//! The only markup that survives is code between backticks. No text can close a block that the compiler opened.

use crate::control;

/// Escapes text for a sentence. Code between two runs of backticks stays code; all other markup of Markdown and
/// rustdoc is escaped.
pub(crate) fn text(text: &str) -> String {
    let text = control::escaped(text.trim_matches(' '));
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('`') {
        plain(&rest[..at], &mut out);
        let run = backticks_at_start(&rest[at..]);
        let inside = &rest[at + run..];
        match end_of_code(inside, run) {
            Some(end) => {
                out.push_str(&code(&inside[..end]));
                rest = &inside[end + run..];
            }
            None => {
                out.push_str(&"\\`".repeat(run));
                rest = inside;
            }
        }
    }
    plain(rest, &mut out);
    out
}

/// Formats text as inline code. The backticks around it outnumber any run of backticks in it.
pub(crate) fn code(text: &str) -> String {
    let text = control::escaped(text);
    if text.contains('|') && text.contains('\\') {
        // In a table cell, parsers disagree about a backslash before `|`, even in code.
        let mut out = String::with_capacity(text.len());
        plain(&text, &mut out);
        return out;
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let is_blank = text.chars().all(|character| character == ' ');
    let at_edge = |mark: char| text.starts_with(mark) || text.ends_with(mark);
    // Parsers remove one blank at each end (CommonMark section 6.1).
    if text.is_empty() {
        return "` `".to_owned();
    }
    match at_edge('`') || (at_edge(' ') && !is_blank) {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// Formats texts as inline code, separated by `between`.
pub(crate) fn codes<'t>(texts: impl IntoIterator<Item = &'t String>, between: &str) -> String {
    let codes: Vec<String> = texts.into_iter().map(|text| code(text)).collect();
    codes.join(between)
}

/// Formats lines as a code block. The fence is longer than any run of backticks in them.
pub(crate) fn fence(info: &str, text: &str) -> String {
    let text = control::escaped_lines(text);
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    format!("{fence}{info}\n{text}\n{fence}")
}

/// Formats a URL as a link to itself, or as code if it is not a plain https URL.
pub(crate) fn link(url: &str) -> String {
    match is_plain_url(url) {
        true => format!("<{url}>"),
        false => code(url),
    }
}

/// Formats Markdown as a link to a URL. A URL that is not plain https follows as code instead.
#[cfg(feature = "docs")]
pub(crate) fn link_from(markdown: &str, url: &str) -> String {
    match is_plain_url(url) {
        true => format!("[{markdown}]({url})"),
        false => format!("{markdown} ({})", code(url)),
    }
}

/// Escapes Markdown for a table cell.
pub(crate) fn cell(markdown: &str) -> String {
    markdown.replace('|', "\\|").replace('\n', " ")
}

/// Returns whether a URL is https and cannot close a link that contains it.
fn is_plain_url(url: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"<>()[]{}|\\^`\"".contains(&byte);
    url.strip_prefix("https://").is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && rest.bytes().all(is_plain)
    })
}

/// Appends text without code to `out`, and escapes what Markdown would interpret.
fn plain(text: &str, out: &mut String) {
    for (at, character) in text.char_indices() {
        if character == '\\' {
            // This must be an entity, since a backslash before `|` has another meaning in a table cell.
            out.push_str("&#92;");
            continue;
        }
        if is_markup(out, character, &text[at + character.len_utf8()..]) {
            out.push('\\');
        }
        out.push(character);
    }
}

/// Returns whether Markdown would interpret a character between `out` and `rest`, or could with text after `rest`.
fn is_markup(out: &str, character: char, rest: &str) -> bool {
    let before = out.chars().next_back();
    let next = rest.chars().next();
    match character {
        '`' | '<' | '[' | ']' | '~' => true,
        // After a blank it cannot close emphasis. Lists of hosts contain `*.example.com`.
        '*' => !(before.is_some_and(char::is_whitespace) && next == Some('.')),
        // An entity ends at a semicolon, which may come after `rest`.
        '&' => {
            let name = |next: char| next == '#' || next.is_ascii_alphanumeric();
            let behind = rest.trim_start_matches(name);
            behind.is_empty() || (behind.len() < rest.len() && behind.starts_with(';'))
        }
        // Emphasis opens only at the start of a word, and what is not open cannot close.
        '_' => !before.is_some_and(char::is_alphanumeric) && !next.is_some_and(char::is_whitespace),
        // These open a heading, a quotation or a list at the start of a line.
        '#' | '>' | '+' | '-' | '=' => out.is_empty(),
        '.' | ')' => {
            let is_number = !out.is_empty() && out.bytes().all(|byte| byte.is_ascii_digit());
            is_number && next.is_none_or(char::is_whitespace)
        }
        _ => false,
    }
}

fn backticks_at_start(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'`').count()
}

/// Returns where the code ends that `run` backticks opened, which is the next run of that length.
fn end_of_code(text: &str, run: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('`') {
        at += found;
        let own = backticks_at_start(&text[at..]);
        if own == run {
            return Some(at);
        }
        at += own;
    }
    None
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|character| character != '`').map(str::len);
    runs.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_and_code_between_backticks_stay_as_they_are() {
        for honest in [
            "Token rotation, under OAuth & Permissions or in the app's manifest",
            "Send authorization_code or refresh_token as grant_type",
            "Public apps take expiring tokens, the variant `expiring`; custom apps need not",
            "Settings > API (2.5 hours), 100 % of them: a | b",
            "1,000 calls a minute; scopes (base_, item_) are left out - rarely",
            "https://a.example/x_y?a=b&c=d#e",
            "a host out of *.a.example, *.b.example",
        ] {
            assert_eq!(text(honest), honest);
        }
    }

    #[test]
    fn what_markdown_would_interpret_is_escaped() {
        for (hostile, expected) in [
            ("<script>", "\\<script>"),
            ("[a](b) *c* _d_", "\\[a\\](b) \\*c\\* \\_d_"),
            ("a` b", "a\\` b"),
            ("```sh", "\\`\\`\\`sh"),
            ("`a``b` c", "```a``b``` c"),
            ("# a", "\\# a"),
            ("    - a", "\\- a"),
            ("1. a", "1\\. a"),
            ("~~~", "\\~\\~\\~"),
            ("&lt;b&#62;", "\\&lt;b\\&#62;"),
            ("a\\<b", "a&#92;\\<b"),
            ("a\nb", "a&#92;u{a}b"),
        ] {
            assert_eq!(text(hostile), expected);
        }
    }

    #[test]
    fn code_and_fences_have_more_backticks_than_what_is_in_them() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(" a"), "`  a `");
        assert_eq!(code(""), "` `");
        assert_eq!(fence("http", "a\nb"), "```http\na\nb\n```");
        assert_eq!(fence("http", "a\n````\nb"), "`````http\na\n````\nb\n`````");
    }

    #[test]
    fn only_a_plain_https_url_becomes_a_link() {
        assert_eq!(link("https://a.example/b?c=d"), "<https://a.example/b?c=d>");
        for hostile in [
            "javascript:alert(1)",
            "https://a.example/) [b](c",
            "https://a.example/><script>",
            "https://a.example/ b",
            "https://",
            "https:///a",
        ] {
            assert_eq!(link(hostile), code(hostile));
        }
    }
}
