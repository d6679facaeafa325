//! [`Paths`] and [`Members`]: which members of a body a reader wants, and what it has of them.

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
    /// All of them, if every name is one that a text has as it is; else none, and names are found by their meaning.
    pub(crate) plain: u64,
    /// Of these those whose first name begins with this [`mark`].
    by_mark: [u64; MARKS],
}

/// As many members as one reader takes.
const MOST: usize = 64;

const MARKS: usize = 32;

impl<const N: usize> Paths<N> {
    /// The paths with their index.
    pub const fn of(paths: [Path; N]) -> Paths<N> {
        const { assert!(N <= MOST, "a reader takes at most 64 members") };
        let mut index = Index {
            all: 0,
            whole: 0,
            plain: 0,
            by_mark: [0; MARKS],
        };
        let mut plain = true;
        let mut at = 0;
        while at < N {
            index.all |= 1 << at;
            if paths[at].is_empty() {
                index.whole |= 1 << at;
            }
            plain = plain && are_plain(paths[at]);
            at += 1;
        }
        if plain {
            index.plain = index.all;
            at = 0;
            while at < N {
                index.add(paths[at], 1 << at);
                at += 1;
            }
        }
        Paths { paths, index }
    }
}

impl Index {
    /// Finds a path by its first name from here on.
    const fn add(&mut self, path: Path, bit: u64) {
        let [name, ..] = path else { return };
        match name.as_bytes() {
            [first, second, ..] => self.by_mark[mark(*first, *second)] |= bit,
            [only] => self.by_mark[mark(*only, b'"')] |= bit,
            [] => {
                // Behind its quotes anything may stand.
                let mut at = 0;
                while at < MARKS {
                    self.by_mark[at] |= bit;
                    at += 1;
                }
            }
        }
    }

    /// The paths that may begin with the name that stands here behind its first quote, and few others.
    #[inline]
    pub(crate) fn beginning(&self, name: &[u8]) -> u64 {
        match name {
            [first, second, ..] => self.by_mark[mark(*first, *second)],
            _ => 0,
        }
    }
}

/// Whether the names of a path stand in a JSON text as they are.
const fn are_plain(path: Path) -> bool {
    let mut depth = 0;
    while depth < path.len() {
        let name = path[depth].as_bytes();
        let mut at = 0;
        while at < name.len() {
            if matches!(name[at], b'"' | b'\\' | 0..0x20) {
                return false;
            }
            at += 1;
        }
        depth += 1;
    }
    true
}

/// A number that names of one reader seldom share.
const fn mark(first: u8, second: u8) -> usize {
    (first as usize + 5 * second as usize) % MARKS
}

/// The members at some paths, in the same order: what a body has of them, once it was read.
pub struct Members<'p, 'a, const N: usize> {
    pub(crate) each: [Member<'a>; N],
    pub(crate) index: &'p Index,
}

impl<'p, 'a, const N: usize> Members<'p, 'a, N> {
    /// Forgets what was found.
    pub(crate) fn clear(&mut self) {
        for member in &mut self.each {
            member.found = Found::Missing;
        }
    }

    /// Members of which nothing is known.
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
