//! Durations and sizes as people write them.

use std::time::Duration;

/// Parses a duration. `30` and `30s` are seconds; the units are `ms`, `s`, `m` and `h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, f64); 4] = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let seconds = quantity(text, &UNITS).ok_or("a duration is a number of seconds, or 500ms, 30s, 5m, 1h")?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "this duration is too long".to_owned())
}

/// Parses a size in bytes; `K`, `M` and `G` (also `KiB`, `KB` and so on) are powers of 1024.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    const UNITS: [(&str, f64); 4] = [("b", 1.0), ("k", 1024.0), ("m", 1_048_576.0), ("g", 1_073_741_824.0)];
    let lower = text.to_lowercase();
    let short = lower.strip_suffix("ib").or_else(|| lower.strip_suffix('b')).unwrap_or(&lower);
    let bytes = quantity(short, &UNITS).ok_or("a size is a number of bytes, or 64M, 1G")?;
    // Far below the limit up to which a float represents every integer.
    if bytes >= 4_503_599_627_370_496.0 {
        return Err("this size is too large".to_owned());
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and bounded above")]
    Ok(bytes as usize)
}

/// Parses a number and an optional unit; without a unit the factor is one.
fn quantity(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let number: f64 = number.parse().ok()?;
    match unit.trim() {
        "" => Some(number),
        unit => units.iter().find(|(name, _)| *name == unit).map(|(_, factor)| number * factor),
    }
}

/// Formats a size for people, with one decimal digit.
pub(crate) fn readable(bytes: u64) -> String {
    const STEPS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match STEPS.into_iter().find(|(_, step)| bytes >= *step) {
        // One digit after the point, in whole numbers.
        Some((unit, step)) => {
            let tenths = u128::from(bytes) * 10 / u128::from(step);
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} bytes"),
    }
}

/// Formats a size as configuration: exact, with the largest unit that divides it.
pub(crate) fn bytes(bytes: u64) -> String {
    const STEPS: [(&str, u64); 3] = [("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)];
    match STEPS.into_iter().find(|(_, step)| bytes >= *step && bytes.is_multiple_of(*step)) {
        Some((unit, step)) => format!("{}{unit}", bytes / step),
        None => bytes.to_string(),
    }
}

/// Formats a time as configuration: exact to the millisecond, with the largest unit that divides it.
pub(crate) fn time(time: Duration) -> String {
    const STEPS: [(&str, u128); 3] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000)];
    let millis = time.as_millis();
    match STEPS.into_iter().find(|(_, step)| millis >= *step && millis.is_multiple_of(*step)) {
        Some((unit, step)) => format!("{}{unit}", millis / step),
        None => format!("{millis}ms"),
    }
}

/// Returns the closest word, if one is close enough to be meant.
pub(crate) fn suggestion<'a>(wrong: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wrong.len() > 64 {
        return None;
    }
    let plain = |word: &str| word.to_lowercase().replace('_', "-");
    let distance = |word: &&'a str| strsim::damerau_levenshtein(&plain(wrong), &plain(word));
    let near = among.into_iter().map(|word| (distance(&word), word));
    near.filter(|(far, word)| *far <= (word.chars().count() / 3).max(1)).min().map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{bytes, duration, readable, size, suggestion, time};

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["1G", "256M", "3K", "1025"] {
            assert_eq!(size(text).map(|size| bytes(size as u64)).as_deref(), Ok(text));
        }
        for text in ["1h", "90s", "5m", "1500ms"] {
            assert_eq!(duration(text).map(time).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_word_is_guessed_where_it_is_near() {
        let all = ["url", "pool-size", "pool-timeout"];
        assert_eq!(suggestion("pool_size", all), Some("pool-size"));
        assert_eq!(suggestion("ulr", all), Some("url"));
        assert_eq!(suggestion("password", all), None);
        assert_eq!(suggestion(&"x".repeat(100_000), all), None);
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("2 m"), Ok(Duration::from_secs(120)));
        for wrong in ["", "s", "-1", "1d", "1.2.3", "inf", "99999999999999999999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_powers_of_1024() {
        assert_eq!(size("1000"), Ok(1000));
        assert_eq!(size("64M"), Ok(64 << 20));
        assert_eq!(size("64MiB"), Ok(64 << 20));
        assert_eq!(size("1.5 kb"), Ok(1536));
        for wrong in ["", "M", "-1", "1T", "9999999G", "x"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_are_readable() {
        assert_eq!(readable(12), "12 bytes");
        assert_eq!(readable(1536), "1.5 KiB");
        assert_eq!(readable(u64::MAX), "17179869183.9 GiB");
    }
}
