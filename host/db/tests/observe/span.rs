//! The spans of statements, as a `tracing` subscriber receives them.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use sqlservice_db::{Database, RunOptions, Scope, Settings};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::{model::Model, place::run};

/// The fields of every span by its id, and the last id.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<BTreeMap<u64, Fields>>>, Arc<AtomicU64>);

#[derive(Clone, Debug, Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("sqlservice")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let id = self.1.fetch_add(1, Ordering::Relaxed) + 1;
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        fields.0.insert("name".into(), attributes.metadata().name().into());
        self.0.lock().expect("no panic").insert(id, fields);
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        if let Some(fields) = self.0.lock().expect("no panic").get_mut(&span.into_u64()) {
            values.record(fields);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn statements_have_spans_with_the_names_of_opentelemetry() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    let scope = Scope { tenant: Some("acme".into()), plugin: Some("shop".into()), database: Some("main".into()) };
    let plain = Database::new("sqlite::memory:", Settings::default()).expect("a database");
    let (database, model) = (plain.with_scope(scope, None), Model::new(&plain));
    database.create_all(model.tables(), false).await.expect("created");
    spans.0.lock().expect("no panic").clear();
    let session = database.session();
    session.insert_many(model.new_users(&["geheim-4711"]), RunOptions::default()).await.expect("inserted");
    session.execute(model.users(), Vec::new(), RunOptions::default()).await.expect("read");
    assert!(run(&session, "select nothing").await.is_err(), "there is no such column");
    session.close().await.expect("closed");

    let spans: Vec<Fields> = spans.0.lock().expect("no panic").values().cloned().collect();
    let shown = format!("{spans:?}");
    assert!(!shown.contains("geheim-4711"), "{shown}");
    let of = |at: usize, name: &str| spans[at].0.get(name).map(String::as_str);
    assert_eq!(spans.len(), 3, "{shown}");
    for at in 0..3 {
        assert_eq!(of(at, "name"), Some("sqlservice.statement"));
        assert_eq!(of(at, "db.system.name"), Some("sqlite"));
        assert_eq!(of(at, "db.namespace"), Some("main"));
        assert_eq!((of(at, "sqlservice.tenant"), of(at, "sqlservice.plugin")), (Some("acme"), Some("shop")));
    }
    assert_eq!((of(0, "db.operation.name"), of(0, "db.collection.name")), (Some("INSERT"), Some("users")));
    assert_eq!((of(1, "db.query.summary"), of(1, "db.response.returned_rows")), (Some("SELECT users"), Some("1")));
    assert_eq!((of(1, "error.type"), of(2, "error.type")), (None, Some("failed")));
    assert_eq!((of(2, "db.query.summary"), of(2, "db.collection.name")), (Some("SELECT"), None));
}
