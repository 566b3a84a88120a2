//! Steps with objects: the session's unit of work.

use serde_json::{Value as Json, json};
use sqlservice_sdk::{Result, Session};

use crate::{
    expression::{condition, orders},
    graph::{Graph, key, loads, object, said, tell, tree},
    scope::Scope,
    step::names,
    table::SetField,
};

/// Adds a new object and flushes it.
pub async fn save<M: Graph>(session: &Session, step: &Json) -> Result<Json> {
    let object = session.add(object::<M>(&step["object"])?)?;
    session.flush().await?;
    Ok(json!({"object": tell(&object, &said(&step["object"]))?}))
}

/// Reads objects and their related objects.
pub async fn load<M: Graph>(session: &Session, step: &Json) -> Result<Json> {
    let (scope, with) = (Scope::of(M::TABLE), tree(&names(&step["with"])));
    let mut query = loads(session.query::<M>(), &with)?;
    if let Some(filter) = step.get("where") {
        query = query.filter(condition(filter, &scope)?);
    }
    let order = orders(&step["order by"], &scope)?;
    if !order.is_empty() {
        query = query.order_by(order);
    }
    let found = query.all().await?;
    Ok(json!({"objects": found.iter().map(|object| tell(object, &with)).collect::<Result<Vec<_>>>()?}))
}

/// Changes an object and its related objects.
pub async fn change<M: Graph>(session: &Session, step: &Json) -> Result<Json> {
    let mut object = session.get_one::<M>(key(&step["key"])?).await?;
    for (name, value) in step["set"].as_object().into_iter().flatten() {
        M::column(name, SetField { row: &mut *object.edit(), value })?;
    }
    for word in ["remove", "add"] {
        for (relationship, objects) in step[word].as_object().into_iter().flatten() {
            let (add, remove) = if word == "add" { (objects, &Json::Null) } else { (&Json::Null, objects) };
            M::change(&mut object, session, relationship, add, remove).await?;
        }
    }
    session.flush().await?;
    Ok(json!({}))
}

/// Deletes an object.
pub async fn remove<M: Graph>(session: &Session, step: &Json) -> Result<Json> {
    let object = session.get_one::<M>(key(&step["key"])?).await?;
    session.delete(&object)?;
    session.flush().await?;
    Ok(json!({}))
}
