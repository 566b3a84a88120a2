//! This machine's own packages, counted by `dpkg-query`, `dpkg --compare-versions` and a few lines of plain code.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::Path,
    process::Command,
};

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::{ask, field, import, list, number, plugin, unmet, word};

const STATUS: &str = "/var/lib/dpkg/status";

/// An installed package, as `dpkg-query` prints it.
struct Package {
    name: String,
    architecture: String,
    version: String,
    section: Option<String>,
    size: u64,
    maintainer: String,
    requirements: Vec<(&'static str, String)>,
    provides: Vec<String>,
}

fn query(admin: &Path) -> (usize, Vec<Package>) {
    let fields = [
        "db:Status-Status",
        "Package",
        "Architecture",
        "Version",
        "Section",
        "Installed-Size",
        "Maintainer",
        "Pre-Depends",
        "Depends",
        "Provides",
    ];
    let format = fields.map(|field| format!("${{{field}}}")).join("\\t") + "\\n";
    let mut command = Command::new("dpkg-query");
    command.arg("--admindir").arg(admin).args(["-W", "-f", &format]).env("LC_ALL", "C.UTF-8");
    let output = command.output().expect("dpkg-query");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let clauses = |text: &str| {
        text.split(',')
            .map(|clause| clause.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|c| !c.is_empty())
            .collect::<Vec<_>>()
    };
    let package = |fields: Vec<&str>| {
        let kind = |kind, field| clauses(field).into_iter().map(move |clause| (kind, clause));
        Package {
            name: fields[1].to_owned(),
            architecture: fields[2].to_owned(),
            version: fields[3].to_owned(),
            section: Some(fields[4].to_owned()).filter(|section| !section.is_empty()),
            size: fields[5].parse().unwrap_or(0),
            maintainer: fields[6].to_owned(),
            requirements: kind("pre-depends", fields[7]).chain(kind("depends", fields[8])).collect(),
            provides: clauses(fields[9]),
        }
    };
    let all: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let installed = |fields: &Vec<&str>| matches!(fields[0], "installed" | "triggers-pending" | "triggers-awaited");
    (all.len(), all.into_iter().filter(installed).map(package).collect())
}

/// Compares versions with dpkg, and caches each result.
#[derive(Default)]
struct Versions(HashMap<(String, String, String), bool>);

impl Versions {
    fn fits(&mut self, version: &str, operator: &str, asked: &str) -> bool {
        let question = (version.to_owned(), operator.to_owned(), asked.to_owned());
        *self.0.entry(question).or_insert_with(|| {
            let operator = match operator {
                "<" => "<=",
                ">" => ">=",
                other => other,
            };
            let mut command = Command::new("dpkg");
            command.args(["--compare-versions", version, operator, asked]).status().expect("dpkg").success()
        })
    }
}

/// Splits `name:qualifier (operator version)` into its parts.
fn parts(text: &str) -> (&str, Option<&str>, Option<(&str, &str)>) {
    let (package, version) = match text.split_once('(') {
        Some((package, version)) => {
            let version = version.trim().trim_end_matches(')').trim();
            let digit = version.find(|c: char| !"<>=".contains(c)).expect("a version");
            (package.trim(), Some((&version[..digit], version[digit..].trim())))
        }
        None => (text.trim(), None),
    };
    let (name, qualifier) = package.split_once(':').map_or((package, None), |(name, arch)| (name, Some(arch)));
    (name, qualifier, version)
}

/// Dependencies: for each package, its dependents and those that name it directly; and the requirements that no package meets.
struct Needs {
    dependents: BTreeMap<String, (BTreeSet<usize>, BTreeSet<usize>)>,
    unmet: Vec<String>,
}

/// Computes the needs on a machine with one architecture, where any package can meet any other's requirement.
fn needs(packages: &[Package]) -> Needs {
    let mut versions = Versions::default();
    let mut needs = Needs { dependents: BTreeMap::new(), unmet: Vec::new() };
    for (owner, package) in packages.iter().enumerate() {
        for (kind, clause) in &package.requirements {
            let mut met = false;
            for alternative in clause.split('|') {
                let (name, _, asked) = parts(alternative);
                for (at, target) in packages.iter().enumerate() {
                    let by_name = target.name == name
                        && asked.is_none_or(|(op, asked)| versions.fits(&target.version, op, asked));
                    let provided = target.provides.iter().any(|provided| {
                        let (provided, _, version) = parts(provided);
                        provided == name
                            && match (asked, version) {
                                (None, _) => true,
                                (Some((op, asked)), Some((_, version))) => versions.fits(version, op, asked),
                                (Some(_), None) => false,
                            }
                    });
                    met |= by_name || provided;
                    if (by_name || provided) && at != owner {
                        let entry =
                            needs.dependents.entry(format!("{}:{}", target.name, target.architecture)).or_default();
                        entry.0.insert(owner);
                        if by_name {
                            entry.1.insert(owner);
                        }
                    }
                }
            }
            if !met {
                needs.unmet.push(format!("{}:{} {kind} {clause}", package.name, package.architecture));
            }
        }
    }
    needs
}

#[test]
fn inventory_agrees_with_dpkg() {
    if !Path::new(STATUS).is_file() {
        eprintln!("this is no Debian machine: nothing to compare the inventory with; its other tests run");
        return;
    }
    let admin = tempfile::TempDir::new().expect("a directory");
    // A copy, because a package may be installed during the test.
    fs::copy(STATUS, admin.path().join("status")).expect("the status file");
    fs::create_dir(admin.path().join("info")).expect("a folder");
    fs::create_dir(admin.path().join("updates")).expect("a folder");
    let (known, packages) = query(admin.path());
    assert!(packages.len() > 50, "only {} packages are installed", packages.len());
    let foreign = Command::new("dpkg").arg("--print-foreign-architectures").output().expect("dpkg");
    let needs = foreign.stdout.is_empty().then(|| needs(&packages));
    if needs.is_none() {
        eprintln!("this machine has packages of several architectures: the plain code compares sizes only");
    }
    for_each_database(async |fixture: &Fixture| {
        compare(fixture, admin.path(), known, &packages, needs.as_ref()).await;
    });
}

async fn compare(fixture: &Fixture, dir: &Path, known: usize, packages: &[Package], needs: Option<&Needs>) {
    let mut plugin = plugin(fixture, dir).await;
    let summary = import(&mut plugin, "status").await.expect("imported");
    let size: u64 = packages.iter().map(|package| package.size).sum();
    let maintainers: BTreeSet<_> = packages.iter().map(|package| &package.maintainer).collect();
    let mut sections: BTreeMap<Option<String>, (u64, u64)> = BTreeMap::new();
    for package in packages {
        let (count, size) = sections.entry(package.section.clone()).or_default();
        (*count, *size) = (*count + 1, *size + package.size);
    }
    let named_sections = sections.keys().flatten().count();
    let requirements: usize = packages.iter().map(|package| package.requirements.len()).sum();
    let figures = ["packages", "installed", "installed-size", "sections", "maintainers", "requirements"];
    assert_eq!(
        figures.map(|name| number(&summary, name)),
        [known, packages.len(), size as usize, named_sections, maintainers.len(), requirements].map(|n| n as u64)
    );

    let rows = list(ask(&mut plugin, "largest-sections", &[Val::U32(u32::MAX)]).await.expect("sections"));
    let row = |row: &Val| (field(row, "section"), (number(row, "packages"), number(row, "installed-size")));
    let sizes: Vec<u64> = rows.iter().map(|row| number(row, "installed-size")).collect();
    assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
    assert_eq!(rows.iter().map(row).collect::<BTreeMap<_, _>>(), sections);

    let rows = list(ask(&mut plugin, "most-depended-upon", &[Val::U32(u32::MAX)]).await.expect("packages"));
    let counts: Vec<u64> = rows.iter().map(|row| number(row, "dependents")).collect();
    assert!(counts.is_sorted_by(|a, b| a >= b), "{counts:?}");
    if let Some(needs) = needs {
        let row = |row: &Val| {
            let package = format!("{}:{}", word(row, "name"), word(row, "architecture"));
            (package, (number(row, "dependents"), number(row, "by-name")))
        };
        let counted = |(name, (all, by_name)): (&String, &(BTreeSet<usize>, BTreeSet<usize>))| {
            (name.clone(), (all.len() as u64, by_name.len() as u64))
        };
        let expected: BTreeMap<_, _> = needs.dependents.iter().map(counted).collect();
        assert_eq!(rows.iter().map(row).collect::<BTreeMap<_, _>>(), expected);
        let mut expected = needs.unmet.clone();
        expected.sort();
        let mut unmet = unmet(&mut plugin).await;
        unmet.sort();
        assert_eq!(unmet, expected);
        assert_eq!(apt_is_content(dir), unmet.is_empty(), "apt-get check says otherwise: {unmet:?}");
    }

    let Val::String(report) = ask(&mut plugin, "report", &[]).await.expect("a report") else { panic!("no text") };
    assert!(report.starts_with(&format!("{} packages installed of {known} known", packages.len())), "{report}");
    let most = word(&rows[0], "name");
    assert!(report.contains(&format!("  {most}:")), "{report}");
}

/// Whether `apt-get check` finds every dependency met.
fn apt_is_content(dir: &Path) -> bool {
    let mut command = Command::new("apt-get");
    command.args([
        "check",
        "-q",
        "-o",
        "Debug::NoLocking=true",
        "-o",
        "Dir::Cache::pkgcache=",
        "-o",
        "Dir::Cache::srcpkgcache=",
    ]);
    command.arg("-o").arg(format!("Dir::State::status={}", dir.join("status").display()));
    command.output().expect("apt-get").status.success()
}
