//! Tests decimals against PostgreSQL's results and a model of integers.

use std::cmp::Ordering;

use super::*;

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn told(result: Result<Decimal>) -> String {
    result.map_or_else(|error| error.sqlstate().to_owned(), |decimal| decimal.to_string())
}

#[test]
fn texts_are_read_and_written() {
    let cases = [
        ("0", "0"),
        ("-0.00", "0.00"),
        ("+1.50", "1.50"),
        (" 00012.340\n", "12.340"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1.5e2", "150"),
        ("1.5E-3", "0.0015"),
        ("1e3", "1000"),
        ("0e999999", "0"),
        ("99999999999999999999999999.999999999999", "99999999999999999999999999.999999999999"),
    ];
    for (text, read) in cases {
        assert_eq!(decimal(text).to_string(), read, "{text}");
    }
    for text in ["", "-", ".", "1.2.3", "e5", "1e", "NaN", "Infinity", "0x10", "1 2", "٣", "1e1000000000000", "--1"] {
        assert_eq!(told(Decimal::parse(text)), "22P02", "{text}");
    }
    let many = "9".repeat(1_001);
    for text in ["1e1000", "1e-1001", "1e999999", "-1e-999999", &many, &format!("0.{many}")] {
        assert_eq!(told(Decimal::parse(text)), "22003", "{text:.20}");
    }
    assert_eq!(decimal(&"9".repeat(1_000)).to_string().len(), 1_000);
    assert_eq!(told(Decimal::from_float(0.1 + 0.2)), "0.30000000000000004");
    assert_eq!(told(Decimal::from_float(1e30)), "1000000000000000000000000000000");
    assert_eq!(told(Decimal::from_float(f64::MAX)).len(), 309);
    assert_eq!(told(Decimal::from_float(f64::MIN_POSITIVE)).len(), 326);
    assert_eq!([f64::NAN, f64::INFINITY].map(|float| told(Decimal::from_float(float))), ["22P02", "22P02"]);
}

#[test]
fn arithmetic_is_postgres_own() {
    type Operation = fn(&Decimal, &Decimal) -> Result<Decimal>;
    let (add, subtract, multiply, divide, remainder): (Operation, Operation, Operation, Operation, Operation) =
        (Decimal::add, Decimal::subtract, Decimal::multiply, Decimal::divide, Decimal::remainder);
    // Results of PostgreSQL 15.
    let cases = [
        ("1.5", add, "-1.50", "0.00"),
        ("0.1", add, "0.2", "0.3"),
        ("1", subtract, "0.999999999999", "0.000000000001"),
        ("1.5", multiply, "2.25", "3.375"),
        ("1", divide, "3", "0.33333333333333333333"),
        ("10.00", divide, "3", "3.3333333333333333"),
        ("1e10", divide, "3", "3333333333.33333333"),
        ("0.0001", divide, "3", "0.000033333333333333333333"),
        ("100000000000.5", divide, "7", "14285714285.78571429"),
        (
            "99999999999999999999999999.999999999999",
            divide,
            "0.000000000001",
            "99999999999999999999999999999999999999.000000000000",
        ),
        ("1", divide, "7e20", "0.0000000000000000000014285714285714285714"),
        ("0.000", divide, "7", "0.00000000000000000000"),
        ("5.5", divide, "1", "5.5000000000000000"),
        ("-2", divide, "3", "-0.66666666666666666667"),
        ("7.5", remainder, "2", "1.5"),
        ("-7.5", remainder, "2", "-1.5"),
        ("7.5", remainder, "-2.00", "1.50"),
        ("1", divide, "0.000", "22012"),
        ("1", remainder, "0", "22012"),
        ("1e999", multiply, "10", "22003"),
        ("1e-600", multiply, "1e-600", "22003"),
        ("9e999", add, "9e999", "22003"),
    ];
    for (left, operation, right, result) in cases {
        assert_eq!(told(operation(&decimal(left), &decimal(right))), result, "{left} and {right}");
    }
}

#[test]
fn rounding_is_away_from_0() {
    let cases = [
        ("1.5", 5, "1.50000"),
        ("2.345", 2, "2.35"),
        ("-2.345", 2, "-2.35"),
        ("-2.5", 0, "-3"),
        ("123.456", -1, "120"),
        ("155", -1, "160"),
        ("-5", -1, "-10"),
        ("4.999", -1, "0"),
        ("1.5", i64::MIN, "0"),
        ("0.05", 1, "0.1"),
    ];
    for (text, digits, result) in cases {
        assert_eq!(told(decimal(text).round(digits)), result, "{text} to {digits}");
    }
    assert_eq!(told(decimal("1.5").round(i64::MAX)).len(), 1_002);
    let whole = [("-2.5", "-3", "-2"), ("2.1", "2", "3"), ("-3.00", "-3", "-3"), ("-0.1", "-1", "0")];
    for (text, floor, ceil) in whole {
        assert_eq!([told(decimal(text).floor()), told(decimal(text).ceil())], [floor, ceil], "{text}");
    }
    let fitted = |text: &str| told(decimal(text).fit(5, 2));
    assert_eq!(["999.994", "999.995", "-1000", "1"].map(fitted), ["999.99", "22003", "22003", "1.00"]);
    assert_eq!(decimal("2.5").to_integer(), Ok(3));
    assert_eq!(decimal("-9223372036854775808.4").to_integer(), Ok(i64::MIN));
    assert_eq!(decimal("9223372036854775807.5").to_integer(), Err(DecimalError::OutOfRange));
    assert_eq!(decimal("0.1").to_float().to_bits(), 0.1_f64.to_bits());
    assert_eq!(decimal("10").mean(4), Some(2.5));
    assert_eq!((decimal("0.3").mean(3), decimal("1").mean(0)), (Some(0.1), None));
}

#[test]
fn the_order_is_total_and_by_value() {
    // In ascending order; texts on the same line are equal.
    let order: [&[&str]; 12] = [
        &["-1e3", "-1000", "-001000.00"],
        &["-10.5"],
        &["-9.5", "-9.50"],
        &["-0.001", "-1e-3"],
        &["0", "-0", "0.000", "+0", "0e5"],
        &["0.001"],
        &["9.5", "9.50", "+9.5", "09.5", "95e-1"],
        &["10"],
        &["99999999999999999999999999.999999999998"],
        &["99999999999999999999999999.999999999999"],
        &[""],
        &["NaN"],
    ];
    let all: Vec<(usize, &str)> =
        order.iter().enumerate().flat_map(|(rank, texts)| texts.iter().map(move |text| (rank, *text))).collect();
    for (rank, text) in &all {
        for (other_rank, other) in &all {
            assert_eq!(compare(text, other), rank.cmp(other_rank), "{text} and {other}");
        }
    }
    assert_eq!(compare("1", &"0".repeat(100_000)), Ordering::Greater);
    let shortened = ["-0.00", "+00012.340", ".5", "5.", "0", "NaN", "1e3"].map(shortest);
    assert_eq!(shortened, ["0", "12.34", "0.5", "5", "0", "NaN", "1e3"]);
    assert_eq!(["1", "-1.5", ".5", "1e3", "1.2.3", ""].map(is_plain), [true, true, true, false, false, false]);
}

#[test]
fn arithmetic_agrees_with_integers() {
    arbtest::arbtest(|bytes| {
        let scale: [u32; 2] = [bytes.int_in_range(0..=6)?, bytes.int_in_range(0..=6)?];
        let digits: [i64; 2] = bytes.arbitrary()?;
        let [left, right] = [0, 1].map(|at| Decimal { digits: (digits[at] >> 8).into(), scale: scale[at] });
        let most = scale[0].max(scale[1]);
        let units = |at: usize| i128::from(digits[at] >> 8) * 10_i128.pow(most - scale[at]);
        let of = |units: i128, scale| Decimal { digits: units.into(), scale }.to_string();
        assert_eq!(told(left.add(&right)), of(units(0) + units(1), most));
        assert_eq!(told(left.subtract(&right)), of(units(0) - units(1), most));
        let product = i128::from(digits[0] >> 8) * i128::from(digits[1] >> 8);
        assert_eq!(told(left.multiply(&right)), of(product, scale[0] + scale[1]));
        if units(1) != 0 {
            assert_eq!(told(left.remainder(&right)), of(units(0) % units(1), most));
            let quotient = left.divide(&right).expect("not by 0");
            // The product with the divisor differs from the dividend by no more than half a last digit of the quotient.
            let back = quotient.multiply(&right).and_then(|back| back.subtract(&left)).expect("small").absolute();
            let half =
                right.absolute().multiply(&Decimal { digits: 5.into(), scale: quotient.scale + 1 }).expect("small");
            assert_ne!(compare(&back.to_string(), &half.to_string()), Ordering::Greater, "{left} / {right}");
        }
        assert_eq!(compare(&left.to_string(), &right.to_string()), units(0).cmp(&units(1)));
        let equal = shortest(&left.to_string()) == shortest(&right.to_string());
        assert_eq!(equal, units(0) == units(1));
        assert_eq!(decimal(&left.to_string()).to_string(), left.to_string());
        Ok(())
    });
}
