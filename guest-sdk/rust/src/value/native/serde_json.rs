//! The crate `serde_json`: documents as its `Value`, or as any type that serde reads and writes.

use ::serde::{Serialize, de::DeserializeOwned};
use ::serde_json::Value;

use super::{Carried, carried};
use crate::value::Json;

impl Carried for Value {
    type By = Json;

    fn encode_value(&self) -> Result<Json, &'static str> {
        Ok(Json::new(self.to_string()))
    }

    fn misfit(&self) -> Option<&'static str> {
        None
    }

    fn decode_value(by: &Json) -> Option<Self> {
        match by.as_str() {
            // The text at a null.
            "" => Some(Self::Null),
            text => ::serde_json::from_str(text).ok(),
        }
    }
}

carried!(Value);

/// A column of JSON documents of the type `T`, which serde reads and writes. `T` decides what JSON's null becomes; a column
/// with SQL's null is an `Option<Document<T>>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Document<T>(pub T);

impl<T: Serialize + DeserializeOwned + Clone + 'static> Carried for Document<T> {
    type By = Json;

    fn encode_value(&self) -> Result<Json, &'static str> {
        ::serde_json::to_string(&self.0).map(Json::new).map_err(|_| "a value that serde cannot write as JSON")
    }

    fn decode_value(by: &Json) -> Option<Self> {
        ::serde_json::from_str(by.as_str()).ok().map(Self)
    }
}

carried!([<T: Serialize + DeserializeOwned + Clone + 'static>] Document<T>);
