//! Tests of the comparison of decimals by value, and of arithmetic like the databases'.

use std::collections::{BTreeSet, HashSet};

use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn decimals_are_equal_and_ordered_by_value() {
    // In ascending order; the texts of one line are equal.
    let order: [&[&str]; 8] = [
        &["-10.5"],
        &["-9.5", "-9.50", "-009.5"],
        &["-0.001"],
        &["0", "-0", "0.000", "+0"],
        &["0.001"],
        &["9.5", "9.50", "+9.5", "09.500"],
        &["10", "10.0"],
        &["99999999999999999999999999.999999999999"],
    ];
    let all: Vec<(usize, Decimal)> =
        (0..).zip(order).flat_map(|(at, texts)| texts.iter().map(move |text| (at, decimal(text)))).collect();
    for (rank, one) in &all {
        for (other_rank, other) in &all {
            assert_eq!(one.cmp(other), rank.cmp(other_rank), "{one} and {other}");
            assert_eq!(one == other, rank == other_rank, "{one} and {other}");
            assert_eq!(one.shortest() == other.shortest(), rank == other_rank, "{one} and {other}");
        }
    }
    let hashed: HashSet<Decimal> = all.iter().map(|(_, decimal)| decimal.clone()).collect();
    let sorted: BTreeSet<Decimal> = all.iter().map(|(_, decimal)| decimal.clone()).collect();
    assert_eq!((hashed.len(), sorted.len()), (order.len(), order.len()));
    assert_eq!(decimal("1.50").to_string(), "1.50");
}

#[test]
fn arithmetic_is_exact() {
    let of = |text: &str| decimal(text);
    let told = [
        of("1.5") + of("-1.50"),
        of("0.1") + &of("0.2"),
        &of("1") - of("0.999999999999"),
        of("1.5") * of("2.25"),
        of("99999999999999999999999999.999999999999") * 2,
        of("10.00") / 3,
        of("1") / of("7"),
        of("-2") / 3,
        of("99999999999999999999999999.999999999999") / of("0.000000000001"),
        of("-7.5") % 2,
        of("7.5") % of("-2.00"),
        -of("1.50"),
        -of("0.0"),
        of("-2.5").round(0),
        of("2.345").round(2),
        of("1.5").round(5),
        of("155").round(-1),
        of("4.999").round(-1),
        of("1").round(i32::MIN),
        of("-2.5").floor(),
        of("-3.00").floor(),
        of("2.1").ceil(),
        of("-2.5").trunc(),
        of("-1.50").abs(),
        of("1.500").normalized(),
        of("100").normalized(),
    ];
    let expected = [
        "0.00",
        "0.3",
        "0.000000000001",
        "3.375",
        "199999999999999999999999999.999999999998",
        "3.3333333333333333",
        "0.14285714285714285714",
        "-0.66666666666666666667",
        "99999999999999999999999999999999999999.000000000000",
        "-1.5",
        "1.50",
        "-1.50",
        "0.0",
        "-3",
        "2.35",
        "1.50000",
        "160",
        "0",
        "0",
        "-3",
        "-3",
        "3",
        "-2",
        "1.50",
        "1.5",
        "100",
    ];
    for (told, expected) in told.iter().zip(expected) {
        assert_eq!(told.to_string(), expected);
    }
    assert_eq!(told.len(), expected.len());
    assert_eq!((of("1").checked_div(0), of("1").checked_rem(of("0.00"))), (None, None));
    assert_eq!(of("1").round(i32::MAX).scale(), 1_000);
    let mut total: Decimal = [of("1.5"), of("2.25")].iter().sum();
    total += 1;
    total *= &of("2");
    assert_eq!(total, of("9.5"));
    assert_eq!([of("2.5"), of("4")].into_iter().product::<Decimal>(), of("10"));
    assert_eq!((of("2.5").to_i64(), of("9223372036854775807.5").to_i64(), of("0.1").to_f64()), (Some(3), None, 0.1));
}

#[test]
fn what_is_no_decimal_is_an_error_by_itself() {
    fn parsed(text: &str) -> crate::Result<Decimal> {
        Ok(text.parse()?)
    }
    fn told(text: &str) -> Result<Decimal, String> {
        Ok(text.parse()?)
    }
    assert_eq!(parsed("-1.50").ok(), Some(decimal("-1.5")));
    for text in ["", "-", "1e5", "1.", ".5", "NaN", "1 ", "٣"] {
        assert!(matches!(parsed(text), Err(Error::Invalid(_))), "{text}");
        assert_eq!(told(text), Err(NotDecimal.to_string()), "{text}");
    }
}
