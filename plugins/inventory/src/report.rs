//! The figures, each from one query, and the text that presents them.

use std::fmt::Write as _;

use sqlservice_sdk::prelude::*;

use crate::{
    Popular, SectionSize, Summary, Unmet,
    model::{Dependency, Package, Requirement, Section},
};

/// The number of lines in each part of the text.
const LINES: u32 = 10;

/// Counts packages, sections, maintainers and requirements.
pub async fn summary(session: &Session) -> Result<Summary, Error> {
    let packages = session.one(&select_columns(count_all()).from::<Package>()).await?;
    let installed = select_columns((
        count_all(),
        sum(Package::INSTALLED_SIZE),
        count_distinct(Package::SECTION_ID),
        count_distinct(Package::MAINTAINER_ID),
    ));
    let installed = installed.from::<Package>().filter(Package::INSTALLED);
    let (installed, size, sections, maintainers) = session.one(&installed).await?;
    let requirements = of_installed(select_columns(count_all()).from::<Requirement>());
    let unmet = requirements.clone().filter(is_unmet());
    Ok(Summary {
        packages: packages.cast_unsigned(),
        installed: installed.cast_unsigned(),
        installed_size: size.unwrap_or(0).cast_unsigned(),
        sections: sections.cast_unsigned(),
        maintainers: maintainers.cast_unsigned(),
        requirements: session.one(&requirements).await?.cast_unsigned(),
        unmet: session.one(&unmet).await?.cast_unsigned(),
    })
}

/// The sections with the largest installed size.
pub async fn largest_sections(session: &Session, limit: u32) -> Result<Vec<SectionSize>, Error> {
    let size = coalesce(sum(Package::INSTALLED_SIZE), 0);
    let query = select_columns((Section::NAME.expr().nullable(), count(Package::ID), size.clone()))
        .from::<Package>()
        .left_join::<Section>(Section::ID.eq(Package::SECTION_ID))
        .filter(Package::INSTALLED)
        .group_by((Section::ID, Section::NAME))
        .order_by((size.desc(), Section::NAME))
        .limit(limit.into());
    let row = |(section, packages, size): (Option<String>, i64, i64)| SectionSize {
        section,
        packages: packages.cast_unsigned(),
        installed_size: size.cast_unsigned(),
    };
    Ok(session.all(&query).await?.into_iter().map(row).collect())
}

/// The packages that most others depend on.
pub async fn most_depended_upon(session: &Session, limit: u32) -> Result<Vec<Popular>, Error> {
    let dependents = count_distinct(Dependency::PACKAGE_ID);
    let by_name = count_distinct(when(Dependency::BY_NAME, Dependency::PACKAGE_ID).or_null());
    let query = select_columns((Package::NAME, Package::ARCHITECTURE, dependents.clone(), by_name))
        .from::<Dependency>()
        .join::<Package>(Package::ID.eq(Dependency::TARGET_ID))
        // A package's dependency on itself does not count.
        .filter(Dependency::PACKAGE_ID.ne(Dependency::TARGET_ID))
        .group_by((Package::ID, Package::NAME, Package::ARCHITECTURE))
        .order_by((dependents.desc(), Package::NAME, Package::ARCHITECTURE))
        .limit(limit.into());
    let row = |(name, architecture, dependents, by_name): (String, String, i64, i64)| Popular {
        name,
        architecture,
        dependents: dependents.cast_unsigned(),
        by_name: by_name.cast_unsigned(),
    };
    Ok(session.all(&query).await?.into_iter().map(row).collect())
}

/// The unmet requirements of installed packages.
pub async fn unmet(session: &Session) -> Result<Vec<Unmet>, Error> {
    let columns = (Package::NAME, Package::ARCHITECTURE, Requirement::KIND, Requirement::TEXT);
    let query = of_installed(select_columns(columns).from::<Requirement>()).filter(is_unmet()).order_by((
        Package::NAME,
        Package::ARCHITECTURE,
        Requirement::KIND.desc(),
        Requirement::POSITION,
    ));
    let row = |(name, architecture, kind, requirement)| Unmet { name, architecture, kind, requirement };
    Ok(session.all(&query).await?.into_iter().map(row).collect())
}

/// Only requirements of installed packages; those of others do not matter.
fn of_installed<T>(requirements: sqlservice_sdk::statement::Select<T>) -> sqlservice_sdk::statement::Select<T> {
    requirements.join::<Package>(Package::ID.eq(Requirement::PACKAGE_ID)).filter(Package::INSTALLED)
}

fn is_unmet() -> Expr<bool> {
    Requirement::ID.not_in_query(&select_columns(Dependency::REQUIREMENT_ID))
}

/// The whole report as text.
pub async fn text(session: &Session) -> Result<String, Error> {
    let summary = summary(session).await?;
    if summary.packages == 0 {
        return Err(Error::other("nothing was imported yet: call import-status with a status file's path"));
    }
    let sections = largest_sections(session, LINES).await?;
    let popular = most_depended_upon(session, LINES).await?;
    Ok(written(&summary, &sections, &popular, &unmet(session).await?))
}

fn written(summary: &Summary, sections: &[SectionSize], popular: &[Popular], unmet: &[Unmet]) -> String {
    let Summary { packages, installed, installed_size, sections: in_sections, maintainers, requirements, .. } = summary;
    let mut text = format!(
        "{installed} packages installed of {packages} known, {}, from {maintainers} maintainers in {in_sections} sections\n",
        mebibytes(*installed_size),
    );
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\n{:<32}{:>10}{:>16}", "Largest sections", "packages", "size");
    for SectionSize { section, packages, installed_size } in sections {
        let section = section.as_deref().unwrap_or("(none)");
        let _ = writeln!(text, "  {section:<30}{packages:>10}{:>16}", mebibytes(*installed_size));
    }
    let _ = writeln!(text, "\n{:<32}{:>10}{:>16}", "Most depended-upon packages", "packages", "by name");
    for Popular { name, architecture, dependents, by_name } in popular {
        let _ = writeln!(text, "  {:<30}{dependents:>10}{by_name:>16}", format!("{name}:{architecture}"));
    }
    let _ = writeln!(text, "\nUnmet dependencies: {} of {requirements}", unmet.len());
    for Unmet { name, architecture, kind, requirement } in unmet.iter().take(LINES as usize) {
        let _ = writeln!(text, "  {name}:{architecture} {kind} on {requirement}");
    }
    if unmet.len() > LINES as usize {
        let _ = writeln!(text, "  and {} more", unmet.len() - LINES as usize);
    }
    text
}

/// A size in KiB, in MiB.
fn mebibytes(kibibytes: u64) -> String {
    format!("{}.{} MiB", kibibytes / 1024, kibibytes % 1024 * 10 / 1024)
}
