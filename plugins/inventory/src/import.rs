//! The import: paragraph by paragraph into batches, so that memory stays small however long the file is.

use std::{collections::BTreeMap, io::BufRead};

use sqlservice_sdk::prelude::*;

use crate::{
    model::{Alternative, Dependency, Maintainer, Package, Provision, Requirement, Section},
    package::{self, FIELDS},
    paragraph::Paragraphs,
    relation,
};

/// The approximate bytes of rows that are buffered before they are sent.
const BATCH_BYTES: usize = 1 << 20;
/// The architecture that `all` stands for if the file does not name the machine's.
const UNKNOWN: &str = "all";

/// Replaces all rows by those of a status file.
pub async fn run(session: &Session, file: impl BufRead) -> Result<(), Error> {
    clear(session).await?;
    let mut import = Import::default();
    let mut paragraphs = Paragraphs::new(file, FIELDS);
    while let Some(paragraph) = paragraphs.next().map_err(Error::other)? {
        import.add(package::Package::read(&paragraph).map_err(Error::other)?);
        if import.bytes > BATCH_BYTES {
            import.send(session).await?;
        }
    }
    if import.packages_so_far == 0 {
        return Err(Error::other("the file has no packages"));
    }
    import.send(session).await?;
    let machine = import.machine.as_deref().unwrap_or(UNKNOWN);
    let all = Package::MACHINE.eq("all").or(Package::MACHINE.eq(""));
    session.execute(&update::<Package>().set(Package::MACHINE, machine).filter(all)).await?;
    Ok(())
}

/// Deletes all rows, referring tables first.
async fn clear(session: &Session) -> Result<(), Error> {
    session.execute(&delete::<Dependency>()).await?;
    session.execute(&delete::<Provision>()).await?;
    session.execute(&delete::<Alternative>()).await?;
    session.execute(&delete::<Requirement>()).await?;
    session.execute(&delete::<Package>()).await?;
    session.execute(&delete::<Maintainer>()).await?;
    session.execute(&delete::<Section>()).await?;
    Ok(())
}

/// Buffered rows, and the keys that later rows refer to.
#[derive(Default)]
struct Import {
    section_ids: BTreeMap<String, i64>,
    maintainer_ids: BTreeMap<package::Maintainer, i64>,
    /// The architecture of this machine, taken from the package manager's own package.
    machine: Option<String>,
    packages_so_far: i64,
    requirements_so_far: i64,
    alternatives_so_far: i64,
    provisions_so_far: i64,
    sections: Vec<Section>,
    maintainers: Vec<Maintainer>,
    packages: Vec<Package>,
    requirements: Vec<Requirement>,
    alternatives: Vec<Alternative>,
    provisions: Vec<Provision>,
    bytes: usize,
}

impl Import {
    fn add(&mut self, package: package::Package) {
        let installed = package.is_installed();
        if package.name == "dpkg" && installed {
            self.machine = Some(package.architecture.clone());
        }
        let package_id = next(&mut self.packages_so_far);
        self.bytes += 200 + package.description.len() + package.summary.len();
        self.add_requirements(package_id, "pre-depends", package.pre_depends);
        self.add_requirements(package_id, "depends", package.depends);
        for relation::Relation { name, constraint, .. } in package.provides {
            let id = next(&mut self.provisions_so_far);
            let (version, version_key) = constraint.map(|c| (c.version, c.key)).unzip();
            self.bytes += 50 + name.len();
            self.provisions.push(Provision { id, package_id, name, version, version_key });
        }
        let section_id = package.section.map(|name| self.section(name));
        let maintainer_id = package.maintainer.map(|maintainer| self.maintainer(maintainer));
        self.packages.push(Package {
            id: package_id,
            name: package.name,
            machine: package.architecture.clone(),
            architecture: package.architecture,
            multi_arch: package.multi_arch,
            version: package.version,
            version_key: package.version_key,
            state: package.state,
            installed,
            installed_size: package.installed_size,
            summary: package.summary,
            description: package.description,
            section_id,
            maintainer_id,
        });
    }

    fn add_requirements(&mut self, package_id: i64, kind: &str, requirements: Vec<relation::Requirement>) {
        for (position, requirement) in (0..).zip(requirements) {
            let requirement_id = next(&mut self.requirements_so_far);
            let relation::Requirement { text, alternatives } = requirement;
            for (position, alternative) in (0..).zip(alternatives) {
                let id = next(&mut self.alternatives_so_far);
                let relation::Relation { name, qualifier, constraint } = alternative;
                let operator = constraint.as_ref().map(|constraint| constraint.operator.to_owned());
                let (version, version_key) = constraint.map(|c| (c.version, c.key)).unzip();
                let row = Alternative { id, requirement_id, position, name, qualifier, operator, version, version_key };
                self.alternatives.push(row);
            }
            self.bytes += 100 + 3 * text.len();
            self.requirements.push(Requirement {
                id: requirement_id,
                package_id,
                kind: kind.to_owned(),
                position,
                text,
            });
        }
    }

    fn section(&mut self, name: String) -> i64 {
        let next = self.section_ids.len() as i64 + 1;
        let id = *self.section_ids.entry(name.clone()).or_insert(next);
        if id == next {
            self.sections.push(Section { id, name });
        }
        id
    }

    fn maintainer(&mut self, maintainer: package::Maintainer) -> i64 {
        let next = self.maintainer_ids.len() as i64 + 1;
        let id = *self.maintainer_ids.entry(maintainer.clone()).or_insert(next);
        if id == next {
            let package::Maintainer { name, email } = maintainer;
            self.maintainers.push(Maintainer { id, name, email });
        }
        id
    }

    /// Sends the buffered rows, referenced tables first.
    async fn send(&mut self, session: &Session) -> Result<(), Error> {
        send(session, &mut self.sections).await?;
        send(session, &mut self.maintainers).await?;
        send(session, &mut self.packages).await.map_err(twice)?;
        send(session, &mut self.requirements).await?;
        send(session, &mut self.alternatives).await?;
        send(session, &mut self.provisions).await?;
        self.bytes = 0;
        Ok(())
    }
}

async fn send<M: Model>(session: &Session, rows: &mut Vec<M>) -> Result<(), Error> {
    session.insert_many(rows).await?;
    rows.clear();
    Ok(())
}

fn twice(error: Error) -> Error {
    if error.is_unique_violation() {
        return Error::other("the file has two paragraphs for a package of one name and architecture");
    }
    error
}

/// Returns the next number, from 1.
fn next(so_far: &mut i64) -> i64 {
    *so_far += 1;
    *so_far
}
