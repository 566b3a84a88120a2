//! `[limits]`: the limits of a tenant's plugins. A missing one is that of [`TenantLimits::default`], which is safe.

use std::{fmt, time::Duration};

use sqlservice_host::TenantLimits;

use super::node::{Entry, Result, Table};
use crate::notation;

/// The name of the table of a statement's limits.
const STATEMENT: &str = "statement";
/// The value of a limit that is lifted.
const NONE: &str = "none";

/// The unit that a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Count,
    Bytes,
    Time,
}

/// The amount that a limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    None,
    Count(u64),
    Bytes(u64),
    Time(Duration),
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str(NONE),
            Self::Count(number) => number.fmt(f),
            Self::Bytes(bytes) => f.write_str(&notation::bytes(*bytes)),
            Self::Time(time) => f.write_str(&notation::time(*time)),
        }
    }
}

/// A field that holds a limit.
pub(crate) trait Field {
    fn get(&self, kind: Kind) -> Amount;
    /// Sets the amount. Returns whether it fits the field.
    fn set(&mut self, amount: Amount) -> bool;
}

macro_rules! numbers {
    ($($ty:ty),+) => {$(
        impl Field for $ty {
            fn get(&self, kind: Kind) -> Amount {
                let number = u64::try_from(*self).unwrap_or(u64::MAX);
                match kind {
                    _ if *self == <$ty>::MAX => Amount::None,
                    Kind::Bytes => Amount::Bytes(number),
                    _ => Amount::Count(number),
                }
            }

            fn set(&mut self, amount: Amount) -> bool {
                let number = match amount {
                    Amount::None => Some(<$ty>::MAX),
                    Amount::Count(number) | Amount::Bytes(number) => <$ty>::try_from(number).ok(),
                    Amount::Time(_) => None,
                };
                number.map(|number| *self = number).is_some()
            }
        }
    )+};
}
numbers!(u32, u64, usize);

impl Field for Duration {
    fn get(&self, _: Kind) -> Amount {
        Amount::Time(*self)
    }

    fn set(&mut self, amount: Amount) -> bool {
        let Amount::Time(time) = amount else { return false };
        *self = time;
        true
    }
}

impl<T: Field + Default> Field for Option<T> {
    fn get(&self, kind: Kind) -> Amount {
        self.as_ref().map_or(Amount::None, |field| field.get(kind))
    }

    fn set(&mut self, amount: Amount) -> bool {
        if amount == Amount::None {
            *self = None;
            return true;
        }
        self.get_or_insert_default().set(amount)
    }
}

/// A limit: its name, its unit, and its field in the host's limits.
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    kind: Kind,
    /// Whether it may be lifted.
    endless: bool,
    /// Whether it may be zero.
    zero: bool,
    field: fn(&mut TenantLimits) -> &mut dyn Field,
}

impl Limit {
    const fn new(name: &'static str, kind: Kind, field: fn(&mut TenantLimits) -> &mut dyn Field) -> Self {
        Self { name, kind, endless: false, zero: false, field }
    }

    const fn or_none(mut self) -> Self {
        self.endless = true;
        self
    }

    const fn or_zero(mut self) -> Self {
        self.zero = true;
        self
    }

    /// Returns the amount in these limits.
    pub(crate) fn of(&self, limits: &TenantLimits) -> Amount {
        (self.field)(&mut limits.clone()).get(self.kind)
    }

    /// Whether it is lifted here, and not by default.
    pub(crate) fn is_lifted(&self, limits: &TenantLimits) -> bool {
        self.of(limits) == Amount::None && self.of(&TenantLimits::default()) != Amount::None
    }

    fn read(&self, entry: &Entry<'_>, limits: &mut TenantLimits) -> Result<()> {
        let amount = self.amount(entry)?;
        let nothing = matches!(amount, Amount::Count(0) | Amount::Bytes(0) | Amount::Time(Duration::ZERO));
        if nothing && !self.zero {
            return Err(entry.wrong(format!("{} has to be more than nothing", entry.path)));
        }
        if (self.field)(limits).set(amount) { Ok(()) } else { Err(entry.wrong("this number is too large")) }
    }

    fn amount(&self, entry: &Entry<'_>) -> Result<Amount> {
        if self.endless && entry.text().is_ok_and(|text| text == NONE) {
            return Ok(Amount::None);
        }
        let amount = match self.kind {
            Kind::Count => count(entry).map(Amount::Count),
            Kind::Bytes => bytes(entry).map(Amount::Bytes),
            Kind::Time => time(entry).map(Amount::Time),
        };
        amount.map_err(|problem| if self.endless { problem.help("\"none\" is no limit") } else { problem })
    }
}

/// A number that is not negative.
pub(super) fn count(entry: &Entry<'_>) -> Result<u64> {
    u64::try_from(entry.integer()?).map_err(|_| entry.wrong("this number is negative"))
}

/// A size: an integer of bytes, or a text such as "64M".
pub(super) fn bytes(entry: &Entry<'_>) -> Result<u64> {
    let Ok(text) = entry.text() else { return count(entry).map_err(|_| entry.is_not("a size, as \"64M\" or bytes")) };
    notation::size(text).map(|size| size as u64).map_err(|words| entry.wrong(format!("{}: {words}", entry.path)))
}

/// A time: an integer of seconds, or a text such as "30s".
pub(super) fn time(entry: &Entry<'_>) -> Result<Duration> {
    let Ok(text) = entry.text() else {
        let seconds = count(entry).map_err(|_| entry.is_not("a time, as \"30s\" or seconds"))?;
        return Ok(Duration::from_secs(seconds));
    };
    notation::duration(text).map_err(|words| entry.wrong(format!("{}: {words}", entry.path)))
}

/// Reads the limits of a table; missing ones are those of `base`.
pub(super) fn read(table: &Table<'_>, base: &TenantLimits) -> Result<TenantLimits> {
    let mut limits = base.clone();
    let names: Vec<&str> = LIMITS.iter().map(|limit| limit.name).collect();
    let own = |name: &&str| !name.contains('.');
    let keys: Vec<&str> = names.iter().copied().filter(own).chain([STATEMENT]).collect();
    table.only(&keys)?;
    for entry in table.entries() {
        if entry.name == STATEMENT {
            let inner = entry.table()?;
            let keys: Vec<&str> = names.iter().filter_map(|name| in_statement(name)).collect();
            inner.only(&keys)?;
            for entry in inner.entries() {
                set(&entry, &mut limits, |limit| in_statement(limit.name) == Some(entry.name))?;
            }
        } else {
            set(&entry, &mut limits, |limit| limit.name == entry.name)?;
        }
    }
    Ok(limits)
}

fn in_statement(name: &str) -> Option<&str> {
    name.strip_prefix(STATEMENT)?.strip_prefix('.')
}

fn set(entry: &Entry<'_>, limits: &mut TenantLimits, is: impl Fn(&Limit) -> bool) -> Result<()> {
    LIMITS.iter().find(|limit| is(limit)).map_or(Ok(()), |limit| limit.read(entry, limits))
}

use Kind::{Bytes, Count, Time};

/// All limits, each described in the schema: those of a tenant, of its plugins' use of databases, and of one statement.
pub(crate) static LIMITS: [Limit; 34] = [
    Limit::new("memory", Bytes, |l| &mut l.memory),
    Limit::new("total-memory", Bytes, |l| &mut l.total_memory).or_none(),
    Limit::new("call-time", Time, |l| &mut l.call_time).or_none(),
    Limit::new("start-time", Time, |l| &mut l.start_time).or_none(),
    Limit::new("processor-time", Time, |l| &mut l.processor_time).or_none(),
    Limit::new("connections", Count, |l| &mut l.connections).or_none(),
    Limit::new("new-connections", Count, |l| &mut l.new_connections).or_none(),
    Limit::new("instances", Count, |l| &mut l.instances),
    Limit::new("instance-wait", Time, |l| &mut l.instance_wait).or_zero(),
    Limit::new("instance-waiters", Count, |l| &mut l.instance_waiters).or_zero(),
    Limit::new("handles", Count, |l| &mut l.handles),
    Limit::new("call-bytes", Bytes, |l| &mut l.call_bytes),
    Limit::new("output-bytes", Bytes, |l| &mut l.output_bytes).or_none(),
    Limit::new("output-rate", Bytes, |l| &mut l.output_rate).or_none(),
    Limit::new("output-line", Bytes, |l| &mut l.output_line).or_none(),
    Limit::new("log-lines", Count, |l| &mut l.log_lines).or_none(),
    Limit::new("sessions", Count, |l| &mut l.sql.sessions),
    Limit::new("cursors", Count, |l| &mut l.sql.cursors),
    Limit::new("rows", Count, |l| &mut l.sql.rows).or_none(),
    Limit::new("answer-bytes", Bytes, |l| &mut l.sql.answer_bytes),
    Limit::new("host-bytes", Bytes, |l| &mut l.sql.host_bytes).or_none(),
    Limit::new("batch-bytes", Bytes, |l| &mut l.sql.batch_bytes),
    Limit::new("batch-rows", Count, |l| &mut l.sql.batch_rows),
    Limit::new("statement-time", Time, |l| &mut l.sql.statement_time).or_none(),
    Limit::new("transaction-time", Time, |l| &mut l.sql.transaction_time).or_none(),
    Limit::new("idle-transaction-time", Time, |l| &mut l.sql.idle_transaction_time).or_none(),
    Limit::new("statement.nodes", Count, |l| &mut l.sql.statement.nodes),
    Limit::new("statement.expanded-nodes", Count, |l| &mut l.sql.statement.expanded_nodes),
    Limit::new("statement.depth", Count, |l| &mut l.sql.statement.depth),
    Limit::new("statement.statement-bytes", Bytes, |l| &mut l.sql.statement.statement_bytes),
    Limit::new("statement.parameters", Count, |l| &mut l.sql.statement.parameters),
    Limit::new("statement.changed-rows", Count, |l| &mut l.sql.statement.changed_rows),
    Limit::new("statement.tables", Count, |l| &mut l.sql.statement.tables),
    Limit::new("statement.columns", Count, |l| &mut l.sql.statement.columns),
];
