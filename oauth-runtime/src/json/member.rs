//! [`Member`]: the value that a body has at one path; [`Members`]: those of a reader.

use crate::json::paths::{Index, Path, Paths};

/// The value at one path of a body.
///
/// `Member` does not implement `Debug`, since most members are secrets.
pub struct Member<'a> {
    pub(crate) path: Path,
    pub(crate) found: Found<'a>,
}

#[derive(Clone, Copy)]
pub(crate) enum Found<'a> {
    Missing,
    Null,
    Text(Written<'a>),
    Integer(i64),
    /// The text of a number with a fraction or an exponent, or of one that may exceed 64 bits.
    Number(&'a [u8]),
    Boolean(bool),
    /// The JSON text of a list.
    List(&'a [u8]),
    Object,
}

/// A string as the body contains it. It is decoded when it is read.
#[derive(Clone, Copy)]
pub(crate) enum Written<'a> {
    /// A string that needs no decoding.
    Plain(&'a str),
    /// A JSON string with escapes, which were checked before.
    Json(&'a [u8]),
    /// A form value.
    Form(&'a str),
}

/// The members at some paths, in the same order, with the values of a body after it was read.
pub struct Members<'p, 'a, const N: usize> {
    pub(crate) each: [Member<'a>; N],
    pub(crate) index: &'p Index,
}

impl<'p, 'a, const N: usize> Members<'p, 'a, N> {
    /// Resets all members to missing.
    pub(crate) fn clear(&mut self) {
        for member in &mut self.each {
            member.found = Found::Missing;
        }
    }

    /// Creates the members at these paths, without values.
    #[inline]
    pub fn at(paths: &'p Paths<N>) -> Members<'p, 'a, N> {
        Members {
            each: paths.paths.map(|path| Member {
                path,
                found: Found::Missing,
            }),
            index: &paths.index,
        }
    }
}
