//! A16: objects as plain data.

use sqlservice_sdk::{DictOptions, entity::Record, prelude::*};

use crate::Saw;

#[derive(Model, Clone, Debug, Default)]
#[model(table = "writers")]
struct Writer {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    name: String,
    mail: Option<String>,
    #[model(foreign_key = "created_by_id", order_by = "title")]
    texts: Many<Text>,
}

#[derive(Model, Clone, Debug, Default)]
#[model(table = "texts")]
struct Text {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 40)]
    title: String,
    #[model(foreign_key = "writers.id")]
    created_by_id: Option<i64>,
    #[model(foreign_key = "writers.id")]
    updated_by_id: Option<i64>,
    #[model(foreign_key = "created_by_id")]
    created_by: One<Writer>,
    #[model(foreign_key = "updated_by_id")]
    updated_by: One<Writer>,
}

const NESTED: DictOptions = DictOptions { exclude_relationships: false, include_nested_relationships: true };
const BARE: DictOptions = DictOptions { exclude_relationships: true, include_nested_relationships: false };
const BOTH: DictOptions = DictOptions { exclude_relationships: true, include_nested_relationships: true };

fn json<M: Record>(object: &Entity<M>, options: DictOptions) -> String {
    serde_json::to_string(&object.to_dict_with(options)).expect("every value of these is JSON")
}

fn writer(name: &str) -> Writer {
    Writer { name: name.to_owned(), ..Writer::default() }
}

fn text(title: &str) -> Text {
    Text { title: title.to_owned(), ..Text::default() }
}

/// Transient objects: only the relationships that were set are included.
pub async fn a16_new() -> Saw {
    let plain = Entity::new(writer("ed"));
    let with_many = Entity::new(Writer { texts: Many::from([text("a"), text("b")]), ..writer("ed") });
    let with_none = Entity::new(Writer { texts: Many::default(), ..writer("ed") });
    let with_one = Entity::new(Text { created_by: One::from(writer("ed")), ..text("a") });
    let deep = Entity::new(Text {
        created_by: One::from(Writer { texts: Many::from([text("b")]), ..writer("ed") }),
        ..text("a")
    });
    Ok(vec![
        json(&plain, DictOptions::default()),
        json(&with_many, DictOptions::default()),
        json(&with_none, BARE),
        json(&with_one, DictOptions::default()),
        json(&deep, DictOptions::default()),
        json(&deep, NESTED),
        json(&deep, BARE),
    ])
}

/// Persistent objects: the conversion loads nothing, and cuts references that lead back.
pub async fn a16_loaded() -> Saw {
    let db = Database::open("default", models![Writer, Text]).await?;
    db.create_all().await?;
    let session = db.session()?;
    let ed = session.add(Writer { mail: Some("ed@example.org".to_owned()), ..writer("ed") })?;
    let jo = session.add(writer("jo"))?;
    let new = Text { created_by: One::from(&ed), updated_by: One::from(&ed), ..text("a") };
    session.add_all([new, Text { created_by: One::from(&ed), updated_by: One::from(&jo), ..text("b") }])?;
    session.commit().await?;
    drop((ed, jo));

    let session = db.session()?;
    let bare = session.get_one::<Writer>(1).await?;
    let mut saw = vec![json(&bare, DictOptions::default())];
    session.load(std::slice::from_ref(&bare), Writer::TEXTS).await?;
    saw.push(json(&bare, DictOptions::default()));
    saw.extend([json(&bare, BARE), json(&bare, BOTH), json(&bare, NESTED)]);
    let nobody = session.get_one::<Writer>(2).await?;
    session.load(std::slice::from_ref(&nobody), Writer::TEXTS).await?;
    saw.push(json(&nobody, DictOptions::default()));

    let session = db.session()?;
    let query =
        session.query::<Text>().order_by(Text::TITLE).with(Text::CREATED_BY.with(Writer::TEXTS)).with(Text::UPDATED_BY);
    let texts = query.all().await?;
    saw.extend([json(&texts[0], DictOptions::default()), json(&texts[1], DictOptions::default())]);
    saw.push(json(&texts[1], NESTED));
    saw.push(serde_json::to_string(&texts[1].created_by.get()?.map(|ed| ed.to_dict_with(NESTED))).expect("JSON"));
    let mut lonely = texts[0].clone();
    lonely.edit().updated_by.clear();
    saw.push(json(&lonely, DictOptions::default()));
    Ok(saw)
}
