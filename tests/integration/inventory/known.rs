//! Status files with known figures.

use std::fs;

use sqlservice_host::Val;
use sqlservice_tests::{Fixture, for_each_database};

use super::{ask, field, import, list, number, plugin, unmet, word};

/// Packages that each exercise one rule.
const STATUS: &str = "\
Package: dpkg
Status: install ok installed
Section: admin
Installed-Size: 1000
Maintainer: Dpkg Developers <debian-dpkg@lists.debian.org>
Architecture: amd64
Multi-Arch: foreign
Version: 1.21.22
Description: Debian package management system

Package: libc6
Status: install ok installed
Section: libs
Installed-Size: 12000
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: amd64
Multi-Arch: same
Version: 2.36-9+deb12u7
Description: GNU C Library: Shared libraries

Package: libc6
Status: install ok installed
Section: libs
Installed-Size: 11000
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: i386
Multi-Arch: same
Version: 2.36-9+deb12u7
Description: GNU C Library: Shared libraries

Package: python3
Status: install ok installed
Section: python
Installed-Size: 80
Architecture: amd64
Multi-Arch: allowed
Version: 3.11.2-1+b1
Description: interactive high-level object-oriented language

Package: perl
Status: install ok installed
Section: perl
Architecture: amd64
Version: 5.36.0-7
Description: a package that is for its own architecture only

Package: exim4
Status: install ok installed
Section: mail
Installed-Size: 7
Maintainer: just a name
Architecture: all
Multi-Arch: foreign
Version: 4.96-15
Provides: mail-transport-agent, smtp (= 2.0), smtp (= 3.0)
Description: a mail server

Package: tool
Status: hold ok installed
Architecture: amd64
Version: 2.0~rc1-1
Description: no section, no size

Package: docs
Status: install ok installed
Section: doc
Installed-Size: 5
Architecture: all
Version: 1:0.9
Description: for all architectures
 .
 That is, for the machine's own one.

Package: gone
Status: deinstall ok config-files
Section: libs
Installed-Size: 99999
Architecture: amd64
Version: 1.0
Depends: nothing-at-all
Conffiles:
 /etc/gone 0123456789abcdef
Description: only its settings are left

Package: half
Status: install ok half-configured
Section: libs
Installed-Size: 88888
Architecture: amd64
Version: 1.0
Depends: nothing-at-all
Description: not set up

Package: app
Status: install ok installed
Section: misc
Installed-Size: 300
Architecture: amd64
Version: 1.0-1
Pre-Depends: libc6 (>= 2.36), dpkg (>> 1.21.22~)
Depends: python3:any (>= 3.11~), perl:any, mail-transport-agent, tool (<< 2.0~rc1), tool (>= 2.0~rc1),
 tool (<< 2.0), docs (>= 1), docs (= 1:0.9), missing-one | also-missing, missing-one | libc6 (<< 1) | exim4,
 smtp (>= 2.5), smtp (>> 3.0), mail-transport-agent (>= 1), gone, half, libc6:i386,
 perl (> 5.36.0-7), app
Description: an application

Package: app32
Status: install ok triggers-pending
Section: misc
Installed-Size: 200
Architecture: i386
Version: 2.0-1
Depends: libc6 (= 2.36-9+deb12u7), tool, exim4, python3, python3:any, docs, mail-transport-agent
Description: the same for another architecture";

/// The requirements of `STATUS` that no package meets, determined by hand.
const UNMET: [&str; 13] = [
    "app:amd64 depends perl:any",
    "app:amd64 depends tool (<< 2.0~rc1)",
    "app:amd64 depends missing-one | also-missing",
    "app:amd64 depends smtp (>> 3.0)",
    "app:amd64 depends mail-transport-agent (>= 1)",
    "app:amd64 depends gone",
    "app:amd64 depends half",
    "app32:i386 depends tool",
    "app32:i386 depends python3",
    "app32:i386 depends docs",
    "",
    "",
    "",
];

#[test]
fn inventory_knows_what_a_status_file_says() {
    for_each_database(async |fixture: &Fixture| {
        fs::write(fixture.dir().join("status"), STATUS).expect("a file");
        let mut plugin = plugin(fixture, fixture.dir()).await;
        let summary = import(&mut plugin, "status").await.expect("imported");
        let figures = ["packages", "installed", "installed-size", "sections", "maintainers", "requirements", "unmet"];
        let expected_unmet: Vec<&str> = UNMET.into_iter().filter(|line| !line.is_empty()).collect();
        assert_eq!(figures.map(|name| number(&summary, name)), [12, 10, 24_592, 7, 3, 27, expected_unmet.len() as u64]);
        assert_eq!(unmet(&mut plugin).await, expected_unmet);

        let sections = list(ask(&mut plugin, "largest-sections", &[Val::U32(100)]).await.expect("sections"));
        let row = |row: &Val| (field(row, "section"), number(row, "packages"), number(row, "installed-size"));
        let section = |name: &str, packages, size| (Some(name.to_owned()), packages, size);
        let mut rows: Vec<_> = sections.iter().map(row).collect();
        assert_eq!(
            rows[..6],
            [
                section("libs", 2, 23_000),
                section("admin", 1, 1000),
                section("misc", 2, 500),
                section("python", 1, 80),
                section("mail", 1, 7),
                section("doc", 1, 5),
            ]
        );
        // The missing section and `perl` both have size 0, and databases differ in their order.
        rows.drain(..6);
        rows.sort();
        assert_eq!(rows, [(None, 1, 0), section("perl", 1, 0)]);
        let first = list(ask(&mut plugin, "largest-sections", &[Val::U32(1)]).await.expect("one section"));
        assert_eq!(first.iter().map(row).collect::<Vec<_>>(), [section("libs", 2, 23_000)]);

        let popular = list(ask(&mut plugin, "most-depended-upon", &[Val::U32(100)]).await.expect("packages"));
        let row = |row: &Val| {
            let package = format!("{}:{}", word(row, "name"), word(row, "architecture"));
            (package, number(row, "dependents"), number(row, "by-name"))
        };
        let row_of = |name: &str, dependents, by_name| (name.to_owned(), dependents, by_name);
        assert_eq!(
            popular.iter().map(row).collect::<Vec<_>>(),
            [
                row_of("exim4:all", 2, 2),
                row_of("libc6:i386", 2, 2),
                row_of("python3:amd64", 2, 2),
                row_of("docs:all", 1, 1),
                row_of("dpkg:amd64", 1, 1),
                row_of("libc6:amd64", 1, 1),
                row_of("perl:amd64", 1, 1),
                row_of("tool:amd64", 1, 1),
            ]
        );
    });
}

#[test]
fn inventory_replaces_what_was_imported_or_leaves_it() {
    for_each_database(async |fixture: &Fixture| {
        let write = |name: &str, text: &[u8]| fs::write(fixture.dir().join(name), text).expect("a file");
        write("status", STATUS.as_bytes());
        let less: String = STATUS.split_inclusive("\n\n").take(3).collect();
        write("less", less.as_bytes());
        let mut plugin = plugin(fixture, fixture.dir()).await;
        let said = ask(&mut plugin, "report", &[]).await.expect_err("nothing is there yet");
        assert!(said.contains("import-status"), "{said}");
        let first = import(&mut plugin, "status").await.expect("imported");
        assert_eq!(import(&mut plugin, "status").await.expect("imported again"), first);
        // A file that breaks off after some valid paragraphs: none of it is kept.
        let broken = format!("{less}Package: bad\nStatus: install ok installed\nVersion: 1\nDepends: a (>= \n");
        for (name, text, word) in [
            ("broken", broken.as_bytes(), "\"bad\""),
            ("twice", format!("{less}{less}").as_bytes(), "two paragraphs"),
            ("prose", b"this is no status file\n", "line 1"),
            ("empty", b"", "no packages"),
            ("binary", &[0x7f, b'E', b'L', b'F', 0, 0, 1], "line 1"),
        ] {
            write(name, text);
            let said = import(&mut plugin, name).await.expect_err(name);
            assert!(said.contains(word) && said.contains(&format!("/input/{name}")), "{name}: {said}");
        }
        for missing in ["nowhere", "../status", "/etc/passwd", ""] {
            let said = ask(&mut plugin, "import-status", &[super::text(missing)]).await.expect_err(missing);
            assert!(said.contains("cannot be opened"), "{missing}: {said}");
        }
        assert_eq!(unmet(&mut plugin).await.len() as u64, number(&first, "unmet"));
        let summary = import(&mut plugin, "less").await.expect("less imported");
        assert_eq!([number(&summary, "packages"), number(&summary, "unmet")], [3, 0]);
    });
}

#[test]
fn inventory_reads_a_file_that_is_larger_than_its_memory() {
    let fixture = |fixture: &Fixture| {
        // Many packages, and fields that the plugin ignores, with lines of up to 40 MiB.
        let mut text = String::new();
        for number in 0..5_000 {
            text += &format!(
                "Package: p{number}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nSection: s{}\n\
                 Installed-Size: 2\nDepends: p{}\nDescription: one of many\n{}\n",
                number % 50,
                (number + 1) % 5_000,
                format!(" {}\n", "x".repeat(1000)).repeat(8),
            );
        }
        text += &format!("Package: last\nStatus: install ok installed\nVersion: 1\nTags: {}\n", "y".repeat(40 << 20));
        fs::write(fixture.dir().join("status"), &text).expect("a file");
        text.len()
    };
    sqlservice_tests::for_each(&[sqlservice_tests::Backend::Sqlite], async |case: &Fixture| {
        let size = fixture(case);
        assert!(size > 80_000_000);
        let limits = sqlservice_host::TenantLimits::default().memory(24 << 20);
        let builder = sqlservice_tests::guest::tenant().limits(limits);
        let builder = builder.database(sqlservice_tests::guest::DATABASE, case.grant());
        let tenant = builder.directory(case.dir(), "/input", sqlservice_host::Access::Read).build().expect("a tenant");
        let component = sqlservice_tests::component::PLUGIN_INVENTORY;
        let plugin = sqlservice_tests::guest::compiled(component);
        let mut plugin = plugin.instantiate(&tenant).await.expect("an instance");
        let summary = import(&mut plugin, "status").await.expect("imported in 24 MiB");
        let figures = ["packages", "installed-size", "sections", "requirements", "unmet"];
        assert_eq!(figures.map(|name| number(&summary, name)), [5_001, 10_000, 50, 5_000, 0]);
    });
}
