//! [`Short`]: a text of at most 128 bytes that lives where its owner lives, wiped when dropped.

use zeroize::Zeroize;

/// A state or a code verifier. RFC 7636 §4.1 ends a verifier at 128 characters.
#[derive(Clone)]
pub(crate) struct Short {
    bytes: [u8; 128],
    len: usize,
}

impl Short {
    /// The text, if it is short enough.
    pub(crate) fn new(text: &str) -> Option<Short> {
        let mut bytes = [0; 128];
        bytes
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        Some(Short {
            bytes,
            len: text.len(),
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl Drop for Short {
    fn drop(&mut self) {
        self.bytes[..self.len].zeroize();
    }
}
