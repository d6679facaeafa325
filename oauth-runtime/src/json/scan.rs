//! Finding bytes in short texts, eight at a time. For a few words of text, a search with larger steps takes longer to start
//! than this one takes to finish.

#![expect(
    clippy::inline_always,
    reason = "the byte to find must become a constant of the loop"
)]

const EACH: u64 = u64::MAX / 255;
/// The highest bit of each byte. A search marks a byte by it.
const HIGH: u64 = EACH << 7;

/// Marks the first byte that equals `byte`, and none before it.
#[inline(always)]
pub(crate) const fn equal(word: u64, byte: u8) -> u64 {
    let other = word ^ (EACH * byte as u64);
    other.wrapping_sub(EACH) & !other & HIGH
}

/// Marks the first byte that is a quote, a backslash or a control character, and none before it.
#[inline(always)]
pub(crate) const fn ends_of_json_text(word: u64) -> u64 {
    // A subtraction sets the high bit of each byte that is less than the subtrahend. With bit 1 inverted, the quote is 0x20,
    // which follows the control characters; these only change places. So one comparison finds both. A backslash XORed with
    // itself is zero, which no other byte becomes.
    let control_or_quote = (word ^ (EACH * 2)).wrapping_sub(EACH * 0x21);
    let backslash = (word ^ (EACH * b'\\' as u64)).wrapping_sub(EACH);
    // A byte beyond ASCII has the highest bit set before, so the result is not a mark.
    (control_or_quote | backslash) & !word & HIGH
}

/// Returns the position of the first marked byte in a word.
#[inline(always)]
pub(crate) const fn place(marked: u64) -> usize {
    (marked.trailing_zeros() / 8) as usize
}

/// Returns the position of the first byte that `marks` marks in a word of eight bytes.
#[inline(always)]
pub(crate) fn first(text: &[u8], marks: impl Fn(u64) -> u64) -> Option<usize> {
    let found = |start: usize, marked: u64| {
        let at = start + place(marked);
        // The bytes after the end are zeros, which may be marked.
        (marked != 0 && at < text.len()).then_some(at)
    };
    let mut rest = text;
    while let Some((word, further)) = rest.split_first_chunk() {
        let marked = marks(u64::from_le_bytes(*word));
        if marked != 0 {
            return found(text.len() - rest.len(), marked);
        }
        rest = further;
    }
    if rest.is_empty() {
        return None;
    }
    found(text.len() - rest.len(), marks(few(rest, text.last_chunk())))
}

/// Returns fewer than eight bytes as a word, followed by zeros. `last` is the last eight bytes of the text that they end.
#[inline(always)]
fn few(text: &[u8], last: Option<&[u8; 8]>) -> u64 {
    match last {
        // The shift drops the bytes that were searched before.
        Some(last) => u64::from_le_bytes(*last) >> (64 - 8 * text.len()),
        None => text
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Returns the position of the first byte that ends a JSON string, or the length of the text, which must be below eight
/// bytes. `last` is the last eight bytes of the text that these bytes end.
#[inline(always)]
pub(crate) fn end_of_json_text_in_few(text: &[u8], last: Option<&[u8; 8]>) -> usize {
    match text.is_empty() {
        true => 0,
        // The bytes after the end are zeros, which are marked, since they are control characters.
        false => place(ends_of_json_text(few(text, last))),
    }
}

/// Returns the position of the first byte that is one of two.
#[inline(always)]
pub(crate) fn first_of_two(text: &[u8], one: u8, other: u8) -> Option<usize> {
    first(text, |word| equal(word, one) | equal(word, other))
}

/// Returns whether a text begins with a name. Names are short: a call that compares longer texts takes longer to start than
/// this function takes to finish.
#[inline(always)]
pub(crate) fn begins(text: &[u8], name: &[u8]) -> bool {
    let Some(text) = text.get(..name.len()) else {
        return false;
    };
    // The last eight or four bytes may overlap the bytes before them.
    if let (Some(text_last), Some(name_last)) = (text.last_chunk::<8>(), name.last_chunk()) {
        let words = text.as_chunks::<8>().0.iter().zip(name.as_chunks().0);
        return text_last == name_last && words.into_iter().all(|(text, name)| text == name);
    }
    if let (Some(text_last), Some(name_last)) = (text.last_chunk::<4>(), name.last_chunk()) {
        return text_last == name_last && text.first_chunk::<4>() == name.first_chunk();
    }
    text.iter().zip(name).all(|(text, name)| text == name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_of_its_kind_is_found(text in proptest::collection::vec(0_u8..6, 0..40), high in any::<bool>()) {
            // The text consists of the searched bytes and their neighbours, with or without the highest bit.
            let text: Vec<u8> = text.iter().map(|byte| b'$' + byte + if high { 0x80 } else { 0 }).collect();
            let place = |byte: u8| text.iter().position(|own| *own == byte);
            prop_assert_eq!(first(&text, |word| equal(word, b'%')), place(b'%'));
            prop_assert_eq!(first_of_two(&text, b'&', b'('), text.iter().position(|own| matches!(own, b'&' | b'(')));
        }

        #[test]
        fn a_text_begins_with_what_it_begins_with(text in "[ab]{0,30}", len in 0_usize..30, changed in 0_usize..30) {
            let mut name = text[..len.min(text.len())].to_owned();
            prop_assert!(begins(text.as_bytes(), name.as_bytes()));
            if changed < name.len() {
                name.replace_range(changed..=changed, "c");
                prop_assert!(!begins(text.as_bytes(), name.as_bytes()));
            }
            prop_assert!(!begins(name.as_bytes(), (name.clone() + "a").as_bytes()));
        }

        #[test]
        fn any_byte_is_found(text in proptest::collection::vec(any::<u8>(), 0..40), byte in any::<u8>()) {
            prop_assert_eq!(first(&text, |word| equal(word, byte)), text.iter().position(|own| *own == byte));
            let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
            prop_assert_eq!(first(&text, ends_of_json_text), text.iter().position(ends));
        }
    }
}
