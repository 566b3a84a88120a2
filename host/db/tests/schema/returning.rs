//! The columns of a `RETURNING` result, also where no row is changed.

use std::sync::Arc;

use sqlservice_db::RunOptions;
use sqlservice_sql::{
    Catalog, Limits, Scalar, Value, compile,
    schema::Models,
    statement::{ColumnName, Delete, Node, Root, Statement},
};

use crate::{
    model::{Change, col, key, table, varchar},
    place::{Place, on_all},
};

/// A delete from `a` that no row can match, which returns two columns.
fn delete_of_nothing() -> Statement {
    let column = |name: &str| Node::Column(ColumnName { table: None, name: name.into() });
    let never = Node::Literal(Value::Scalar(Scalar::Boolean(false)));
    let delete = Delete { table: "a".into(), schema: None, source: None, filter: Some(2), returning: vec![0, 1] };
    Statement { nodes: vec![column("id"), column("data"), never], root: Root::Delete(delete) }
}

#[tokio::test(flavor = "multi_thread")]
async fn d11_a_change_that_matches_nothing_has_the_columns_that_it_returns() {
    on_all("returning", async |place: &Place| {
        let dialect = place.database.dialect();
        if !dialect.capabilities().delete_returning {
            return;
        }
        let tables = vec![table("a", vec![key("id"), col("data", varchar(30)).null()])];
        place.database.create_all(place.declare(tables.clone()), true).await.expect("created");
        let models = Models { tables, relationships: Vec::new() };
        let catalog = Catalog::declare(models, dialect, &Limits::default(), true).expect("declared");
        let compiled = compile(&delete_of_nothing(), &catalog, dialect, &Limits::default()).expect("a delete");
        let session = place.database.session();
        let result = session.execute(Arc::new(compiled), Vec::new(), RunOptions::default()).await.expect("run");
        let names: Vec<&str> = result.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!((names, result.first_batch.rows), (vec!["id", "data"], 0));
    })
    .await;
}
