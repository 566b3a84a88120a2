//! Encodes and decodes PostgreSQL's numbers of any length: groups of four decimal digits on the wire, exact text in the host.

/// The reason why a text cannot be encoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// Not an optional sign, digits, an optional point and digits.
    Syntax,
    /// More digits than the type can hold.
    Range,
}

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;

/// Encodes a decimal text for the wire. The text is guest-controlled.
pub(crate) fn encode(text: &str) -> Result<Vec<u8>, Malformed> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (NEGATIVE, rest),
        None => (POSITIVE, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return Err(Malformed::Syntax);
    }
    let whole = whole.trim_start_matches('0');
    let scale = u16::try_from(fraction.len()).ok().filter(|scale| *scale <= 16_383).ok_or(Malformed::Range)?;
    if whole.len() > 131_072 {
        return Err(Malformed::Range);
    }
    let mut groups = Vec::with_capacity(whole.len() / 4 + fraction.len() / 4 + 2);
    let (head, rest) = whole.as_bytes().split_at_checked(whole.len() % 4).unwrap_or_default();
    if !head.is_empty() {
        groups.push(group(head));
    }
    groups.extend(rest.chunks(4).map(group));
    let before_point = groups.len();
    groups.extend(fraction.as_bytes().chunks(4).map(|chunk| {
        // The last group of a fraction is padded with zeros on the right.
        group(chunk) * 10_u16.pow(4 - u32::try_from(chunk.len()).unwrap_or(4))
    }));
    let leading = groups.iter().take_while(|group| **group == 0).count();
    let mut used = groups.get(leading..).unwrap_or_default();
    while let [rest @ .., 0] = used {
        used = rest;
    }
    let weight = match used {
        [] => 0,
        _ => i16::try_from(before_point as i64 - 1 - leading as i64).map_err(|_| Malformed::Range)?,
    };
    let count = u16::try_from(used.len()).map_err(|_| Malformed::Range)?;
    let sign = if used.is_empty() { POSITIVE } else { sign };
    let mut wire = Vec::with_capacity(8 + 2 * used.len());
    wire.extend(count.to_be_bytes());
    wire.extend(weight.to_be_bytes());
    wire.extend(sign.to_be_bytes());
    wire.extend(scale.to_be_bytes());
    wire.extend(used.iter().flat_map(|group| group.to_be_bytes()));
    Ok(wire)
}

/// Parses up to four digits.
fn group(digits: &[u8]) -> u16 {
    digits.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))
}

/// The kind of a decoded number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// An exact number, whose text was written.
    Finite,
    /// The name of a special value: `NaN` or an infinity.
    Word(&'static str),
}

/// Decodes a number of the wire and appends its text. Returns `None` for bytes that are no such number.
pub(crate) fn decode(wire: &[u8], text: &mut String) -> Option<Number> {
    let (&[a, b, c, d, e, f, g, h], groups) = wire.split_first_chunk::<8>()?;
    let (count, scale) = (usize::from(u16::from_be_bytes([a, b])), usize::from(u16::from_be_bytes([g, h])));
    let weight = i16::from_be_bytes([c, d]);
    match u16::from_be_bytes([e, f]) {
        POSITIVE => {}
        NEGATIVE => text.push('-'),
        0xC000 => return Some(Number::Word("NaN")),
        0xD000 => return Some(Number::Word("Infinity")),
        0xF000 => return Some(Number::Word("-Infinity")),
        _ => return None,
    }
    if groups.len() != count * 2 {
        return None;
    }
    let at = |index: i32| {
        let index = usize::try_from(index).ok()?;
        let pair = groups.get(index * 2..index * 2 + 2)?;
        pair.try_into().ok().map(u16::from_be_bytes)
    };
    let weight = i32::from(weight);
    if weight < 0 {
        text.push('0');
    }
    for index in 0..=weight {
        push_group(text, at(index).unwrap_or(0), index == 0);
    }
    if scale > 0 {
        text.push('.');
        let end = text.len() + scale;
        let mut index = weight + 1;
        while text.len() < end {
            push_group(text, at(index).unwrap_or(0), false);
            index += 1;
        }
        text.truncate(end);
    }
    Some(Number::Finite)
}

/// Appends four digits, or only as many as the first group needs.
fn push_group(text: &mut String, group: u16, first: bool) {
    let mut left = group.min(9999);
    let mut digits = [b'0'; 4];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
    }
    let skip = if first { digits.iter().take(3).take_while(|digit| **digit == b'0').count() } else { 0 };
    text.extend(digits.iter().skip(skip).map(|digit| char::from(*digit)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(text: &str) -> String {
        let mut back = String::new();
        assert_eq!(decode(&encode(text).expect("a number"), &mut back), Some(Number::Finite));
        back
    }

    #[test]
    fn t20_any_text_is_a_number_or_none_and_every_number_comes_back() {
        arbtest::arbtest(|bytes| {
            let length = bytes.int_in_range(0..=60)?;
            let text: String = (0..length)
                .map(|_| bytes.choose(b"0123456789.-+e").map(|byte| char::from(*byte)))
                .collect::<Result<_, _>>()?;
            let Ok(wire) = encode(&text) else { return Ok(()) };
            let mut back = String::new();
            assert_eq!(decode(&wire, &mut back), Some(Number::Finite), "{text}");
            assert_eq!(encode(&back).expect("a number"), wire, "{text} came back as {back}");
            let digits = |text: &str| {
                let text = text.trim_start_matches(['-', '+']);
                let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
                (whole.trim_start_matches('0').to_owned(), fraction.to_owned())
            };
            assert_eq!(digits(&back), digits(&text), "{text} came back as {back}");
            Ok(())
        });
    }

    #[test]
    fn wire_forms_are_those_of_the_server() {
        // select numeric_send('12345.678'), …
        assert_eq!(encode("12345.678").expect("ok"), [0, 3, 0, 1, 0, 0, 0, 3, 0, 1, 9, 41, 26, 124]);
        assert_eq!(encode("-0.0001").expect("ok"), [0, 1, 255, 255, 64, 0, 0, 4, 0, 1]);
        assert_eq!(encode("0").expect("ok"), [0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(encode("-0.00").expect("ok"), [0, 0, 0, 0, 0, 0, 0, 2]);
        assert_eq!(encode("10000").expect("ok"), [0, 1, 0, 1, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn texts_come_back_as_the_server_writes_them() {
        for (text, back) in
            [("+007.50", "7.50"), ("-0.00", "0.00"), (".5", "0.5"), ("5.", "5"), ("00", "0"), ("-1", "-1")]
        {
            assert_eq!(round(text), back);
        }
        // A simple generator: every length of both parts, digits with runs of zeros.
        let mut state: u64 = 7;
        for whole in 0..13 {
            for fraction in 0..13 {
                for _ in 0..20 {
                    let mut digit = || {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                        match state >> 60 {
                            low @ 0..10 => char::from(b'0' + low as u8),
                            _ => '0',
                        }
                    };
                    let head: String = (0..whole).map(|_| digit()).collect();
                    let tail: String = (0..fraction).map(|_| digit()).collect();
                    let plain = head.trim_start_matches('0');
                    let plain = if plain.is_empty() { "0" } else { plain };
                    let expected = if tail.is_empty() { plain.to_owned() } else { format!("{plain}.{tail}") };
                    assert_eq!(round(&expected), expected);
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "1e5", "1,5", " 1", "NaN", "--1", "1.2.3", "１"] {
            assert_eq!(encode(text), Err(Malformed::Syntax), "{text}");
        }
        assert_eq!(encode(&"9".repeat(131_073)), Err(Malformed::Range));
        assert_eq!(encode(&format!("0.{}", "1".repeat(16_384))), Err(Malformed::Range));
        assert!(encode(&"9".repeat(131_072)).is_ok());
        let mut text = String::new();
        assert_eq!(decode(&[0, 0, 0, 0, 0xC0, 0, 0, 0], &mut text), Some(Number::Word("NaN")));
        assert_eq!(decode(&[0, 2, 0, 0, 0, 0, 0, 0, 0, 1], &mut text), None);
        assert_eq!(decode(&[0; 3], &mut text), None);
    }
}
