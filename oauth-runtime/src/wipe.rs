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

/// The same text with room for so many bytes more. One that grew by itself would leave a copy that nobody wipes.
pub(crate) fn with_room(mut text: String, more: usize) -> String {
    let len = text.len() + more;
    if text.capacity() >= len {
        return text;
    }
    let mut longer = String::with_capacity(len);
    longer.push_str(&text);
    wipe(&mut text);
    longer
}
