//! The crate `uuid`.

use super::{Carried, carried};
use crate::value::Uuid;

impl Carried for ::uuid::Uuid {
    type By = Uuid;

    fn encode_value(&self) -> Result<Uuid, &'static str> {
        Ok(Uuid::from_u128(self.as_u128()))
    }

    fn decode_value(by: &Uuid) -> Option<Self> {
        Some(Self::from_u128(by.as_u128()))
    }
}

carried!(::uuid::Uuid);
