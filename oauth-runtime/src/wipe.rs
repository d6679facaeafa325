//! [`wipe`]: how the text of a secret leaves the memory.

use zeroize::Zeroize;

/// Overwrites a text, spare room included, and gives its memory back.
pub(crate) fn wipe(text: &mut String) {
    if text.capacity() == 0 {
        return;
    }
    // As bytes it goes many at a time; a `String` would go one by one. Of an empty text all is spare room.
    let mut bytes = std::mem::take(text).into_bytes();
    bytes.clear();
    bytes.spare_capacity_mut().zeroize();
}

/// The memory of a text whose words are needed no more, or other memory if there is not enough of it.
pub(crate) fn emptied(mut text: String, len: usize) -> String {
    if text.capacity() < len {
        wipe(&mut text);
        return String::with_capacity(len);
    }
    text.clear();
    text
}
