//! Reads many rows and uses every value of each, for measuring against what a program without a sandbox does.

use sqlservice_sdk::prelude::*;

/// One row of the shared benchmark's table.
#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(table = "users")]
pub struct User {
    /// Its key.
    #[model(primary_key, generated)]
    pub id: i64,
    /// Its name.
    #[model(length = 64)]
    pub name: String,
    /// Its address.
    #[model(length = 128)]
    pub email: Option<String>,
    /// A number.
    pub score: f64,
    /// A truth value.
    pub active: bool,
    /// Microseconds.
    pub created: i64,
}

sqlservice_sdk::plugin!(
    "export prepare: async func(rows: u32) -> result<_, string>;
     export read: async func() -> result<tuple<u64, s64>, string>;"
);

struct Plugin;

impl Guest for Plugin {
    async fn prepare(rows: u32) -> Result<(), String> {
        let db = Database::open("default", models![User]).await?;
        db.drop_all().await?;
        db.create_all().await?;
        db.transaction(async |session| {
            for start in (0..i64::from(rows)).step_by(10_000) {
                let users: Vec<User> = (start..i64::from(rows).min(start + 10_000)).map(user).collect();
                session.insert_many(&users).await?;
            }
            Ok::<_, Error>(())
        })
        .await?;
        Ok(())
    }

    async fn read() -> Result<(u64, i64), String> {
        let db = Database::open("default", models![User]).await?;
        let session = db.session()?;
        let mut rows = session.stream(&select::<User>(), 1_024).await?;
        let (mut count, mut sum) = (0, 0_i64);
        while let Some(batch) = rows.next_batch().await? {
            for user in batch {
                count += 1;
                let texts = user.name.len() + user.email.as_deref().map_or(0, str::len);
                sum = sum
                    .wrapping_add(user.id + texts as i64 + user.score as i64 + i64::from(user.active) + user.created);
            }
        }
        Ok((count, sum))
    }
}

fn user(i: i64) -> User {
    User {
        id: 0,
        name: format!("user-{i:08}-abcdefgh"),
        email: (i % 7 != 0).then(|| format!("user-{i:08}@example.org-0123456789")),
        score: i as f64 * 0.5,
        active: i % 2 == 0,
        created: 1_700_000_000_000_000 + i,
    }
}

export!(Plugin);
