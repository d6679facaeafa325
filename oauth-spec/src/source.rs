//! The text of a spec, and positions in it.

/// A byte range of one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The end of the range: one past its last byte.
    pub end: usize,
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Span {
        Span {
            start: range.start,
            end: range.end,
        }
    }
}

/// A spec as it was read: a name for messages, and the text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as the user wrote it.
    pub name: String,
    /// The text. Bytes that are not valid UTF-8 are replaced, and the parser reports them.
    pub text: String,
    /// Whether the bytes were UTF-8.
    pub is_utf8: bool,
    /// The spec that this one extends, if it names one that was found.
    pub base: Option<Box<Source>>,
}

impl Source {
    /// Creates a source from any bytes. Line ends become `\n`.
    pub fn new(name: impl Into<String>, bytes: &[u8]) -> Source {
        let text = String::from_utf8_lossy(bytes);
        let is_utf8 = std::str::from_utf8(bytes).is_ok();
        Source {
            name: name.into(),
            // A checkout on Windows may convert line ends, which are not part of a spec.
            text: text.replace("\r\n", "\n"),
            is_utf8,
            base: None,
        }
    }

    /// Returns this source with `base` as the spec that it extends.
    #[must_use]
    pub fn over(mut self, base: Source) -> Source {
        self.base = Some(Box::new(base));
        self
    }

    /// Returns this source with another text.
    #[must_use]
    pub fn with_text(&self, text: &str) -> Source {
        Source {
            text: text.to_owned(),
            ..self.clone()
        }
    }

    /// Returns the id or path that the spec states in `extends`.
    pub fn extends(&self) -> Option<String> {
        crate::syntax::extends(self)
    }

    /// Returns the line and column of a byte, both from 1. The column counts characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.before(offset);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    /// Returns the whole line that contains a byte, without its line end.
    pub fn line(&self, offset: usize) -> &str {
        let start = self.before(offset).rfind('\n').map_or(0, |at| at + 1);
        self.text[start..].lines().next().unwrap_or_default()
    }

    /// Returns the text before the character that contains `offset`.
    fn before(&self, offset: usize) -> &str {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        &self.text[..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let source = Source::new("x.toml", "a = 1\nö = é\n".as_bytes());
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position(6), (2, 1));
        assert_eq!(source.position(8), (2, 2));
        assert_eq!(source.position(7), (2, 1), "inside a character");
        assert_eq!(source.position(999), (3, 1));
        assert_eq!(source.line(8), "ö = é");
    }
}
