//! Parses dates and times as SQLite stores them and all databases write defaults; refuses a text whose value would lose digits.

use super::{DAY, days_of, is_day, is_moment};

/// Parses `YYYY-MM-DD` as days since 1970-01-01.
#[must_use]
pub fn parse_date(text: &str) -> Option<i32> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let days = days_of(i64::from(number(year, 4)?), number(month, 2)?, number(day, 2)?)?;
    is_day(days).then(|| i32::try_from(days).ok()).flatten()
}

/// Parses `HH:MM`, `HH:MM:SS` or `HH:MM:SS.ffffff` as microseconds since midnight.
#[must_use]
pub fn parse_time(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, ':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let (second, fraction) = match parts.next() {
        None => (0, 0),
        Some(seconds) => match seconds.split_once('.') {
            None => (number(seconds, 2)?, 0),
            Some((seconds, fraction)) => (number(seconds, 2)?, micros(fraction)?),
        },
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(i64::from(hour * 3600 + minute * 60 + second) * 1_000_000 + fraction)
}

/// Parses a date, or a date and a time separated by a blank or a `T`, as microseconds since 1970-01-01T00:00:00.
#[must_use]
pub fn parse_timestamp(text: &str) -> Option<i64> {
    let (day, rest) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
    i64::from(parse_date(day)?).checked_mul(DAY)?.checked_add(parse_time(rest)?)
}

/// Parses a timestamp with an optional zone: `Z`, `+HH:MM`, `-HH:MM`, or hours alone. Without one it is UTC.
#[must_use]
pub fn parse_timestamp_tz(text: &str) -> Option<i64> {
    let plain = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    // A date has hyphens too, so a zone's sign comes after the time's first colon.
    let sign = plain.find(':').and_then(|colon| Some(colon + plain.get(colon..)?.find(['+', '-'])?));
    let Some(sign) = sign else { return parse_timestamp(plain) };
    let (moment, zone) = plain.split_at_checked(sign)?;
    let (hours, minutes) = zone.get(1..)?.split_once(':').unwrap_or((zone.get(1..)?, "00"));
    let offset = i64::from(number(hours, 2)? * 60 + number(minutes, 2)?) * 60_000_000;
    let moment = parse_timestamp(moment.trim_end())?;
    let utc = if zone.starts_with('-') { moment.checked_add(offset)? } else { moment.checked_sub(offset)? };
    is_moment(utc).then_some(utc)
}

/// Parses a number of exactly `digits` digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Parses the digits after the point of a second, as microseconds: up to six, followed by up to three zeros.
fn micros(fraction: &str) -> Option<i64> {
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nanoseconds: i64 = format!("{fraction:0<9}").parse().ok()?;
    (nanoseconds % 1000 == 0).then_some(nanoseconds / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{FIRST_MICROSECOND, LAST_MICROSECOND, time_text, timestamp_text};

    #[test]
    fn what_is_written_reads_back() {
        for moment in [0, -1, 1, FIRST_MICROSECOND, LAST_MICROSECOND, 1_350_305_838_039_642] {
            assert_eq!(parse_timestamp(&timestamp_text(moment)), Some(moment));
            assert_eq!(parse_timestamp_tz(&timestamp_text(moment)), Some(moment));
        }
        assert_eq!(parse_time(&time_text(46_638_000_396)), Some(46_638_000_396));
        assert_eq!(parse_date("1727-04-01"), days_of(1727, 4, 1).and_then(|days| i32::try_from(days).ok()));
    }

    #[test]
    fn t20_any_text_is_a_moment_or_none_and_every_moment_comes_back() {
        arbtest::arbtest(|bytes| {
            let moment = bytes.int_in_range(FIRST_MICROSECOND..=LAST_MICROSECOND)?;
            let mut text = timestamp_text(moment).into_bytes();
            assert_eq!(parse_timestamp(std::str::from_utf8(&text).expect("ASCII")), Some(moment));
            // One byte is replaced, or the text ends before it.
            let at = bytes.choose_index(text.len())?;
            match bytes.arbitrary::<Option<u8>>()? {
                Some(other) => text[at] = other & 0x7f,
                None => text.truncate(at),
            }
            for read in [parse_timestamp, parse_timestamp_tz, parse_time] {
                let _ = read(std::str::from_utf8(&text).expect("ASCII"));
            }
            let _ = parse_date(std::str::from_utf8(&text).expect("ASCII"));
            Ok(())
        });
    }

    #[test]
    fn other_programs_forms_are_read() {
        assert_eq!(parse_timestamp("1970-01-02"), Some(DAY));
        assert_eq!(parse_timestamp("1970-01-01T00:00:01.500"), Some(1_500_000));
        assert_eq!(parse_timestamp_tz("1970-01-01T02:00:00+02:00"), Some(0));
        assert_eq!(parse_timestamp_tz("1969-12-31 19:00:00-05"), Some(0));
        assert_eq!(parse_timestamp_tz("1970-01-01 00:00:00Z"), Some(0));
    }

    #[test]
    fn what_would_lose_something_is_not_read() {
        for text in
            ["", "2024-02-30", "2024-1-1", "24:00:00", "12:00:60", "1970-01-01 00:00:00.0000001", "0000-01-01", "é"]
        {
            assert!(parse_date(text).is_none() && parse_time(text).is_none(), "{text}");
            assert!(parse_timestamp(text).is_none() && parse_timestamp_tz(text).is_none(), "{text}");
        }
    }
}
