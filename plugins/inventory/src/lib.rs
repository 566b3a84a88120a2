//! Reads the package database of a Debian machine into related tables and reports on it: a sandboxed importer with access
//! to one directory and one database.

mod import;
mod model;
mod package;
mod paragraph;
mod relation;
mod report;
mod resolve;
mod version;

use model::{Alternative, Dependency, Maintainer, Package, Provision, Requirement, Section};
use sqlservice_sdk::prelude::*;

sqlservice_sdk::plugin!(
    models = [Section, Maintainer, Package, Requirement, Alternative, Provision, Dependency],
    "
    /// The counts of an import.
    record summary {
        /// Packages that the file knows.
        packages: u64,
        /// Those that are installed; the other fields count these.
        installed: u64,
        /// KiB that they take.
        installed-size: u64,
        /// Sections that they are in.
        sections: u64,
        /// Their maintainers.
        maintainers: u64,
        /// Requirements that they have: clauses of Depends and Pre-Depends.
        requirements: u64,
        /// Requirements that nothing meets.
        unmet: u64,
    }

    /// A section, with its installed packages.
    record section-size {
        /// Its name; nothing for packages without one.
        section: option<string>,
        /// Packages.
        packages: u64,
        /// KiB.
        installed-size: u64,
    }

    /// A package and how many others need it.
    record popular {
        /// Its name.
        name: string,
        /// Its architecture.
        architecture: string,
        /// Packages of which it meets a requirement.
        dependents: u64,
        /// Those that name it, not only something that it provides.
        by-name: u64,
    }

    /// A requirement that nothing meets.
    record unmet {
        /// The package that has it.
        name: string,
        /// Its architecture.
        architecture: string,
        /// `depends` or `pre-depends`.
        kind: string,
        /// The requirement as it is written.
        requirement: string,
    }

    /// Reads a status file, all or nothing. What was imported before is replaced.
    export import-status: async func(path: string) -> result<summary, string>;
    /// A report for people.
    export report: async func() -> result<string, string>;
    /// The sections that take most room, the largest first.
    export largest-sections: async func(limit: u32) -> result<list<section-size>, string>;
    /// The packages that most others need, the most needed first.
    export most-depended-upon: async func(limit: u32) -> result<list<popular>, string>;
    /// Dependencies of installed packages that no installed package meets.
    export unmet-dependencies: async func() -> result<list<unmet>, string>;
    "
);

struct Inventory;

impl Guest for Inventory {
    async fn import_status(path: String) -> Result<Summary, String> {
        let file = std::fs::File::open(&path).map_err(|error| format!("{path} cannot be opened: {error}"))?;
        let db = open().await?;
        db.create_all().await?;
        let summary = db
            .transaction(async |session| {
                import::run(session, std::io::BufReader::with_capacity(64 * 1024, file)).await?;
                resolve::run(session).await?;
                report::summary(session).await
            })
            .await;
        summary.map_err(|error| format!("{path}: {error}"))
    }

    async fn report() -> Result<String, String> {
        report::text(&session().await?).await.map_err(explain)
    }

    async fn largest_sections(limit: u32) -> Result<Vec<SectionSize>, String> {
        report::largest_sections(&session().await?, limit).await.map_err(explain)
    }

    async fn most_depended_upon(limit: u32) -> Result<Vec<Popular>, String> {
        report::most_depended_upon(&session().await?, limit).await.map_err(explain)
    }

    async fn unmet_dependencies() -> Result<Vec<Unmet>, String> {
        report::unmet(&session().await?).await.map_err(explain)
    }
}

export!(Inventory);

async fn open() -> Result<Database, Error> {
    let models = models![Section, Maintainer, Package, Requirement, Alternative, Provision, Dependency];
    Database::open("default", models).await
}

/// A session for reads: one transaction, so that all figures of a report are from the same snapshot.
async fn session() -> Result<Session, Error> {
    let options = TransactionOptions { read_only: true, ..TransactionOptions::default() };
    open().await?.begin_with(options).await
}

fn explain(error: Error) -> String {
    match error {
        Error::NoSuchTable(_) => "nothing was imported yet: call import-status with a status file's path".to_owned(),
        other => other.to_string(),
    }
}
