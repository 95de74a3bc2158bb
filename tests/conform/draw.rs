//! Numbers from a seed: the same seed gives the same sample.

/// A source of numbers (splitmix64).
pub struct Draw(u64);

impl Draw {
    /// Makes a source from a seed for one purpose. So leaving out one purpose does not change the numbers of the
    /// others.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let mixed = purpose.bytes().fold(seed, |mixed, byte| {
            (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(mixed)
    }

    /// Draws a number of `0..count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let count = u64::try_from(count).unwrap_or(u64::MAX).max(1);
        usize::try_from(mixed % count).unwrap_or(0)
    }
}
