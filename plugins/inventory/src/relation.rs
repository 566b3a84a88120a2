//! Requirements and provided names of packages: `a (>= 1) | b:any, c` and `d, e (= 2)`.

use crate::version;

/// One way to satisfy a requirement, or one provided name.
#[derive(Debug, PartialEq, Eq)]
pub struct Relation {
    /// The name of a package, real or virtual.
    pub name: String,
    /// The required architecture: `any`, or one by its name.
    pub qualifier: Option<String>,
    /// The required or provided version.
    pub constraint: Option<Constraint>,
}

/// A condition on a version.
#[derive(Debug, PartialEq, Eq)]
pub struct Constraint {
    /// The comparison operator.
    pub operator: &'static str,
    /// The version to compare with.
    pub version: String,
    /// That version as sortable bytes.
    pub key: Vec<u8>,
}

/// The alternatives of one requirement, and its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The clause as written, with single spaces.
    pub text: String,
    /// The alternatives, any of which satisfies it.
    pub alternatives: Vec<Relation>,
}

/// Parses a field such as `Depends`: requirements separated by commas.
///
/// # Errors
/// A description of what is wrong, with the invalid text.
pub fn requirements(field: &str) -> Result<Vec<Requirement>, String> {
    let clauses = field.split(',').map(str::trim).filter(|clause| !clause.is_empty());
    let requirement = |clause: &str| {
        let alternatives = clause.split('|').map(relation).collect::<Result<_, _>>()?;
        Ok(Requirement { text: clause.split_whitespace().collect::<Vec<_>>().join(" "), alternatives })
    };
    clauses.map(requirement).collect()
}

/// Parses the field `Provides`: names separated by commas, some with a version.
///
/// # Errors
/// A description of what is wrong, with the invalid text.
pub fn provides(field: &str) -> Result<Vec<Relation>, String> {
    let provided = |text: &str| {
        let relation = relation(text)?;
        match &relation.constraint {
            Some(constraint) if constraint.operator != "=" => {
                Err(format!("{text:?} is provided with {}, only = says which version it is", constraint.operator))
            }
            _ => Ok(relation),
        }
    };
    field.split(',').map(str::trim).filter(|text| !text.is_empty()).map(provided).collect()
}

/// Parses `name`, `name:qualifier` or `name (operator version)`.
fn relation(text: &str) -> Result<Relation, String> {
    let wrong = |what: &str| format!("{:?} {what}", text.trim());
    let (package, constraint) = match text.split_once('(') {
        None => (text.trim(), None),
        Some((package, rest)) => {
            let inside = rest.trim_end().strip_suffix(')').ok_or_else(|| wrong("has no closing bracket at its end"))?;
            (package.trim(), Some(constraint(inside.trim()).map_err(|what| wrong(&what))?))
        }
    };
    let (name, qualifier) = match package.split_once(':') {
        None => (package, None),
        Some((name, qualifier)) => (name, Some(qualifier)),
    };
    let is_name =
        |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "+-._".contains(c)) && !name.is_empty();
    if !is_name(name) || !qualifier.is_none_or(is_name) {
        return Err(wrong("is no name of a package"));
    }
    Ok(Relation { name: name.to_owned(), qualifier: qualifier.map(str::to_owned), constraint })
}

fn constraint(text: &str) -> Result<Constraint, String> {
    let at = text.find(|c| !"<>=".contains(c)).unwrap_or(text.len());
    let operator = match &text[..at] {
        // A single sign is the obsolete form and includes the version itself.
        "<=" | "<" => "<=",
        ">=" | ">" => ">=",
        // No sign at all means the version itself.
        "=" | "" => "=",
        "<<" => "<<",
        ">>" => ">>",
        other => return Err(format!("compares with {other:?}, which is none of <<, <=, =, >= and >>")),
    };
    let version = text[at..].trim();
    Ok(Constraint { operator, version: version.to_owned(), key: version::key(version)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(name: &str, qualifier: Option<&str>, constraint: Option<(&'static str, &str)>) -> Relation {
        Relation {
            name: name.to_owned(),
            qualifier: qualifier.map(str::to_owned),
            constraint: constraint.map(|(operator, version)| Constraint {
                operator,
                version: version.to_owned(),
                key: version::key(version).unwrap(),
            }),
        }
    }

    #[test]
    fn reads_alternatives_constraints_and_qualifiers() {
        let read = requirements("libc6 (>= 2.34),\n python3:any(<<3.12~) |  perl:amd64 ( = 5:5.36-1 ),g++,").unwrap();
        assert_eq!(
            read,
            [
                Requirement {
                    text: "libc6 (>= 2.34)".to_owned(),
                    alternatives: vec![plain("libc6", None, Some((">=", "2.34")))],
                },
                Requirement {
                    text: "python3:any(<<3.12~) | perl:amd64 ( = 5:5.36-1 )".to_owned(),
                    alternatives: vec![
                        plain("python3", Some("any"), Some(("<<", "3.12~"))),
                        plain("perl", Some("amd64"), Some(("=", "5:5.36-1"))),
                    ],
                },
                Requirement { text: "g++".to_owned(), alternatives: vec![plain("g++", None, None)] },
            ]
        );
        assert_eq!(requirements("").unwrap(), []);
        assert_eq!(requirements(" , ").unwrap(), []);
    }

    #[test]
    fn reads_old_operators() {
        let operator = |text: &str| {
            let mut read = requirements(text).unwrap();
            read.remove(0).alternatives.remove(0).constraint.unwrap().operator
        };
        assert_eq!(operator("a (< 1)"), "<=");
        assert_eq!(operator("a (> 1)"), ">=");
        assert_eq!(operator("a (1)"), "=");
        assert_eq!(operator("a (>> 1)"), ">>");
    }

    #[test]
    fn reads_what_is_provided() {
        let read = provides("mail-transport-agent, libfoo (= 1.2)").unwrap();
        assert_eq!(read, [plain("mail-transport-agent", None, None), plain("libfoo", None, Some(("=", "1.2")))]);
        assert!(provides("libfoo (>= 1.2)").unwrap_err().contains("only ="));
    }

    #[test]
    fn says_what_is_wrong() {
        for wrong in ["a (>= 1", "a b", "a ()", "a (=> 1)", "|", "a | ", "a (>= 1) b", "(>= 1)", "a:", "ä", "a (>= 1-)"]
        {
            assert!(requirements(wrong).is_err(), "{wrong:?}");
        }
        assert!(requirements("ok, not ok").unwrap_err().contains("not ok"));
    }
}
