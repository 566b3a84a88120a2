//! Dates and times in the units of the contract: days and microseconds.

use std::fmt;

const DAY: i64 = 86_400_000_000;

/// A date: days since 1970-01-01 in the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

impl Date {
    /// The date `days` days after 1970-01-01.
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    pub const fn days(self) -> i32 {
        self.0
    }

    /// The date of a year from 1 to 9999, a month from 1 and a day from 1; nothing where the calendar has no such day.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let date = Self(days_from_civil(year, month, day));
        (date.ymd() == (year, month, day)).then_some(date)
    }

    /// Its year, month and day.
    pub fn ymd(self) -> (i32, u32, u32) {
        civil_from_days(self.0.into())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// A time of day: microseconds since midnight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// The time of day `microseconds` microseconds after midnight.
    pub const fn from_microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }

    /// Microseconds since midnight.
    pub const fn microseconds(self) -> i64 {
        self.0
    }

    /// The time of an hour, a minute, a second and a microsecond; nothing where a day has no such time.
    pub const fn new(hour: u32, minute: u32, second: u32, microsecond: u32) -> Option<Self> {
        if hour > 23 || minute > 59 || second > 59 || microsecond > 999_999 {
            return None;
        }
        Some(Self(((hour * 60 + minute) * 60 + second) as i64 * 1_000_000 + microsecond as i64))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, part) = (self.0.div_euclid(1_000_000), self.0.rem_euclid(1_000_000));
        write!(f, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if part == 0 { Ok(()) } else { write!(f, ".{part:06}") }
    }
}

macro_rules! instants {
    ($($(#[$doc:meta])* $name:ident, $zone:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The timestamp `microseconds` microseconds after 1970-01-01T00:00:00.
            pub const fn from_microseconds(microseconds: i64) -> Self {
                Self(microseconds)
            }

            /// Microseconds since 1970-01-01T00:00:00.
            pub const fn microseconds(self) -> i64 {
                self.0
            }

            /// The timestamp of a date and a time of day.
            pub const fn new(date: Date, time: Time) -> Self {
                Self(date.0 as i64 * DAY + time.0)
            }

            /// Its date.
            pub fn date(self) -> Date {
                // 2^63 microseconds are about 10^8 days, so it always fits.
                Date(i32::try_from(self.0.div_euclid(DAY)).unwrap_or_default())
            }

            /// Its time of day.
            pub const fn time(self) -> Time {
                Time(self.0.rem_euclid(DAY))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{}T{}", $zone), self.date(), self.time())
            }
        }
    )*};
}

instants! {
    /// A date and a time without a zone.
    Timestamp, "";
    /// A point in time, which is displayed in UTC.
    TimestampTz, "Z";
}

/// Days since 1970-01-01, by counting years from March so that leap days come last.
fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month.cast_signed() + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day.cast_signed() - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The year, month and day of a day; the inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i32, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let small = |number: i64| u32::try_from(number).unwrap_or_default();
    (i32::try_from(year).unwrap_or_default(), small(month), small(day))
}
