//! A plugin with records, flags and an interface of its own, models, and the contract's types in its exports.

#![deny(unsafe_code, missing_docs)]

use sqlservice_sdk::prelude::*;

/// A user.
#[derive(Model)]
pub struct User {
    /// Its key.
    #[model(primary_key)]
    pub id: i64,
}

sqlservice_sdk::plugin!(
    models = [User],
    "
    use sqlservice:database/errors@0.2.0.{failure};
    record user-info { id: s64, rights: rights }
    flags rights { read, write }
    export find: async func(id: s64) -> result<user-info, failure>;
    export api: interface {
        run: async func() -> string;
    }
    "
);

struct Plugin;

impl Guest for Plugin {
    async fn find(id: i64) -> Result<UserInfo, sqlservice_sdk::error::Failure> {
        let db = Database::open("default", models![User]).await?;
        let user = db.session()?.one(&select::<User>().filter(User::ID.eq(id))).await?;
        Ok(UserInfo { id: user.id, rights: Rights::READ })
    }
}

impl exports::api::Guest for Plugin {
    async fn run() -> String {
        String::new()
    }
}

export!(Plugin);

#[test]
fn the_traits_have_the_exports_of_the_world() {
    assert_eq!(futures::executor::block_on(<Plugin as exports::api::Guest>::run()), "");
}
