//! The host's only calendar: dates, times and intervals as numbers and texts, in the proleptic Gregorian calendar and UTC.
//!
//! No library covers PostgreSQL's years 4713 BC to 5874897, and each value that a database returns has to be displayed.

use std::fmt::Write;

use crate::value::Interval;

mod read;

pub use read::{parse_date, parse_time, parse_timestamp, parse_timestamp_tz};

/// Microseconds of a day.
pub const DAY: i64 = 86_400_000_000;
/// 0001-01-01, the first day of the contract's dates.
pub const FIRST_DAY: i64 = -719_162;
/// 9999-12-31, the last day of the contract's dates.
pub const LAST_DAY: i64 = 2_932_896;
/// The first microsecond of the contract's timestamps.
pub const FIRST_MICROSECOND: i64 = FIRST_DAY * DAY;
/// The last microsecond of the contract's timestamps.
pub const LAST_MICROSECOND: i64 = (LAST_DAY + 1) * DAY - 1;

/// Whether a day is in the contract's range.
#[must_use]
pub fn is_day(days: i64) -> bool {
    (FIRST_DAY..=LAST_DAY).contains(&days)
}

/// Whether a timestamp is in the contract's range.
#[must_use]
pub fn is_moment(microseconds: i64) -> bool {
    (FIRST_MICROSECOND..=LAST_MICROSECOND).contains(&microseconds)
}

/// Returns the days from 1970-01-01 to a date; `None` if it does not exist or its year exceeds a million either way.
#[must_use]
pub fn days_of(year: i64, month: u32, day: u32) -> Option<i64> {
    if !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) || !(-1_000_000..=1_000_000).contains(&year)
    {
        return None;
    }
    // Years begin in March here, so that the leap day is the last of its year.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * (i64::from(month) + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    let of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    Some(era * 146_097 + of_era - 719_468)
}

fn days_in(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Returns the year, month and day of a number of days since 1970-01-01.
#[must_use]
pub fn civil_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Formats a date as `YYYY-MM-DD`, with ` BC` for years before the first.
#[must_use]
pub fn date_text(days: i64) -> String {
    let (year, month, day) = civil_of(days);
    if year > 0 { format!("{year:04}-{month:02}-{day:02}") } else { format!("{:04}-{month:02}-{day:02} BC", 1 - year) }
}

/// Formats a date as `YYYY-MM-DD` with the astronomical year, in which 0 is the year before the first.
#[must_use]
pub fn numbered_date_text(days: i64) -> String {
    let (year, month, day) = civil_of(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Formats a time as `HH:MM:SS`, with a fraction if there is one; hours may exceed 24, and the whole may be negative.
#[must_use]
pub fn time_text(microseconds: i64) -> String {
    let mut text = String::new();
    if microseconds < 0 {
        text.push('-');
    }
    let all = microseconds.unsigned_abs();
    let (seconds, fraction) = (all / 1_000_000, all % 1_000_000);
    // Writing to a string cannot fail.
    let _ = write!(text, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    push_fraction(&mut text, fraction);
    text
}

/// Formats a timestamp as `YYYY-MM-DD HH:MM:SS`, with a fraction if there is one and ` BC` for years before the first.
#[must_use]
pub fn timestamp_text(microseconds: i64) -> String {
    let date = date_text(microseconds.div_euclid(DAY));
    let time = time_text(microseconds.rem_euclid(DAY));
    match date.strip_suffix(" BC") {
        Some(date) => format!("{date} {time} BC"),
        None => format!("{date} {time}"),
    }
}

fn push_fraction(text: &mut String, fraction: u64) {
    if fraction > 0 {
        let digits = format!("{fraction:06}");
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
}

/// Formats an interval for databases without a type for it: `P14M-3DT0.5S`, each part with its own sign.
#[must_use]
pub fn interval_text(interval: Interval) -> String {
    let mut text = format!("P{}M{}DT", interval.months, interval.days);
    if interval.microseconds < 0 {
        text.push('-');
    }
    let all = interval.microseconds.unsigned_abs();
    let _ = write!(text, "{}", all / 1_000_000);
    push_fraction(&mut text, all % 1_000_000);
    text.push('S');
    text
}

/// Parses the format of [`interval_text`].
#[must_use]
pub fn parse_interval(text: &str) -> Option<Interval> {
    let (months, rest) = text.strip_prefix('P')?.split_once('M')?;
    let (days, rest) = rest.split_once("DT")?;
    let seconds = rest.strip_suffix('S')?;
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    if fraction.len() > 6 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
    let fraction = if whole.starts_with('-') { -fraction } else { fraction };
    let microseconds = whole.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(fraction)?;
    Some(Interval { months: months.parse().ok()?, days: days.parse().ok()?, microseconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar_and_come_back() {
        assert_eq!(days_of(1970, 1, 1), Some(0));
        assert_eq!(days_of(2000, 3, 1), Some(11_017));
        assert_eq!(days_of(1, 1, 1), Some(FIRST_DAY));
        assert_eq!(days_of(9999, 12, 31), Some(LAST_DAY));
        assert_eq!(days_of(1900, 2, 29), None);
        assert_eq!(days_of(2024, 2, 29), Some(19_782));
        assert_eq!(days_of(2024, 13, 1), None);
        for days in (FIRST_DAY - 400_000..LAST_DAY + 400_000).step_by(17) {
            let (year, month, day) = civil_of(days);
            assert_eq!(days_of(year, month as u32, day as u32), Some(days));
        }
    }

    #[test]
    fn t20_intervals_come_back_and_other_texts_are_none() {
        arbtest::arbtest(|bytes| {
            let interval =
                Interval { months: bytes.arbitrary()?, days: bytes.arbitrary()?, microseconds: bytes.arbitrary()? };
            assert_eq!(parse_interval(&interval_text(interval)), Some(interval));
            let text: String = bytes.arbitrary()?;
            let _ = parse_interval(&text);
            Ok(())
        });
    }

    #[test]
    fn texts_are_what_databases_read() {
        assert_eq!(date_text(0), "1970-01-01");
        assert_eq!(date_text(FIRST_DAY - 1), "0001-12-31 BC");
        assert_eq!(time_text(3_723_000_400), "01:02:03.0004");
        assert_eq!(time_text(-1), "-00:00:00.000001");
        assert_eq!(timestamp_text(-1), "1969-12-31 23:59:59.999999");
        assert_eq!(timestamp_text(LAST_MICROSECOND), "9999-12-31 23:59:59.999999");
    }

    #[test]
    fn spans_come_back() {
        let parts = [0, 1, -1, 7, -500_000, 1_500_000, i64::from(i32::MAX)];
        for months in parts {
            for days in parts {
                for microseconds in parts.into_iter().chain([i64::MAX, i64::MIN + 1_000_000]) {
                    let Ok(months) = i32::try_from(months) else { continue };
                    let Ok(days) = i32::try_from(days) else { continue };
                    let span = Interval { months, days, microseconds };
                    assert_eq!(parse_interval(&interval_text(span)), Some(span));
                }
            }
        }
        assert_eq!(parse_interval("P1M2DT3.1234567S"), None);
        assert_eq!(parse_interval("1 month"), None);
    }
}
