//! Values generated from a seed: the same seed gives the same values everywhere.

/// A generator of numbers: splitmix64.
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.bits() % end as u64).unwrap_or_default()
    }

    /// A number of an inclusive range.
    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        let span = i128::from(last) - i128::from(first) + 1;
        i64::try_from(i128::from(first) + i128::from(self.bits()) % span).unwrap_or(first)
    }

    /// Random bits, shifted by a random number of places, so that small and large numbers are equally likely.
    pub fn skewed(&mut self) -> u64 {
        let bits = self.bits();
        bits >> self.below(64)
    }

    /// A character of any plane except NUL.
    pub fn character(&mut self) -> char {
        let end = [0x80, 0x800, 0xffff, 0x11_0000][self.below(4)];
        let number = u32::try_from(self.below(end)).unwrap_or_default();
        char::from_u32(number).filter(|character| *character != '\0').unwrap_or('🐋')
    }

    /// A text of at most `most` characters.
    pub fn text(&mut self, most: usize) -> String {
        let length = self.below(most + 1);
        (0..length).map(|_| self.character()).collect()
    }

    /// Digits, the first of which is not zero.
    pub fn digits(&mut self, count: usize) -> String {
        let digit = |at: usize, random: &mut Self| {
            char::from(b'0' + u8::try_from(random.below(9)).unwrap_or(0) + u8::from(at == 0))
        };
        (0..count).map(|at| digit(at, self)).collect()
    }

    /// A random JSON document.
    pub fn document(&mut self, depth: usize) -> serde_json::Value {
        match self.below(if depth == 0 { 6 } else { 8 }) {
            0 => serde_json::Value::Null,
            1 => self.bits().is_multiple_of(2).into(),
            2 => self.bits().cast_signed().into(),
            3 => self.bits().into(),
            4 => f64::from_bits(self.bits()).into(),
            5 => self.text(12).into(),
            6 => (0..self.below(4)).map(|_| self.document(depth - 1)).collect(),
            _ => (0..self.below(4))
                .map(|_| (self.text(6), self.document(depth - 1)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}
