//! Claims and their values.

use super::*;
use crate::value::Array;

fn claims(claims: &[(&str, Value)]) -> Claims {
    claims.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

#[test]
fn a_bound_claim_is_a_constant() {
    let expression = parse("a = :a and b in (:b, :a)");
    let bound = expression.bind(&claims(&[("a", 7.into()), ("b", "x".into()), ("more", Value::NULL)])).unwrap();
    assert_eq!(bound.root, expression.root);
    assert_eq!(bound.columns, expression.columns);
    assert_eq!(show(&bound.nodes, bound.root), "(And (Equal a Integer(7)) (InList b Text(\"x\") Integer(7)))");
}

#[test]
fn an_error_names_the_claim_and_never_its_value() {
    let array = Value::Array(Array { dimensions: vec![1], items: vec![Scalar::Text("s3cret".into())] });
    let other: Value = Scalar::Other("point".into(), "s3cret".into()).into();
    let cases = [
        (claims(&[]), "the claim \"user\" is not there"),
        (claims(&[("User", 1.into())]), "the claim \"user\" is not there"),
        (claims(&[("user", Value::NULL)]), "the claim \"user\" is null, which equals nothing"),
        (claims(&[("user", array)]), "the claim \"user\" is an array; it has to be a single value"),
        (claims(&[("user", other)]), "the claim \"user\" has a type of the database's own; give it a plain type"),
    ];
    for (claims, message) in cases {
        assert_eq!(parse("a = :user").bind(&claims).unwrap_err().to_string(), message);
    }
}

#[test]
fn claims_are_of_letters_digits_and_underscores() {
    assert_eq!(parse("a = :_x1").claims, ["_x1"]);
    assert_eq!(parse("a=:größe").claims, ["größe"]);
    for text in ["a = :1", "a = :\"x y\"", "a = :\"\"", "a = $1", "a = ?", "a = @x", "a = : x", "a = :"] {
        assert!(Expression::parse(text, "notes").is_err(), "{text}");
    }
}
