//! Matches alternatives with the installed packages that satisfy them: two queries, whose rows the database inserts itself.

use sqlservice_sdk::prelude::*;

use crate::model::{Alternative, Dependency, Package, Provision, Requirement};

/// The package with the requirement.
const OWNER: Alias = alias::<Package>("owner");
/// The package that may satisfy it.
const TARGET: Alias = alias::<Package>("target");

type Alias = sqlservice_sdk::Alias<Package>;

/// Fills the table `dependencies`.
pub async fn run(session: &Session) -> Result<(), Error> {
    let columns = (
        Dependency::ALTERNATIVE_ID,
        Dependency::TARGET_ID,
        Dependency::PACKAGE_ID,
        Dependency::REQUIREMENT_ID,
        Dependency::BY_NAME,
    );
    let met_by = |by_name: bool| {
        let ids = (Alternative::ID, Package::ID.of(TARGET), Package::ID.of(OWNER), Requirement::ID, literal(by_name));
        select_columns(ids)
            .join::<Requirement>(Requirement::ID.eq(Alternative::REQUIREMENT_ID))
            .join_alias(OWNER, Package::ID.of(OWNER).eq(Requirement::PACKAGE_ID))
    };
    let both_installed = || Package::INSTALLED.of(OWNER).and(Package::INSTALLED.of(TARGET)).and(fits_machine());
    let named = met_by(true)
        .join_alias(TARGET, Package::NAME.of(TARGET).eq(Alternative::NAME))
        .filter(both_installed())
        .filter(fits_version(Package::VERSION_KEY.of(TARGET)));
    session.execute(&insert::<Dependency>().query(columns, &named)).await?;
    let provided = met_by(false)
        .distinct()
        .join::<Provision>(Provision::NAME.eq(Alternative::NAME))
        .join_alias(TARGET, Package::ID.of(TARGET).eq(Provision::PACKAGE_ID))
        .filter(both_installed())
        .filter(fits_version(Provision::VERSION_KEY));
    // A package that also has the name itself was inserted by the first query.
    session.execute(&insert::<Dependency>().query(columns, &provided).on_conflict().do_nothing()).await?;
    Ok(())
}

/// Whether the target can be used for the owner's architecture, or for the required one.
fn fits_machine() -> Expr<bool> {
    let multi_arch = Package::MULTI_ARCH.of(TARGET);
    let machine = Package::MACHINE.of(TARGET);
    any_of([
        Alternative::QUALIFIER.is_null().and(machine.eq(Package::MACHINE.of(OWNER)).or(multi_arch.eq("foreign"))),
        Alternative::QUALIFIER.eq("any").and(multi_arch.eq("allowed")),
        Alternative::QUALIFIER.eq(machine),
    ])
}

/// Whether this version is one that the alternative requires. A comparison with a missing version is never true.
fn fits_version(key: impl Expression<Type: sqlservice_sdk::Field<Base = Vec<u8>>>) -> Expr<bool> {
    let (operator, asked, key) = (Alternative::OPERATOR, Alternative::VERSION_KEY, key.expr());
    any_of([
        operator.is_null(),
        operator.eq("<<").and(key.clone().lt(asked)),
        operator.eq("<=").and(key.clone().le(asked)),
        operator.eq("=").and(key.clone().eq(asked)),
        operator.eq(">=").and(key.clone().ge(asked)),
        operator.eq(">>").and(key.gt(asked)),
    ])
}
