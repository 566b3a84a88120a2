//! The crate `jiff`: dates, times and spans. Values with nanoseconds or with years before year 1 are refused.

use ::jiff::{
    Span,
    civil::{self, DateTime},
};

use super::{Carried, carried};
use crate::value::{Date, Interval, Time, Timestamp, TimestampTz};

const NANOSECONDS: &str = "a time with nanoseconds";
const YEARS: &str = "a year before the first";
const LONG: &str = "a longer span";

impl Carried for civil::Date {
    type By = Date;

    fn encode_value(&self) -> Result<Date, &'static str> {
        let small = |part: i8| part.unsigned_abs().into();
        Date::new(self.year().into(), small(self.month()), small(self.day())).ok_or(YEARS)
    }

    fn decode_value(by: &Date) -> Option<Self> {
        let (year, month, day) = by.ymd();
        Self::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
    }

    fn misfit(&self) -> Option<&'static str> {
        (self.year() < 1).then_some(YEARS)
    }
}

impl Carried for civil::Time {
    type By = Time;

    fn encode_value(&self) -> Result<Time, &'static str> {
        if let Some(why) = Carried::misfit(self) {
            return Err(why);
        }
        let seconds = (i64::from(self.hour()) * 60 + i64::from(self.minute())) * 60 + i64::from(self.second());
        Ok(Time::from_microseconds(seconds * 1_000_000 + i64::from(self.subsec_nanosecond() / 1_000)))
    }

    fn decode_value(by: &Time) -> Option<Self> {
        let (seconds, part) = (by.microseconds().div_euclid(1_000_000), by.microseconds().rem_euclid(1_000_000));
        let (hour, minute, second) = (seconds.div_euclid(3600), seconds / 60 % 60, seconds % 60);
        let nanosecond = i32::try_from(part * 1_000).ok()?;
        Self::new(hour.try_into().ok()?, minute.try_into().ok()?, second.try_into().ok()?, nanosecond).ok()
    }

    fn misfit(&self) -> Option<&'static str> {
        (self.subsec_nanosecond() % 1_000 != 0).then_some(NANOSECONDS)
    }
}

impl Carried for DateTime {
    type By = Timestamp;

    fn encode_value(&self) -> Result<Timestamp, &'static str> {
        Ok(Timestamp::new(self.date().encode_value()?, self.time().encode_value()?))
    }

    fn decode_value(by: &Timestamp) -> Option<Self> {
        Some(Self::from_parts(civil::Date::decode_value(&by.date())?, civil::Time::decode_value(&by.time())?))
    }

    fn misfit(&self) -> Option<&'static str> {
        Carried::misfit(&self.date()).or_else(|| Carried::misfit(&self.time()))
    }
}

impl Carried for ::jiff::Timestamp {
    type By = TimestampTz;

    fn encode_value(&self) -> Result<TimestampTz, &'static str> {
        match Carried::misfit(self) {
            None => Ok(TimestampTz::from_microseconds(self.as_microsecond())),
            Some(why) => Err(why),
        }
    }

    /// The greatest timestamp of `jiff` is some hours before the end of the year 9999.
    fn decode_value(by: &TimestampTz) -> Option<Self> {
        Self::from_microsecond(by.microseconds()).ok()
    }

    fn misfit(&self) -> Option<&'static str> {
        const FIRST: i64 = -62_135_596_800_000_000;
        if self.subsec_nanosecond() % 1_000 != 0 {
            return Some(NANOSECONDS);
        }
        (self.as_microsecond() < FIRST).then_some(YEARS)
    }
}

/// Years become twelve months, weeks seven days, and shorter units microseconds, all without a loss. The units of a span have
/// one sign; an interval from the database whose units have several is a type mismatch.
impl Carried for Span {
    type By = Interval;

    fn encode_value(&self) -> Result<Interval, &'static str> {
        if self.get_nanoseconds() % 1_000 != 0 {
            return Err("a span with nanoseconds");
        }
        interval(self).ok_or(LONG)
    }

    fn decode_value(by: &Interval) -> Option<Self> {
        let parts = [by.months.signum(), by.days.signum(), by.microseconds.signum().try_into().ok()?];
        if parts.contains(&1) && parts.contains(&-1) {
            return None;
        }
        let span = Self::new().try_months(by.months).ok()?.try_days(by.days).ok()?;
        span.try_microseconds(by.microseconds).ok()
    }
}

fn interval(span: &Span) -> Option<Interval> {
    let months = i32::from(span.get_years()).checked_mul(12)?.checked_add(span.get_months())?;
    let days = span.get_weeks().checked_mul(7)?.checked_add(span.get_days())?;
    let seconds =
        i128::from(span.get_hours()) * 3600 + i128::from(span.get_minutes()) * 60 + i128::from(span.get_seconds());
    let thousandths = seconds * 1_000 + i128::from(span.get_milliseconds());
    let microseconds =
        thousandths * 1_000 + i128::from(span.get_microseconds()) + i128::from(span.get_nanoseconds() / 1_000);
    Some(Interval { months, days, microseconds: microseconds.try_into().ok()? })
}

carried!(civil::Date);
carried!(civil::Time);
carried!(DateTime);
carried!(::jiff::Timestamp);
carried!(Span);
