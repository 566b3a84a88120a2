//! Random rows of three tenants. Rows that the guest does not see hold values for which expressions fail.

use crate::tables::{TENANT, USER};

/// A generator of random numbers with a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, count: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % count
    }

    fn of<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize].clone()
    }

    fn maybe(&mut self, value: String) -> String {
        if self.below(5) == 0 { "null".to_owned() } else { value }
    }
}

/// A row of a table: its values as SQL, and the guest's rights on it.
#[derive(Clone, Debug)]
pub struct Row {
    pub id: i64,
    pub tenant: i64,
    pub is_seen: bool,
    /// Whether the guest may change it.
    pub is_own: bool,
    pub values: Vec<(&'static str, String)>,
}

/// All rows, by table name.
#[derive(Default)]
pub struct Data {
    pub tables: Vec<(&'static str, Vec<Row>)>,
}

/// The initial rows have keys up to this number; the database generates the greater ones.
pub const MADE: i64 = 1_000_000;

/// A number that only hidden rows have: for it, `value - HIDDEN` is zero and no divisor.
pub const HIDDEN: i64 = 100;

impl Data {
    pub fn new(seed: u64) -> Self {
        let mut maker = Maker { random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1), projects: Vec::new() };
        // The first random numbers of small seeds are alike, so they are skipped.
        while maker.random.below(1 << 20) > 1 << 16 {}
        let projects = maker.projects();
        maker.projects = projects.iter().map(|row| (row.id, row.tenant)).collect();
        let members = maker.members();
        let (notes, docs) = (maker.notes(), maker.docs(&members));
        let pins = maker.pins(&notes);
        Self {
            tables: vec![
                ("projects", projects),
                ("members", members),
                ("notes", notes),
                ("docs", docs),
                ("pins", pins),
            ],
        }
    }

    pub fn rows(&self, table: &str) -> &[Row] {
        self.tables.iter().find(|(name, _)| *name == table).map_or(&[], |(_, rows)| rows)
    }
}

struct Maker {
    random: Random,
    /// The keys of the projects, each with its tenant.
    projects: Vec<(i64, i64)>,
}

impl Maker {
    fn tenant(&mut self) -> i64 {
        if self.random.below(2) == 0 { TENANT } else { self.random.of(&[8, 9]) }
    }

    /// A number for which arithmetic works in visible rows and fails in hidden ones.
    fn number(&mut self, is_seen: bool) -> String {
        let seen: Vec<String> = (1..=9).map(|number| number.to_string()).collect();
        let hidden = [HIDDEN, i64::MAX, -i64::MAX].map(|number| number.to_string());
        let value = if is_seen { self.random.of(&seen) } else { self.random.of(&hidden) };
        self.random.maybe(value)
    }

    fn text(&mut self, seen: &[&str], hidden: &[&str], is_seen: bool) -> String {
        let text = self.random.of(if is_seen { seen } else { hidden });
        self.random.maybe(format!("'{text}'"))
    }

    fn word(&mut self, is_seen: bool) -> String {
        self.text(&["1", "2", "3", "7", "12"], &["x7", "1e", "99999999999999999999"], is_seen)
    }

    fn projects(&mut self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for id in (1..=14).chain([MADE]) {
            let tenant = match id {
                MADE => TENANT,
                // Every tenant has a project.
                1..=3 => 6 + id,
                _ => self.tenant(),
            };
            let is_seen = tenant == TENANT;
            let parents = rows.iter().filter(|row| row.tenant == tenant);
            let parents: Vec<String> = parents.map(|row| row.id.to_string()).collect();
            let parent = if parents.is_empty() { "null".to_owned() } else { self.random.of(&parents) };
            let title = self.text(&["red", "blue", "a b", "reddish"], &["red", "hidden", "blue"], is_seen);
            let values = vec![
                ("tenant_id", tenant.to_string()),
                ("slug", format!("'s{}'", rows.iter().filter(|row| row.tenant == tenant).count())),
                ("title", title),
                ("budget", self.number(is_seen)),
                ("parent_id", self.random.maybe(parent)),
            ];
            rows.push(Row { id, tenant, is_seen, is_own: is_seen, values });
        }
        rows
    }

    fn project(&mut self, tenant: i64) -> i64 {
        let of: Vec<i64> = self.projects.iter().filter(|(_, whose)| *whose == tenant).map(|(id, _)| *id).collect();
        self.random.of(&of)
    }

    fn members(&mut self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (project, tenant) in self.projects.clone() {
            for user in [3, 4] {
                if self.random.below(2) == 0 || project == MADE {
                    let values = vec![("user_id", user.to_string()), ("project_id", project.to_string())];
                    rows.push(Row { id: project, tenant, is_seen: user == USER, is_own: false, values });
                }
            }
        }
        rows
    }

    fn notes(&mut self) -> Vec<Row> {
        let mut rows = Vec::new();
        for id in (1..=26).chain([MADE]) {
            let (tenant, owner) = if id == MADE { (TENANT, USER) } else { (self.tenant(), self.random.of(&[3, 3, 4])) };
            let is_open = self.random.below(2) == 0;
            let is_own = tenant == TENANT && owner == USER;
            let is_seen = is_own || (tenant == TENANT && is_open);
            let project = self.project(tenant).to_string();
            let values = vec![
                ("tenant_id", tenant.to_string()),
                ("owner_id", owner.to_string()),
                ("is_open", is_open.to_string()),
                ("project_id", self.random.maybe(project)),
                ("body", self.text(&["red", "blue", "a%b", "green"], &["red", "hidden", "blue"], is_seen)),
                ("n", self.number(is_seen)),
                ("word", self.word(is_seen)),
                ("pattern", self.text(&["r%", "%b%", "blue", "!%a"], &["r!", "!", "%!"], is_seen)),
                ("secret", self.word(is_own)),
            ];
            rows.push(Row { id, tenant, is_seen, is_own, values });
        }
        rows
    }

    fn docs(&mut self, members: &[Row]) -> Vec<Row> {
        let mut rows = Vec::new();
        for id in (1..=20).chain([MADE]) {
            let tenant = if id == MADE { TENANT } else { self.tenant() };
            let project = if id == MADE { MADE } else { self.project(tenant) };
            let is_seen = tenant == TENANT && members.iter().any(|row| row.is_seen && row.id == project);
            let documents = ["{\"a\": 1}", "{\"a\": \"x\"}", "[1, 2]", "7"];
            let values = vec![
                ("tenant_id", tenant.to_string()),
                ("project_id", project.to_string()),
                ("size", self.number(is_seen)),
                ("doc", self.text(&documents, &["{", "nothing", ""], is_seen)),
                ("version", "1".to_owned()),
            ];
            rows.push(Row { id, tenant, is_seen, is_own: is_seen, values });
        }
        rows
    }

    fn pins(&mut self, notes: &[Row]) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for id in 0..30 {
            let tenant = self.tenant();
            let is_seen = tenant == TENANT;
            let project = self.project(tenant);
            // Sometimes a note of another tenant.
            let is_any = self.random.below(8) == 0;
            let near: Vec<i64> =
                notes.iter().filter(|note| is_any || note.tenant == tenant).map(|note| note.id).collect();
            if near.is_empty() {
                continue;
            }
            let note = self.random.of(&near);
            let values = vec![
                ("tenant_id", tenant.to_string()),
                ("project_id", project.to_string()),
                ("note_id", note.to_string()),
                ("weight", self.number(is_seen)),
            ];
            if rows.iter().any(|row| row.values[1..3] == values[1..3]) {
                continue;
            }
            rows.push(Row { id, tenant, is_seen, is_own: is_seen, values });
        }
        rows
    }
}
