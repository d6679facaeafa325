//! [`wipe`]: erasing the text of a secret from memory.

use zeroize::Zeroize;

/// Overwrites a text, including its spare capacity, and frees its memory.
pub(crate) fn wipe(text: &mut String) {
    if text.capacity() == 0 {
        return;
    }
    // Spare capacity is zeroized many bytes at a time, a `String` byte by byte. After `clear`, all capacity is spare.
    let mut bytes = std::mem::take(text).into_bytes();
    bytes.clear();
    bytes.spare_capacity_mut().zeroize();
}

/// Returns the text with room for `more` bytes. A `String` that grows by itself would leave a copy that is not wiped.
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
