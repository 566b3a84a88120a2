//! Debian versions in Debian's order, as bytes that any database can compare.
//!
//! A version is `[epoch:]upstream[-revision]`. Both parts are compared alike: text and numbers alternate, numbers compare
//! by value, and in text `~` sorts before the end, the end before letters, letters before all other characters. [`key`]
//! encodes this order, so that a query can filter by `target.version_key >= requirement.version_key`.

/// The end of a text within a version: after `~`, before all other characters.
const END: u8 = 2;
const TILDE: u8 = 1;

/// Bytes whose order is the order of versions; equal for versions that count as equal, such as `1.0` and `0:1.0-0`.
///
/// # Errors
/// A description of what is wrong with the version.
pub fn key(version: &str) -> Result<Vec<u8>, String> {
    let wrong = |what: &str| format!("the version {version:?} {what}");
    let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
    let digits = !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit());
    let epoch: i32 = epoch.parse().ok().filter(|_| digits).ok_or_else(|| wrong("has an epoch that is no number"))?;
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    if upstream.is_empty() {
        return Err(wrong("is empty"));
    }
    if rest.ends_with('-') {
        return Err(wrong("has an empty revision"));
    }
    if let Some(bad) = rest.chars().find(|c| !c.is_ascii_alphanumeric() && !"-+._~:".contains(*c)) {
        return Err(wrong(&format!("has the character {bad:?}")));
    }
    let mut key = Vec::with_capacity(rest.len() * 2 + 12);
    key.extend(epoch.to_be_bytes());
    part(upstream.as_bytes(), &mut key);
    part(revision.as_bytes(), &mut key);
    Ok(key)
}

/// Appends one part. No part's bytes are a prefix of another part's, so the next part cannot be confused with it.
fn part(mut rest: &[u8], key: &mut Vec<u8>) {
    loop {
        let text = rest.iter().position(u8::is_ascii_digit).unwrap_or(rest.len());
        key.extend(rest[..text].iter().map(|&byte| weight(byte)));
        key.push(END);
        rest = &rest[text..];
        let number = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        digits(&rest[..number], key);
        rest = &rest[number..];
        if rest.is_empty() {
            return key.push(END);
        }
    }
}

/// Appends a number's value: the longer it is without leading zeros, the greater; no digits are zero.
fn digits(number: &[u8], key: &mut Vec<u8>) {
    let zeros = number.iter().take_while(|&&byte| byte == b'0').count();
    let number = &number[zeros..];
    match u8::try_from(number.len()) {
        Ok(length @ ..=254) => key.push(length),
        _ => {
            key.push(255);
            key.extend((number.len() as u64).to_be_bytes());
        }
    }
    key.extend_from_slice(number);
}

fn weight(byte: u8) -> u8 {
    match byte {
        b'~' => TILDE,
        letter if letter.is_ascii_alphabetic() => letter,
        // The allowed characters are ASCII.
        other => other | 0x80,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    /// The comparison as Debian's policy defines it, without keys.
    fn compare(a: &str, b: &str) -> Ordering {
        let split = |version: &str| {
            let (epoch, rest) = version.split_once(':').map_or((0, version), |(e, r)| (e.parse::<u32>().unwrap(), r));
            let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, "0"));
            (epoch, upstream.to_owned(), revision.to_owned())
        };
        let (a, b) = (split(a), split(b));
        a.0.cmp(&b.0).then_with(|| parts(&a.1, &b.1)).then_with(|| parts(&a.2, &b.2))
    }

    fn parts(a: &str, b: &str) -> Ordering {
        let order = |c: Option<&char>| match c {
            None => 0,
            Some('~') => -1,
            Some(c) if c.is_ascii_digit() => 0,
            Some(c) if c.is_ascii_alphabetic() => *c as i32,
            Some(c) => *c as i32 + 256,
        };
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            let text = |c: Option<&char>| c.is_some_and(|c| !c.is_ascii_digit());
            while text(a.get(i)) || text(b.get(j)) {
                let (x, y) = (order(a.get(i)), order(b.get(j)));
                if x != y {
                    return x.cmp(&y);
                }
                i += 1;
                j += 1;
            }
            let number = |chars: &[char], at: &mut usize| {
                let mut value = 0u128;
                while let Some(digit) = chars.get(*at).and_then(|c| c.to_digit(10)) {
                    value = value * 10 + u128::from(digit);
                    *at += 1;
                }
                value
            };
            let (x, y) = (number(&a, &mut i), number(&b, &mut j));
            if x != y {
                return x.cmp(&y);
            }
        }
        Ordering::Equal
    }

    #[test]
    fn orders_as_the_policy_says() {
        let ascending = [
            "1.0~~",
            "1.0~~a",
            "1.0~",
            "1.0~rc1",
            "1.0~rc1-1",
            "1.0",
            "1.0-1",
            "1.0-1+b1",
            "1.0-1.1",
            "1.0a",
            "1.0+dfsg",
            "1.0.1",
            "1.9",
            "1.10",
            "1.10-1~bpo12+1",
            "1.10-1",
            "2",
            "2a",
            "2:0.1",
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(key(a).unwrap().cmp(&key(b).unwrap()), i.cmp(&j), "{a} and {b}");
                assert_eq!(compare(a, b), i.cmp(&j), "{a} and {b} in the test itself");
            }
        }
    }

    #[test]
    fn equal_versions_have_equal_keys() {
        for (a, b) in [("1.0", "0:1.0"), ("1.0", "1.0-0"), ("1.0", "1.00"), ("1.", "1.0"), ("007-1", "7-01")] {
            assert_eq!(key(a).unwrap(), key(b).unwrap(), "{a} and {b}");
        }
    }

    #[test]
    fn agrees_with_the_policy_on_many_versions() {
        // Pseudo-random short versions of the characters that matter, the same in every run.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut version = || {
            let alphabet = b"0019aZ.~+-";
            let length = 1 + next(6);
            let body: String = (0..length).map(|_| alphabet[next(10) as usize] as char).collect();
            let epoch = ["", "", "0:", "1:"][next(4) as usize];
            format!("{epoch}{body}")
        };
        let mut compared = 0;
        for _ in 0..200_000 {
            let (a, b) = (version(), version());
            if let (Ok(x), Ok(y)) = (key(&a), key(&b)) {
                assert_eq!(x.cmp(&y), compare(&a, &b), "{a} and {b}");
                compared += 1;
            }
        }
        assert!(compared > 50_000, "only {compared} pairs were versions");
    }

    #[test]
    fn numbers_have_no_limit() {
        let long = "9".repeat(300);
        assert!(key(&format!("1.{long}")).unwrap() < key(&format!("1.{long}0")).unwrap());
        assert!(key(&format!("1.{}", "9".repeat(254))).unwrap() < key(&format!("1.1{}", "0".repeat(254))).unwrap());
    }

    #[test]
    fn refuses_what_is_no_version() {
        for wrong in ["", "a:1", ":1", "-1:1", "+1:1", "1-", "-1", "1 2", "1é", "99999999999:1", "1_a/b"] {
            assert!(key(wrong).is_err(), "{wrong:?}");
        }
        assert!(key("1_2").is_ok(), "dpkg reads old versions with an underscore");
    }
}
