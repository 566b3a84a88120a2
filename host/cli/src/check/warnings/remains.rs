//! Notes on the gaps of policies: ways in which a tenant learns that rows of others exist, and how to narrow them.

use super::Finding;
use crate::config::{Config, NamedPolicy};

pub(super) fn find(config: &Config, findings: &mut Vec<Finding>) {
    for (name, named) in &config.policies {
        let used = config.tenants.values().flat_map(|tenant| tenant.databases.values());
        if used.filter(|granted| granted.policy.as_deref() == Some(name)).count() > 0 {
            of_policy(name, named, findings);
        }
    }
}

fn of_policy(name: &str, named: &NamedPolicy, findings: &mut Vec<Finding>) {
    let mut note = |kind: &'static str, words: String, help: &'static str| {
        findings.push(Finding::note(kind, &named.place, format!("policy {name}: {words}"), help));
    };
    let inserts = named.tables.values().any(|table| table.insert.is_some());
    let updates = named.tables.values().any(|table| table.update.is_some());
    let deletes = named.tables.values().any(|table| table.delete.is_some());
    if inserts || updates {
        let help = "let each unique key hold the column that says whose a row is";
        note("unique-keys", "a value that is refused as taken tells that a row of others has it".to_owned(), help);
    }
    if inserts || updates || deletes {
        let help = "let each foreign key hold the column that says whose a row is, on both sides";
        note(
            "foreign-keys",
            "a foreign key that holds, or fails, tells that a row of others is there or refers".to_owned(),
            help,
        );
    }
    if deletes {
        let without = named.tables.iter().filter(|(_, table)| table.delete.is_none()).map(|(table, _)| table.as_str());
        let without: Vec<&str> = without.collect();
        let words = match without.as_slice() {
            [] => "a delete changes other tables where foreign keys cascade".to_owned(),
            tables => format!("a delete changes other tables where foreign keys cascade, also {}", tables.join(", ")),
        };
        note("cascades", words, "let no foreign key cascade into a table whose rows may not be deleted");
    }
    if inserts {
        let help = "use random keys, such as UUIDs";
        note("gaps", "gaps of keys that count up tell how much others insert".to_owned(), help);
    }
    let help = "an index that begins with the column of the rule narrows it; rate limits do, too";
    note("timing", "how long a statement takes tells something of the rows of others".to_owned(), help);
}
