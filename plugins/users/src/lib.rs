//! The seed example: users, their devices and keys
use sqlservice_sdk::prelude::*;

/// A user.
#[derive(Model, Clone, Debug, Default, PartialEq)]
pub struct User {
    /// Its key.
    #[model(primary_key, generated)]
    pub id: i64,
    /// Its name.
    #[model(length = 64, unique)]
    pub name: String,
    /// Its address.
    pub email: Option<String>,
}

sqlservice_sdk::plugin!(models = [User], "export add-user: async func(name: string) -> result<s64, string>;");

struct Plugin;

impl Guest for Plugin {
    async fn add_user(name: String) -> Result<i64, String> {
        let db = Database::open("default", models![User]).await?;
        db.create_all().await?;
        let id = db
            .transaction(async |session| {
                let user = session.insert(&User { name, ..User::default() }).await?;
                Ok(user.id)
            })
            .await?;
        let session = db.session()?;
        let found = session.first(&select::<User>().filter(User::ID.eq(id).and(User::EMAIL.is_null()))).await?;
        Ok(found.map_or(0, |user| user.id))
    }
}

export!(Plugin);
