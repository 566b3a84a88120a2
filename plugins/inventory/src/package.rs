//! A paragraph of the status file, read as a package.

use crate::{
    paragraph::Paragraph,
    relation::{self, Relation, Requirement},
    version,
};

/// The fields that the import reads.
pub const FIELDS: &[&str] = &[
    "Package",
    "Status",
    "Architecture",
    "Multi-Arch",
    "Version",
    "Section",
    "Maintainer",
    "Installed-Size",
    "Depends",
    "Pre-Depends",
    "Provides",
    "Description",
];

/// The maximum length of names and versions, which are indexed on every database.
const NAME_LENGTH: usize = 255;

/// A package's entry in the status file.
#[derive(Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name; several architectures of one package share it.
    pub name: String,
    /// The architecture that it was built for, or `all`.
    pub architecture: String,
    /// Whether other architectures may use it: `no`, `same`, `foreign` or `allowed`.
    pub multi_arch: String,
    /// Its version.
    pub version: String,
    /// The version as sortable bytes.
    pub version_key: Vec<u8>,
    /// Its state: `installed`, `config-files`, …
    pub state: String,
    /// Its section.
    pub section: Option<String>,
    /// Its maintainer.
    pub maintainer: Option<Maintainer>,
    /// Its size in KiB when it is installed.
    pub installed_size: Option<i64>,
    /// The first line of its description.
    pub summary: String,
    /// The other lines.
    pub description: String,
    /// Requirements that must be installed before it is unpacked.
    pub pre_depends: Vec<Requirement>,
    /// Requirements that must be installed for it to work.
    pub depends: Vec<Requirement>,
    /// The names that it provides.
    pub provides: Vec<Relation>,
}

/// A person or team: `Name <address>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Maintainer {
    /// The name.
    pub name: String,
    /// The address, where there is one.
    pub email: Option<String>,
}

impl Package {
    /// Whether it is installed: unpacked and configured, at most with pending triggers.
    pub fn is_installed(&self) -> bool {
        matches!(self.state.as_str(), "installed" | "triggers-awaited" | "triggers-pending")
    }

    /// Reads a paragraph.
    ///
    /// # Errors
    /// A description of what is wrong, with the package and the line on which it starts.
    pub fn read(paragraph: &Paragraph) -> Result<Self, String> {
        let name = paragraph.get("Package").filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| format!("the paragraph on line {} has no Package", paragraph.line))?;
        Self::of(name, paragraph).map_err(|what| format!("package {name:?} on line {}: {what}", paragraph.line))
    }

    fn of(name: &str, paragraph: &Paragraph) -> Result<Self, String> {
        let field = |name: &str| paragraph.get(name).filter(|value| !value.is_empty());
        let short = |what: &str, value: &str| match value.chars().count() {
            ..=NAME_LENGTH => Ok(value.to_owned()),
            _ => Err(format!("{what} has more than {NAME_LENGTH} characters")),
        };
        let state = state(field("Status"))?;
        // A package known only by its name has no version.
        let version = match field("Version") {
            Some(version) => version,
            None if matches!(state, "not-installed" | "config-files") => "0",
            None => return Err("it has no Version".to_owned()),
        };
        let (summary, description) = field("Description")
            .unwrap_or_default()
            .split_once('\n')
            .unwrap_or_else(|| (field("Description").unwrap_or_default(), ""));
        let installed_size = field("Installed-Size").map(|size| {
            size.parse()
                .ok()
                .filter(|size| *size >= 0)
                .ok_or_else(|| format!("its Installed-Size {size:?} is no number"))
        });
        Ok(Self {
            name: short("its name", name)?,
            architecture: short("its Architecture", field("Architecture").unwrap_or_default())?,
            multi_arch: short("its Multi-Arch", field("Multi-Arch").unwrap_or("no"))?,
            version: version.to_owned(),
            version_key: version::key(version)?,
            state: state.to_owned(),
            section: field("Section").map(|section| short("its Section", section)).transpose()?,
            maintainer: field("Maintainer").map(maintainer),
            installed_size: installed_size.transpose()?,
            summary: summary.to_owned(),
            description: unfolded(description),
            pre_depends: relation::requirements(field("Pre-Depends").unwrap_or_default())?,
            depends: relation::requirements(field("Depends").unwrap_or_default())?,
            provides: relation::provides(field("Provides").unwrap_or_default())?,
        })
    }
}

/// The state in `install ok installed`: the wanted state, the error flag, the state.
fn state(status: Option<&str>) -> Result<&str, String> {
    let Some(status) = status else { return Ok("not-installed") };
    let mut words = status.split_whitespace();
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(_), Some(_), Some(state), None) => Ok(state),
        _ => Err(format!("its Status {status:?} has not three words")),
    }
}

fn maintainer(field: &str) -> Maintainer {
    let (name, email) = match field.rsplit_once('<') {
        Some((name, rest)) => (name.trim(), Some(rest.trim_end().trim_end_matches('>').trim())),
        None => (field, None),
    };
    Maintainer { name: name.to_owned(), email: email.filter(|email| !email.is_empty()).map(str::to_owned) }
}

/// A description's lines without the marks of folding: a lone dot is an empty line.
fn unfolded(lines: &str) -> String {
    let lines = lines.lines().map(|line| if line == "." { "" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paragraph::Paragraphs;

    fn read(text: &str) -> Result<Package, String> {
        let paragraph = Paragraphs::new(text.as_bytes(), FIELDS).next().unwrap().unwrap();
        Package::read(&paragraph)
    }

    #[test]
    fn reads_all_that_is_told() {
        let package = read(
            "Package: libexample1\nStatus: install ok installed\nPriority: optional\nSection: contrib/libs\n\
             Installed-Size: 120\nMaintainer: A. Person <a@example.org>\nArchitecture: amd64\nMulti-Arch: same\n\
             Version: 1:2.0-3\nPre-Depends: dpkg (>= 1.17)\nDepends: libc6 | musl\nProvides: libexample (= 2.0)\n\
             Description: an example\n that goes on\n .\n  * a list\n",
        )
        .unwrap();
        assert_eq!(package.name, "libexample1");
        assert_eq!(package.architecture, "amd64");
        assert_eq!(package.multi_arch, "same");
        assert_eq!(package.version, "1:2.0-3");
        assert!(package.is_installed());
        assert_eq!(package.section.as_deref(), Some("contrib/libs"));
        let maintainer = package.maintainer.unwrap();
        assert_eq!((maintainer.name.as_str(), maintainer.email.as_deref()), ("A. Person", Some("a@example.org")));
        assert_eq!(package.installed_size, Some(120));
        assert_eq!(package.summary, "an example");
        assert_eq!(package.description, "that goes on\n\n * a list");
        assert_eq!(package.pre_depends.len(), 1);
        assert_eq!(package.depends[0].alternatives.len(), 2);
        assert_eq!(package.provides[0].name, "libexample");
    }

    #[test]
    fn knows_what_is_installed() {
        let installed = |status: &str| read(&format!("Package: a\nVersion: 1\n{status}")).unwrap().is_installed();
        assert!(installed("Status: install ok installed\n"));
        assert!(installed("Status: hold ok installed\n"));
        assert!(installed("Status: install ok triggers-pending\n"));
        assert!(installed("Status: install ok triggers-awaited\n"));
        assert!(!installed("Status: deinstall ok config-files\n"));
        assert!(!installed("Status: install reinstreq half-installed\n"));
        assert!(!installed("Status: install ok unpacked\n"));
        assert!(!installed("Status: unknown ok not-installed\n"));
        assert!(!installed(""));
    }

    #[test]
    fn what_is_missing_is_missing() {
        let package = read("Package: a\nStatus: unknown ok not-installed\n").unwrap();
        assert_eq!((package.section, package.maintainer, package.installed_size), (None, None, None));
        let package = read("Package: a\nVersion: 1\nStatus: install ok installed\nMaintainer: just a name\n").unwrap();
        assert_eq!(package.maintainer, Some(Maintainer { name: "just a name".to_owned(), email: None }));
    }

    #[test]
    fn says_where_it_is_wrong() {
        let error = read("Package: a\nStatus: install ok installed\nVersion: 1\nInstalled-Size: much\n").unwrap_err();
        assert_eq!(error, "package \"a\" on line 1: its Installed-Size \"much\" is no number");
        assert!(read("Version: 1\n").unwrap_err().contains("line 1 has no Package"));
        assert!(read("Package: a\nStatus: install ok installed\n").unwrap_err().contains("no Version"));
        assert!(read("Package: a\nVersion: 1\nStatus: installed\n").unwrap_err().contains("three words"));
        assert!(read("Package: a\nVersion: 1\nDepends: b (\n").unwrap_err().contains("bracket"));
        assert!(read(&format!("Package: {}\nVersion: 1\n", "a".repeat(256))).unwrap_err().contains("255"));
    }
}
