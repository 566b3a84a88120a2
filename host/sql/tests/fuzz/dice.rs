//! Reads random decisions from bytes. When the bytes have run out, every decision is the first choice.

use arbtest::arbitrary::Unstructured;

pub struct Dice<'a, 'b>(&'a mut Unstructured<'b>);

impl<'a, 'b> Dice<'a, 'b> {
    pub fn new(bytes: &'a mut Unstructured<'b>) -> Self {
        Self(bytes)
    }

    /// Returns any number.
    pub fn roll(&mut self) -> u64 {
        self.0.arbitrary().unwrap_or_default()
    }

    /// Returns a number that is smaller than `count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.0.int_in_range(0..=count.saturating_sub(1)).unwrap_or_default()
    }

    /// Returns true once in `count` times, and never when the bytes have run out.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    pub fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Makes between `least` and `most` values.
    pub fn many<T>(&mut self, least: usize, most: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = least + self.below(most - least + 1);
        (0..count).map(|_| make(self)).collect()
    }

    pub fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.one_in(2).then(|| make(self))
    }

    /// Returns a number at or next to a boundary, such as that of an integer type, or any number.
    pub fn edge(&mut self) -> u64 {
        let edges = [0, 1, 2, 7, 8, 63, 64, 65, 255, 256, 65_535, 65_536];
        let large = [i32::MAX as u64, u64::from(u32::MAX), i64::MAX as u64, i64::MIN as u64, u64::MAX];
        match self.below(4) {
            0 => self.of(&edges),
            1 => self.of(&large),
            2 => self.of(&large).wrapping_add(self.below(3) as u64).wrapping_sub(1),
            _ => self.roll(),
        }
    }

    /// Returns a text of up to `most` characters, most of which have a special meaning in some dialect.
    pub fn text(&mut self, most: usize) -> String {
        let characters = [
            'a', 'Z', '0', '9', ' ', '\'', '"', '`', '\\', '%', '_', '?', '$', ';', '-', '/', '*', '#', '(', ')', '[',
            ']', ',', '.', '+', 'e', 'E', ':', '\0', '\n', '\u{1a}', '\u{7f}', 'é', '表', '\u{202e}', '\u{e000}',
            '\u{ffff}', '😀',
        ];
        let one = |dice: &mut Self| match dice.of(&characters) {
            // Every database refuses a text with NUL, so it is rare.
            '\0' if !dice.one_in(8) => 'a',
            c => c,
        };
        self.many(0, most, one).into_iter().collect()
    }
}
