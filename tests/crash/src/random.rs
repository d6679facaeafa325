//! Random numbers that a seed reproduces.

use std::time::Duration;

/// A SplitMix64 generator, so that a failure can be reproduced from its seed.
pub struct Random(u64);

impl Random {
    /// Creates a generator with this seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// Returns the next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a random time below this many milliseconds.
    ///
    /// # Panics
    ///
    /// Panics if `end` is 0.
    pub fn millis(&mut self, end: u64) -> Duration {
        Duration::from_millis(self.draw() % end)
    }

    /// Returns a random number below `end`.
    ///
    /// # Panics
    ///
    /// Panics if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a usize has 64 bits at most");
        usize::try_from(self.draw() % end).expect("it is below a usize")
    }

    /// Returns true in one of `many` calls on average.
    ///
    /// # Panics
    ///
    /// Panics if `many` is 0.
    pub fn is_one_of(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    /// Returns one of the texts at random.
    ///
    /// # Panics
    ///
    /// Panics if there are no texts.
    pub fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}
