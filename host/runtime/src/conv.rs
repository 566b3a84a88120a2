//! Conversions between the contract's types and the host's: the only module that names both.
//!
//! Columns move without a copy. `sqlservice-sql` checks everything that a guest sends, after this module.

mod error;
mod flush;
mod load;
mod rows;
mod schema;
mod session;
mod statement;
mod value;

pub(crate) use error::{no_such_database, of_change, to_guest};
pub(crate) use flush::inserts;
pub(crate) use load::{Root, plan};
pub(crate) use session::{complete, dialect, run_options, transaction_options};

/// Conversions in both directions between enums with the same case names.
macro_rules! same_cases {
    ($wit:ty, $ours:ty, { $($case:ident),+ $(,)? }) => {
        impl From<$wit> for $ours {
            fn from(case: $wit) -> Self {
                match case { $(<$wit>::$case => <$ours>::$case),+ }
            }
        }
        impl From<$ours> for $wit {
            fn from(case: $ours) -> Self {
                match case { $(<$ours>::$case => <$wit>::$case),+ }
            }
        }
    };
}

/// Conversions in both directions between structs with the same field names: plain fields, options and lists.
macro_rules! same_fields {
    ($wit:ty, $ours:ty, { $($plain:ident),* $(; options $($option:ident),+)? $(; lists $($list:ident),+)? }) => {
        impl From<$wit> for $ours {
            fn from(from: $wit) -> Self {
                Self {
                    $($plain: from.$plain.into(),)*
                    $($($option: from.$option.map(Into::into),)+)?
                    $($($list: crate::conv::all(from.$list),)+)?
                }
            }
        }
        impl From<$ours> for $wit {
            fn from(from: $ours) -> Self {
                Self {
                    $($plain: from.$plain.into(),)*
                    $($($option: from.$option.map(Into::into),)+)?
                    $($($list: crate::conv::all(from.$list),)+)?
                }
            }
        }
    };
}

/// Conversions from the contract's struct to the host's, with the same field names: plain fields, options and lists.
macro_rules! take_fields {
    ($wit:ty => $ours:ty, { $($plain:ident),* $(; options $($option:ident),+)? $(; lists $($list:ident),+)? }) => {
        impl From<$wit> for $ours {
            fn from(from: $wit) -> Self {
                Self {
                    $($plain: from.$plain.into(),)*
                    $($($option: from.$option.map(Into::into),)+)?
                    $($($list: crate::conv::all(from.$list),)+)?
                }
            }
        }
    };
}

/// Conversions from the contract's enum to the host's, with the same case names.
macro_rules! take_cases {
    ($wit:ty => $ours:ty, { $($case:ident),+ $(,)? }) => {
        impl From<$wit> for $ours {
            fn from(case: $wit) -> Self {
                match case { $(<$wit>::$case => <$ours>::$case),+ }
            }
        }
    };
}

use {same_cases, same_fields, take_cases, take_fields};

/// Converts each item.
pub(crate) fn all<A, B: From<A>>(from: Vec<A>) -> Vec<B> {
    from.into_iter().map(B::from).collect()
}
