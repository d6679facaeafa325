//! [`Paths`] and [`Members`]: the members of a body that a reader needs, and their values.

/// The path of a member: names, the outermost first. A number is the index in a list. An empty path is the whole body.
pub(crate) type Path = &'static [&'static str];

/// The paths of a reader, with an index that finds a name without comparing it with all of them. The index is built when the
/// module is compiled.
pub struct Paths<const N: usize> {
    pub(crate) paths: [Path; N],
    pub(crate) index: Index,
}

/// An index of paths by their first name. Each path is a bit of a word.
pub(crate) struct Index {
    /// The bits of all paths.
    pub(crate) all: u64,
    /// The bits of the paths that are the whole body.
    pub(crate) whole: u64,
    /// The bits of all paths if no name needs an escape in JSON; otherwise zero, and names are compared after decoding.
    pub(crate) plain: u64,
    /// The bits of `plain` by the [`mark`] of the first name.
    by_mark: [u64; MARKS],
}

/// The maximum number of members of one reader.
const MAX_MEMBERS: usize = 64;

const MARKS: usize = 32;

impl<const N: usize> Paths<N> {
    /// Builds the index of the paths. More than 64 paths do not compile.
    pub const fn of(paths: [Path; N]) -> Paths<N> {
        const { assert!(N <= MAX_MEMBERS, "a reader supports at most 64 members") };
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
    /// Adds a path to the index by its first name.
    const fn add(&mut self, path: Path, bit: u64) {
        let [name, ..] = path else { return };
        match name.as_bytes() {
            [first, second, ..] => self.by_mark[mark(*first, *second)] |= bit,
            [only] => self.by_mark[mark(*only, b'"')] |= bit,
            [] => {
                // Any character can follow the closing quote of an empty name.
                let mut at = 0;
                while at < MARKS {
                    self.by_mark[at] |= bit;
                    at += 1;
                }
            }
        }
    }

    /// Returns the paths that may begin with the name at the start of `name`, which begins after the opening quote. A few
    /// others may be among them.
    #[inline]
    pub(crate) fn beginning(&self, name: &[u8]) -> u64 {
        match name {
            [first, second, ..] => self.by_mark[mark(*first, *second)],
            _ => 0,
        }
    }
}

/// Returns whether no name of a path needs an escape in JSON.
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

/// Returns a hash of a name's first two bytes, which names of one reader seldom share.
const fn mark(first: u8, second: u8) -> usize {
    (first as usize + 5 * second as usize) % MARKS
}
