//! The tables: packages, who maintains them, and what they need of each other.

use sqlservice_sdk::prelude::*;

/// A section of the archive.
#[derive(Model, Clone)]
#[model(table = "sections")]
pub struct Section {
    /// Its number.
    #[model(primary_key)]
    pub id: i64,
    /// Its name.
    #[model(length = 255, unique)]
    pub name: String,
}

/// A person or team that maintains packages.
#[derive(Model, Clone)]
#[model(table = "maintainers")]
pub struct Maintainer {
    /// Its number.
    #[model(primary_key)]
    pub id: i64,
    /// The name.
    pub name: String,
    /// The address.
    pub email: Option<String>,
}

/// A package of one architecture.
#[derive(Model, Clone)]
#[model(table = "packages", unique(columns(name, architecture)))]
pub struct Package {
    /// Its number.
    #[model(primary_key)]
    pub id: i64,
    /// Its name.
    #[model(length = 255)]
    pub name: String,
    /// The architecture that it was built for, or `all`.
    #[model(length = 255)]
    pub architecture: String,
    /// The architecture that it counts as: the machine's own where it is for all.
    #[model(length = 255)]
    pub machine: String,
    /// `no`, `same`, `foreign` or `allowed`.
    #[model(length = 255)]
    pub multi_arch: String,
    /// Its version.
    pub version: String,
    /// The same in an order that the database knows, see [`crate::version`].
    pub version_key: Vec<u8>,
    /// `installed`, `config-files`, …
    pub state: String,
    /// Whether it is there and set up.
    pub installed: bool,
    /// KiB.
    pub installed_size: Option<i64>,
    /// The first line of its description.
    pub summary: String,
    /// The rest.
    pub description: String,
    /// Its section.
    #[model(foreign_key = "sections.id", index)]
    pub section_id: Option<i64>,
    /// Its maintainer.
    #[model(foreign_key = "maintainers.id", index)]
    pub maintainer_id: Option<i64>,
}

/// Something that a package needs: one clause of a field, which any of its alternatives meets.
#[derive(Model, Clone)]
#[model(table = "requirements")]
pub struct Requirement {
    /// Its number.
    #[model(primary_key)]
    pub id: i64,
    /// The package that needs it.
    #[model(foreign_key = "packages.id", on_delete = "cascade", index)]
    pub package_id: i64,
    /// `depends` or `pre-depends`.
    #[model(length = 16)]
    pub kind: String,
    /// Its place in the field, from 0.
    pub position: i64,
    /// As it is written.
    pub text: String,
}

/// One way to meet a requirement.
#[derive(Model, Clone)]
#[model(table = "alternatives")]
pub struct Alternative {
    /// Its number.
    #[model(primary_key)]
    pub id: i64,
    /// What it meets.
    #[model(foreign_key = "requirements.id", on_delete = "cascade", index)]
    pub requirement_id: i64,
    /// Its place among the alternatives, from 0.
    pub position: i64,
    /// A package's name, real or virtual.
    #[model(length = 255, index)]
    pub name: String,
    /// The architecture asked for.
    #[model(length = 255)]
    pub qualifier: Option<String>,
    /// `<<`, `<=`, `=`, `>=` or `>>`.
    #[model(length = 2)]
    pub operator: Option<String>,
    /// The version to compare with.
    pub version: Option<String>,
    /// The same in an order that the database knows.
    pub version_key: Option<Vec<u8>>,
}

/// A virtual package: a name that a package stands in for.
#[derive(Model, Clone)]
#[model(table = "provisions")]
pub struct Provision {
    /// Its number.
    #[model(primary_key)]
    pub id: i64,
    /// The package that provides it.
    #[model(foreign_key = "packages.id", on_delete = "cascade", index)]
    pub package_id: i64,
    /// The name.
    #[model(length = 255, index)]
    pub name: String,
    /// Which version it is; without one it meets only requirements without one.
    pub version: Option<String>,
    /// The same in an order that the database knows.
    pub version_key: Option<Vec<u8>>,
}

/// A package and another one that it needs: packages refer to packages, many to many, by way of the alternative met.
#[derive(Model, Clone)]
#[model(table = "dependencies")]
pub struct Dependency {
    /// The alternative that is met.
    #[model(primary_key, foreign_key = "alternatives.id", on_delete = "cascade")]
    pub alternative_id: i64,
    /// The package that meets it.
    #[model(primary_key, foreign_key = "packages.id", on_delete = "cascade", index)]
    pub target_id: i64,
    /// The package that has the requirement.
    #[model(foreign_key = "packages.id", on_delete = "cascade", index)]
    pub package_id: i64,
    /// The requirement.
    #[model(foreign_key = "requirements.id", on_delete = "cascade", index)]
    pub requirement_id: i64,
    /// Whether the alternative names the package, not something that it provides.
    pub by_name: bool,
}
