//! The tables: packages, their maintainers, and their dependencies.

use sqlservice_sdk::prelude::*;

/// A section of the archive.
#[derive(Model, Clone)]
#[model(table = "sections")]
pub struct Section {
    /// The primary key.
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
    /// The primary key.
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
    /// The primary key.
    #[model(primary_key)]
    pub id: i64,
    /// Its name.
    #[model(length = 255)]
    pub name: String,
    /// The architecture that it was built for, or `all`.
    #[model(length = 255)]
    pub architecture: String,
    /// The architecture that it counts as: the machine's own if it was built for all.
    #[model(length = 255)]
    pub machine: String,
    /// `no`, `same`, `foreign` or `allowed`.
    #[model(length = 255)]
    pub multi_arch: String,
    /// Its version.
    pub version: String,
    /// The version as sortable bytes, see [`crate::version`].
    pub version_key: Vec<u8>,
    /// `installed`, `config-files`, …
    pub state: String,
    /// Whether it is unpacked and configured.
    pub installed: bool,
    /// KiB.
    pub installed_size: Option<i64>,
    /// The first line of its description.
    pub summary: String,
    /// The rest of the description.
    pub description: String,
    /// Its section.
    #[model(foreign_key = "sections.id", index)]
    pub section_id: Option<i64>,
    /// Its maintainer.
    #[model(foreign_key = "maintainers.id", index)]
    pub maintainer_id: Option<i64>,
}

/// A requirement of a package: one clause of a field, which any of its alternatives satisfies.
#[derive(Model, Clone)]
#[model(table = "requirements")]
pub struct Requirement {
    /// The primary key.
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
    /// The clause as written.
    pub text: String,
}

/// One way to satisfy a requirement.
#[derive(Model, Clone)]
#[model(table = "alternatives")]
pub struct Alternative {
    /// The primary key.
    #[model(primary_key)]
    pub id: i64,
    /// The requirement that it satisfies.
    #[model(foreign_key = "requirements.id", on_delete = "cascade", index)]
    pub requirement_id: i64,
    /// Its place among the alternatives, from 0.
    pub position: i64,
    /// A package's name, real or virtual.
    #[model(length = 255, index)]
    pub name: String,
    /// The required architecture.
    #[model(length = 255)]
    pub qualifier: Option<String>,
    /// `<<`, `<=`, `=`, `>=` or `>>`.
    #[model(length = 2)]
    pub operator: Option<String>,
    /// The version to compare with.
    pub version: Option<String>,
    /// That version as sortable bytes.
    pub version_key: Option<Vec<u8>>,
}

/// A virtual package: a name that a package provides.
#[derive(Model, Clone)]
#[model(table = "provisions")]
pub struct Provision {
    /// The primary key.
    #[model(primary_key)]
    pub id: i64,
    /// The package that provides it.
    #[model(foreign_key = "packages.id", on_delete = "cascade", index)]
    pub package_id: i64,
    /// The name.
    #[model(length = 255, index)]
    pub name: String,
    /// The provided version; without one it satisfies only requirements without a version.
    pub version: Option<String>,
    /// That version as sortable bytes.
    pub version_key: Option<Vec<u8>>,
}

/// A dependency between two packages: many to many, through the alternative that is satisfied.
#[derive(Model, Clone)]
#[model(table = "dependencies")]
pub struct Dependency {
    /// The alternative that is satisfied.
    #[model(primary_key, foreign_key = "alternatives.id", on_delete = "cascade")]
    pub alternative_id: i64,
    /// The package that satisfies it.
    #[model(primary_key, foreign_key = "packages.id", on_delete = "cascade", index)]
    pub target_id: i64,
    /// The package that has the requirement.
    #[model(foreign_key = "packages.id", on_delete = "cascade", index)]
    pub package_id: i64,
    /// The requirement.
    #[model(foreign_key = "requirements.id", on_delete = "cascade", index)]
    pub requirement_id: i64,
    /// Whether the alternative names the package itself, not something that it provides.
    pub by_name: bool,
}
