//! [`Paths`]: which members of a body a reader wants.

use crate::members::{Found, Member};

/// The way to a member: names from the outside in; a number is an index; empty is the whole body.
pub type Path = &'static [&'static str];

/// The paths of a reader, and what finds a name among them without comparing all: made when the module is
/// compiled.
pub struct Paths<const N: usize> {
    pub(crate) paths: [Path; N],
    pub(crate) index: Index,
}

/// Where paths begin, each a bit of a word.
pub(crate) struct Index {
    /// All of them.
    pub(crate) all: u64,
    /// Those that are the whole body.
    pub(crate) whole: u64,
    /// Those whose first name has this [`mark`].
    by_mark: [u64; MARKS],
}

/// As many members as one reader takes.
const MOST: usize = 64;

const MARKS: usize = 32;

impl<const N: usize> Paths<N> {
    /// The paths with their index.
    pub const fn of(paths: [Path; N]) -> Paths<N> {
        const { assert!(N <= MOST, "a reader takes at most 64 members") };
        let (mut all, mut whole, mut by_mark) = (0, 0, [0; MARKS]);
        let mut at = 0;
        while at < N {
            all |= 1 << at;
            match paths[at] {
                [first, ..] => by_mark[mark(first.as_bytes())] |= 1 << at,
                [] => whole |= 1 << at,
            }
            at += 1;
        }
        Paths {
            paths,
            index: Index {
                all,
                whole,
                by_mark,
            },
        }
    }

    /// Members of which nothing is known.
    pub(crate) fn unread<'a>(&self) -> [Member<'a>; N] {
        self.paths.map(|path| Member {
            path,
            found: Found::Missing,
        })
    }
}

impl Index {
    /// The paths that may begin with this name, and few others.
    pub(crate) fn beginning(&self, name: &[u8]) -> u64 {
        self.by_mark[mark(name)]
    }
}

/// A number that names of one reader seldom share.
const fn mark(name: &[u8]) -> usize {
    match name {
        [first, .., last] => (*first as usize + 5 * *last as usize + name.len()) % MARKS,
        _ => 0,
    }
}
