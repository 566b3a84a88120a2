//! Tests of the decoding of batches into rows.

use super::decode;
use crate::{
    bindings::sqlservice::database::{
        rows::{Batch, ColumnData, Vector},
        sessions::ResultColumn,
    },
    prelude::*,
    schema::{TypeKind, column_type},
    value::{Field, Scalar},
};

#[derive(Model, Clone, Debug, Default, PartialEq)]
struct User {
    #[model(primary_key, generated)]
    id: i64,
    name: String,
    email: Option<String>,
}

fn about(names: &[&str]) -> Vec<ResultColumn> {
    let column =
        |name: &&str| ResultColumn { name: (*name).to_owned(), ty: column_type(TypeKind::Other), nullable: None };
    names.iter().map(column).collect()
}

fn users() -> Vec<User> {
    let user = |id, name: &str, email: Option<&str>| User { id, name: name.into(), email: email.map(Into::into) };
    vec![user(1, "ed", None), user(2, "jo", Some("jo@example.org"))]
}

fn batch(columns: Vec<ColumnData>) -> Batch {
    Batch { rows: 2, columns }
}

#[test]
fn models_tuples_and_values() {
    let names = about(&["id", "name", "email", "count"]);
    let mut columns = User::encode(&users()).expect("they fit");
    columns.push(Field::encode(&mut [5_i64, 6].iter()));
    let rows = decode::<(User, i64)>(&names, batch(columns.clone()));
    assert_eq!(rows, Ok(users().into_iter().zip([5, 6]).collect()));
    let rows = decode::<Vec<Value>>(&names, batch(columns));
    let rows = rows.expect("whatever comes can be read");
    assert_eq!(rows[1][0], Value::Scalar(Scalar::Integer(2)));
    assert_eq!(rows[0][2], Value::Scalar(Scalar::Null));
}

#[test]
fn an_outer_join_without_a_partner_is_none() {
    let names = about(&["n", "id", "name", "email"]);
    let missing = |values| ColumnData { validity: Some(vec![0b10]), values };
    let texts = |texts: [&str; 2]| String::encode_texts(texts);
    let columns = vec![
        Field::encode(&mut [1_i64, 2].iter()),
        missing(Vector::Integers(vec![0, 9])),
        missing(texts(["", "jo"])),
        missing(texts(["", "mail"])),
    ];
    let rows = decode::<(i64, Option<User>)>(&names, batch(columns));
    let user = User { id: 9, name: "jo".into(), email: Some("mail".into()) };
    assert_eq!(rows, Ok(vec![(1, None), (2, Some(user))]));
}

#[test]
fn a_partner_with_a_missing_value_is_a_mismatch() {
    let names = about(&["id", "name", "email"]);
    let mut columns = User::encode(&users()).expect("they fit");
    columns[1].validity = Some(vec![0b10]);
    let wrong = decode::<Option<User>>(&names, batch(columns.clone()));
    assert!(matches!(&wrong, Err(Error::TypeMismatch(it)) if it.column == "name"), "{wrong:?}");
    let wrong = decode::<User>(&names, batch(columns));
    assert!(matches!(&wrong, Err(Error::TypeMismatch(it)) if it.got.contains("Option")), "{wrong:?}");
}

#[test]
fn what_does_not_fit_says_which_column() {
    let names = about(&["id", "name"]);
    let columns = vec![Field::encode(&mut [1_i64, 2].iter()), Field::encode(&mut [true, false].iter())];
    let wrong = decode::<(i64, String)>(&names, batch(columns.clone())).expect_err("a text was asked for");
    assert_eq!(wrong.to_string(), "name takes String, not a boolean");
    assert!(matches!(decode::<(i64, bool, i64)>(&names, batch(columns.clone())), Err(Error::Invalid(_))));
    let mut short = batch(columns);
    short.columns[1].values = Vector::Booleans(vec![1]);
    assert!(matches!(decode::<(i64, bool)>(&names, short), Err(Error::Other(_))));
}

trait EncodeTexts {
    fn encode_texts(texts: [&str; 2]) -> Vector;
}

impl EncodeTexts for String {
    fn encode_texts(texts: [&str; 2]) -> Vector {
        Field::encode(&mut texts.map(str::to_owned).iter()).values
    }
}
