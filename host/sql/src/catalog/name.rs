//! Names of tables, columns and constraints: checks the chosen ones and derives the missing ones.

mod reserved;

use std::collections::HashSet;

use crate::{Dialect, Error, Result, schema::Table};

/// The hash digits at the end of a derived name that was too long or taken.
const HASH_DIGITS: usize = 10;

/// Checks a name that a guest chose. Everything that can be quoted is allowed, including reserved words. Refused names
/// would be truncated, be taken for something else, or not exist after all.
pub(crate) fn check(what: &str, name: &str, dialect: Dialect) -> Result<()> {
    let most = dialect.capabilities().max_identifier;
    let problem = if name.is_empty() {
        "is empty".to_owned()
    } else if name.chars().any(char::is_control) {
        "has a control character".to_owned()
    } else if name.len() > most {
        // PostgreSQL would truncate it, and it might equal another name then.
        format!("has {} bytes, {most} are the most", name.len())
    } else {
        match dialect {
            Dialect::Mysql | Dialect::Mariadb if name.ends_with(' ') => "ends with a space".to_owned(),
            Dialect::Mysql | Dialect::Mariadb if name.chars().any(|c| c > '\u{ffff}') => {
                "has a character past U+FFFF, which this database's names cannot hold".to_owned()
            }
            _ => return Ok(()),
        }
    };
    Err(Error::invalid(format!("the name of a {what}, {}, {problem}", shown(name))))
}

/// Checks the name of a column. Also refuses names that the database takes for something else.
pub(super) fn check_column(name: &str, dialect: Dialect) -> Result<()> {
    check("column", name, dialect)?;
    if reserved::is_column(name, dialect) { Err(own("column", name)) } else { Ok(()) }
}

/// Checks the name of a table, index or constraint. Also refuses names that databases reserve for themselves.
pub(super) fn check_object(what: &str, name: &str, dialect: Dialect) -> Result<()> {
    check(what, name, dialect)?;
    if reserved::is_table(name, dialect) { Err(own(what, name)) } else { Ok(()) }
}

/// Checks the name of a schema.
pub(super) fn check_schema(name: &str, dialect: Dialect) -> Result<()> {
    check("schema", name, dialect)?;
    if reserved::is_schema(name) { Err(own("schema", name)) } else { Ok(()) }
}

/// Returns the error for a reserved name. It does not reveal whether the database has such an object.
fn own(what: &str, name: &str) -> Error {
    Error::invalid(format!("the name of a {what}, {}, is reserved: the database may have one of its own", shown(name)))
}

/// Formats a name for messages. It is guest-controlled, so it is cut to one line.
pub(super) fn shown(name: &str) -> String {
    const MOST: usize = 80;
    if name.chars().count() <= MOST {
        return format!("{name:?}");
    }
    format!("{:?}…", name.chars().take(MOST).collect::<String>())
}

/// Folds a name as the database compares it, so that no two columns differ only in a case that the database ignores.
pub(super) fn folded(name: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => name.to_owned(),
        Dialect::Sqlite => name.to_ascii_lowercase(),
        Dialect::Mysql | Dialect::Mariadb => name.to_lowercase(),
    }
}

/// Names each index and constraint that has no name, and checks the names that guests chose.
///
/// A derived name depends only on the table and the columns, so that `create-all` and `drop-all` of other processes
/// derive the same. A name that is too long or taken ends with a hash.
pub(super) fn derive(tables: &mut [Table], dialect: Dialect) -> Result<()> {
    let mut taken = TakenNames { dialect, names: HashSet::new() };
    taken.chosen(tables)?;
    for table in tables {
        let key = format!("{}\0{}", table.schema.as_deref().unwrap_or_default(), table.name);
        let most = dialect.capabilities().max_identifier;
        let mut make = |name: &mut Option<String>, kind: &str, columns: &[String], scope: &str| {
            if name.is_none() {
                *name = Some(taken.make(&[kind, &key, scope], &[kind, &table.name, &columns.join("_")], columns, most));
            }
        };
        if !table.primary_key.is_empty() {
            let mut name = table.primary_key_name.take();
            make(&mut name, "pk", &[], "");
            table.primary_key_name = name;
        }
        for unique in &mut table.uniques {
            make(&mut unique.name, "uq", &unique.columns, "");
        }
        for index in &mut table.indexes {
            make(&mut index.name, "ix", &index.columns, "");
        }
        for foreign_key in &mut table.foreign_keys {
            make(&mut foreign_key.name, "fk", &foreign_key.columns, &foreign_key.table);
        }
        for (position, check) in table.checks.iter_mut().enumerate() {
            make(&mut check.name, "ck", &[(position + 1).to_string()], "");
        }
    }
    Ok(())
}

/// Names that are in use. All kinds of objects share one namespace, which is stricter than any database.
struct TakenNames {
    dialect: Dialect,
    names: HashSet<String>,
}

impl TakenNames {
    /// Records the names that guests chose. Refuses a duplicate within the scope in which the database compares names.
    fn chosen(&mut self, tables: &[Table]) -> Result<()> {
        let mut scoped: HashSet<(String, &str, String)> = HashSet::new();
        for table in tables {
            let schema = table.schema.clone().unwrap_or_default();
            let here = format!("{schema}\0{}", table.name);
            // All databases accept a name for a primary key, but only PostgreSQL keeps it, as an index.
            if let Some(name) = &table.primary_key_name {
                check_object("constraint", name, self.dialect)?;
            }
            let key =
                table.primary_key_name.iter().filter(|_| self.dialect == Dialect::Postgres).map(|name| ("index", name));
            let uniques = table.uniques.iter().filter_map(|u| u.name.as_ref()).map(|name| ("index", name));
            let indexes = table.indexes.iter().filter_map(|i| i.name.as_ref()).map(|name| ("index", name));
            let foreign = table.foreign_keys.iter().filter_map(|f| f.name.as_ref()).map(|name| ("constraint", name));
            let checks = table.checks.iter().filter_map(|c| c.name.as_ref()).map(|name| ("constraint", name));
            for (kind, name) in key.chain(uniques).chain(indexes).chain(foreign).chain(checks) {
                check_object(kind, name, self.dialect)?;
                let wide = match self.dialect {
                    Dialect::Sqlite | Dialect::Postgres => kind == "index",
                    Dialect::Mysql | Dialect::Mariadb => kind == "constraint",
                };
                let scope = if wide { schema.clone() } else { here.clone() };
                if !scoped.insert((scope, kind, folded(name, self.dialect))) {
                    return Err(Error::invalid(format!("two indexes or constraints have the name {}", shown(name))));
                }
                self.names.insert(folded(name, self.dialect));
            }
        }
        Ok(())
    }

    /// Joins `parts` to a name. If it is too long or taken, truncates it and appends a hash of the scope and columns.
    fn make(&mut self, scope: &[&str], parts: &[&str], columns: &[String], most: usize) -> String {
        let whole = parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("_");
        let odd = whole.ends_with(' ');
        if whole.len() <= most && !odd && self.names.insert(folded(&whole, self.dialect)) {
            return whole;
        }
        // The hash identifies the object; the count makes the name unique if even the hash is taken.
        for count in 0_u64.. {
            let hash = hash(scope, columns, count);
            let digits = format!("{hash:016x}").chars().take(HASH_DIGITS).collect::<String>();
            let mut name = cut(&whole, most.saturating_sub(HASH_DIGITS + 1)).to_owned();
            name.push('_');
            name.push_str(&digits);
            if self.names.insert(folded(&name, self.dialect)) {
                return name;
            }
        }
        whole
    }
}

fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Hashes with 64-bit FNV-1a: the hash must be the same in every process and release, which the standard hasher does not promise.
fn hash(scope: &[&str], columns: &[String], count: u64) -> u64 {
    let texts = scope.iter().copied().chain(columns.iter().map(String::as_str));
    let bytes = texts.flat_map(|text| text.bytes().chain([0])).chain(count.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
