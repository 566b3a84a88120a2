//! Operations on the values of any kind of column: fixed-size values in a vector, or texts or bytes in one buffer.

use super::{Blobs, Strings};

/// Evaluates an expression with the values of a column, whatever its kind.
macro_rules! with_storage {
    ($vector:expr, $values:ident => $done:expr) => {
        match $vector {
            Vector::Booleans($values) => $done,
            Vector::Integers($values)
            | Vector::Times($values)
            | Vector::Timestamps($values)
            | Vector::TimestampsTz($values) => $done,
            Vector::Unsigneds($values) => $done,
            Vector::Floats($values) => $done,
            Vector::Decimals($values) | Vector::Texts($values) | Vector::Jsons($values) => $done,
            Vector::Bytes($values) => $done,
            Vector::Uuids($values) => $done,
            Vector::Dates($values) => $done,
            Vector::Intervals($values) => $done,
            Vector::Mixed($values) => $done,
        }
    };
}

/// Maps the values of a column and returns a column of the same kind.
macro_rules! map_storage {
    ($vector:expr, $values:ident => $made:expr) => {
        map_storage!($vector, $values => $made, Booleans Integers Unsigneds Floats Decimals Texts Bytes Uuids Jsons Dates
            Times Timestamps TimestampsTz Intervals Mixed)
    };
    ($vector:expr, $values:ident => $made:expr, $($kind:ident)*) => {
        match $vector {
            $(Vector::$kind($values) => Vector::$kind($made),)*
        }
    };
}

/// The values of a column.
pub(super) trait Storage: Sized {
    /// Adds placeholder values until there are `rows` rows.
    fn pad(&mut self, rows: usize);

    /// Copies these rows, in this order. The rows must exist, and none may be named twice.
    fn pick(&self, rows: &[u32]) -> Self;

    /// Keeps the rows before `at` and returns the others.
    fn split_off(&mut self, at: usize) -> Self;

    /// Adds the rows of another column.
    fn append(&mut self, more: Self);
}

impl<T: Clone + Default> Storage for Vec<T> {
    #[inline]
    fn pad(&mut self, rows: usize) {
        self.resize(rows, T::default());
    }

    fn pick(&self, rows: &[u32]) -> Self {
        rows.iter().map(|row| self.get(*row as usize).cloned().unwrap_or_default()).collect()
    }

    fn split_off(&mut self, at: usize) -> Self {
        Self::split_off(self, at.min(self.len()))
    }

    fn append(&mut self, mut more: Self) {
        Self::append(self, &mut more);
    }
}

impl Storage for Strings {
    #[inline]
    fn pad(&mut self, rows: usize) {
        pad(&mut self.offsets, rows);
    }

    fn pick(&self, rows: &[u32]) -> Self {
        let mut data = String::new();
        let offsets = pick(&self.offsets, rows, |range| {
            data.push_str(self.data.get(range).unwrap_or_default());
            data.len()
        });
        Self { offsets, data }
    }

    fn split_off(&mut self, at: usize) -> Self {
        let (offsets, cut) = split_off(&mut self.offsets, at);
        // Offsets are character boundaries; a wrong one must not end the host.
        let cut = self.data.floor_char_boundary(cut);
        Self { offsets, data: self.data.split_off(cut) }
    }

    fn append(&mut self, more: Self) {
        append(&mut self.offsets, &more.offsets);
        self.data.push_str(&more.data);
    }
}

impl Storage for Blobs {
    #[inline]
    fn pad(&mut self, rows: usize) {
        pad(&mut self.offsets, rows);
    }

    fn pick(&self, rows: &[u32]) -> Self {
        let mut data = Vec::new();
        let offsets = pick(&self.offsets, rows, |range| {
            data.extend_from_slice(self.data.get(range).unwrap_or_default());
            data.len()
        });
        Self { offsets, data }
    }

    fn split_off(&mut self, at: usize) -> Self {
        let (offsets, cut) = split_off(&mut self.offsets, at);
        Self { offsets, data: Storage::split_off(&mut self.data, cut) }
    }

    fn append(&mut self, more: Self) {
        append(&mut self.offsets, &more.offsets);
        self.data.extend(more.data);
    }
}

/// Repeats the last offset until there are `rows` rows.
#[inline]
fn pad(offsets: &mut Vec<u32>, rows: usize) {
    let last = offsets.last().copied().unwrap_or(0);
    offsets.resize(rows + 1, last);
}

/// Returns the offsets of these rows. `take` adds the bytes of a row and returns the total length with them.
fn pick(offsets: &[u32], rows: &[u32], mut take: impl FnMut(std::ops::Range<usize>) -> usize) -> Vec<u32> {
    let at = |row: usize| offsets.get(row).copied().unwrap_or_default() as usize;
    // Never longer than the whole, whose offsets fit 32 bits.
    let ends = rows.iter().map(|row| take(at(*row as usize)..at((*row as usize).saturating_add(1))));
    std::iter::once(0).chain(ends.map(|end| u32::try_from(end).unwrap_or(u32::MAX))).collect()
}

/// Cuts the offsets after `at` rows and returns those of the other rows, and where their bytes begin.
fn split_off(offsets: &mut Vec<u32>, at: usize) -> (Vec<u32>, usize) {
    let cut = offsets.get(at).copied().unwrap_or_default();
    let rest = offsets.iter().skip(at).map(|offset| offset.saturating_sub(cut)).collect();
    offsets.truncate(at.saturating_add(1));
    (rest, cut as usize)
}

/// Appends offsets, shifted to continue after the last one.
fn append(offsets: &mut Vec<u32>, more: &[u32]) {
    let end = offsets.last().copied().unwrap_or_default();
    if offsets.is_empty() {
        offsets.push(0);
    }
    offsets.extend(more.iter().skip(1).map(|offset| end.saturating_add(*offset)));
}
