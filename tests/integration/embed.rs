//! The embedding API: its examples run as programs, and extensions, linkers and errors are tested directly.

mod component;

use std::process::Command;

use sqlservice_host::{
    Engine, Error, Extension, ExtensionView, HasExtension, InstanceState, Plugin, Result, SqlCtx, SqlCtxView, Tenant,
    db,
};
use sqlservice_tests::{
    Fixture,
    component::{GUEST_STRANGER, GUEST_TALKER, PLUGIN_USERS},
    for_each_database, guest,
};
use wasmtime::component::{Linker, Val};

/// Builds and runs an example, and returns its standard output.
fn printed(example: &str, arguments: &[&str]) -> String {
    let mut build = xtask::workspace::cargo();
    build.args(["build", "--quiet", "--workspace", "--example", example]);
    xtask::progress::run_quietly(&mut build).expect("the example builds");
    let program = xtask::workspace::target().join("debug/examples").join(example);
    let output = Command::new(program).args(arguments).output().expect("the example runs");
    let [printed, errors] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(output.status.success(), "{printed}{errors}");
    printed
}

#[test]
fn the_embedding_example_calls_a_plugin() {
    let printed = printed("embed", &[PLUGIN_USERS]);
    assert!(printed.starts_with("ok(") && printed.contains("\"ed\""), "{printed}");
}

/// The embedder's own import and state, a claim of each tenant, and the same call by types and by name.
#[test]
fn the_extending_example_gives_each_instance_its_own() {
    let expected = ["Utrecht", "Kyoto"].map(|place| {
        let seen = format!("stars over {place}");
        format!("{seen}; Some(String({seen:?})); 2 looks\n")
    });
    assert_eq!(printed("extend", &[GUEST_STRANGER]), expected.concat());
}

/// Thousands of tenants cost little memory and time, by the figures that the example prints.
#[test]
fn five_thousand_tenants_come_and_go() {
    let printed = printed("tenants", &[GUEST_TALKER, "5000"]);
    let figure = |name: &str| -> f64 {
        let line = printed.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {printed}"));
        line.split_whitespace().find_map(|word| word.parse().ok()).expect("a number")
    };
    assert_eq!(figure("tenants"), 5_000.0);
    assert!(figure("bytes each, made") < 16_384.0, "{printed}");
    assert!(figure("bytes each, called") < 32_768.0, "{printed}");
    // Memory that the allocator keeps for reuse is no leak: twice as many tenants would not double it.
    assert!(figure("bytes each, the second time") < 4_096.0, "{printed}");
    assert!(figure("microseconds each, made") < 2_000.0, "{printed}");
}

/// A plugin runs for the tenants of its own engine only.
#[tokio::test]
async fn a_tenant_of_another_engine_is_refused() {
    let other = Engine::new().expect("an engine");
    let tenant = other.tenant("other").build().expect("a tenant");
    let refused = guest::compiled(GUEST_TALKER).instantiate(&tenant).await.err();
    assert!(matches!(refused, Some(Error::Engine(_))), "{refused:?}");
}

/// An extension that refuses every tenant whose name is not the plugin's.
struct Gate;

impl Extension for Gate {
    type State = ();

    fn link(&self, linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        // Checks at compile time that the type satisfies the bound of generated bindings.
        fn is_data<T: wasmtime::component::HasData>() {}
        is_data::<HasExtension<Self>>();
        linker.root().func_wrap("unused", |_, (): ()| Ok(()))
    }

    fn prepare(&self, (): &mut (), tenant: &Tenant, plugin: &Plugin) -> Result<()> {
        if tenant.name() == plugin.name() { Ok(()) } else { Err(Error::Arguments(format!("not {}", tenant.name()))) }
    }
}

#[tokio::test]
async fn an_extension_can_refuse_an_instance() {
    let engine = Engine::builder().extension(Gate).build().expect("an engine");
    let plugin = engine.load_file(GUEST_TALKER).expect("a plugin");
    let [no, yes] = ["stranger", plugin.name()].map(|name| engine.tenant(name).build().expect("a tenant"));
    let refused = plugin.instantiate(&no).await.err();
    assert!(matches!(&refused, Some(Error::Arguments(said)) if said == "not stranger"), "{refused:?}");
    plugin.instantiate(&yes).await.expect("an instance");
    // Two extensions that define the same import are an error when the engine is built.
    let twice = Engine::builder().extension(Gate).extension(Gate).build();
    assert!(matches!(twice, Err(Error::Engine(_))));
}

/// The engine's linker decides which imports are missing. An extension's import exists where the extension was added, and an
/// interface must match in its version and in each function.
#[test]
fn t09_all_missing_imports_are_named_and_no_others() {
    let component = |imports: &str| wat::parse_str(format!("(component {imports})")).expect("a component");
    let instance = |name: &str, exports: &str| format!("(import \"{name}\" (instance {exports}))");
    let function = |name: &str| format!("(export \"{name}\" (func))");
    let random = "(export \"get-random-u64\" (func (result u64)))";
    let cases = [
        (instance("wasi:random/random@0.2.0", random), vec![]),
        (instance("wasi:random/random@0.2.999", random), vec![]),
        (instance("wasi:random/random@0.9.0", random), vec!["wasi:random/random@0.9.0"]),
        (instance("wasi:random/random@0.2.0", &function("roll")), vec!["wasi:random/random@0.2.0"]),
        (
            instance("wasi:random/random@0.2.0", "(export \"get-random-u64\" (func (result u32)))"),
            vec!["wasi:random/random@0.2.0"],
        ),
        ("(import \"unused\" (func))".to_owned(), vec!["unused"]),
        (
            [
                instance("a:b/c", &function("f")),
                instance("wasi:random/random@0.2.0", random),
                "(import \"x\" (func))".to_owned(),
                instance("d:e/f@1.2.3", "(export \"r\" (type (sub resource)))"),
            ]
            .concat(),
            vec!["a:b/c", "x", "d:e/f@1.2.3"],
        ),
    ];
    let engine = guest::engine();
    for (imports, missing) in &cases {
        let plugin = engine.compile(&component(imports)).expect("it compiles");
        assert_eq!(plugin.missing_imports(), *missing, "{imports}");
        match engine.load(&component(imports)) {
            Ok(_) => assert!(missing.is_empty(), "{imports}"),
            Err(Error::MissingImports(named)) => assert_eq!(named, *missing, "{imports}"),
            Err(other) => panic!("{imports}: {other}"),
        }
    }
    let extended = Engine::builder().extension(Gate).build().expect("an engine");
    extended.load(&component("(import \"unused\" (func))")).expect("the extension offers it");
}

/// A component chooses the names and the number of its imports, so the cost of looking them up is bounded.
#[test]
fn t07_a_component_with_thousands_of_missing_imports_is_refused_in_time() {
    let engine = guest::engine();
    for (interfaces, named) in [(500_u32, 64_usize), (900, 1)] {
        let import = |at: u32| {
            format!("(import \"a:b/c{at}\" (instance (export \"f\" (func)) (export \"r\" (type (sub resource)))))")
        };
        let imports: String = (0..interfaces).map(import).collect();
        let bytes = wat::parse_str(format!("(component {imports})")).expect("a component");
        let plugin = engine.compile(&bytes).unwrap_or_else(|error| panic!("{interfaces} imports: {error}"));
        let start = std::time::Instant::now();
        assert_eq!(plugin.missing_imports().len(), named);
        assert!(start.elapsed() < std::time::Duration::from_secs(10), "{interfaces}: {:?}", start.elapsed());
    }
}

/// Bindings for the import of `GUEST_STRANGER`, with async functions.
mod sky {
    wasmtime::component::bindgen!({
        inline: "
            package example:sky@1.0.0;
            interface telescope { look: func() -> string; }
            world stranger { import telescope; }
        ",
        imports: { default: async | trappable },
    });
}

/// An import that queries the database that its caller's tenant was granted.
struct Archive;

impl Extension for Archive {
    type State = Option<db::Database>;

    fn link(&self, linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        sky::example::sky::telescope::add_to_linker::<_, HasExtension<Self>>(linker, InstanceState::extension)
    }

    fn prepare(&self, database: &mut Self::State, tenant: &Tenant, _: &Plugin) -> Result<()> {
        *database = tenant.database(guest::DATABASE).cloned();
        Ok(())
    }
}

impl sky::example::sky::telescope::Host for ExtensionView<'_, Archive> {
    async fn look(&mut self) -> wasmtime::Result<String> {
        let database = self.state.clone().ok_or_else(|| wasmtime::Error::msg("no database was granted"))?;
        let session = database.connect().await?;
        let answer = session.execute_text("SELECT 6 * 7".to_owned(), Vec::new(), Default::default()).await?;
        Ok(format!("{:?}", answer.first_batch.value(0, 0)))
    }
}

#[test]
fn an_import_of_the_embedders_waits_for_the_tenants_database() {
    for_each_database(async |fixture: &Fixture| {
        let engine = Engine::builder().extension(Archive).build().expect("an engine");
        let plugin = engine.load_file(GUEST_STRANGER).expect("its import is offered");
        let tenant = engine.tenant("t").database(guest::DATABASE, fixture.grant()).build().expect("a tenant");
        let seen = plugin.instantiate(&tenant).await.expect("an instance").call("look-up", &[]).await.expect("no trap");
        assert_eq!(seen, Some(Val::String("Scalar(Integer(42))".to_owned())), "on {}", fixture.backend());
        let without = engine.tenant("t").build().expect("a tenant");
        let trapped = plugin.instantiate(&without).await.expect("an instance").call("look-up", &[]).await;
        assert!(matches!(trapped, Err(Error::Trap(_))), "{trapped:?}");
    });
}

/// The world works with store data of a foreign type, which cannot implement [`sqlservice_host::SqlView`].
#[tokio::test]
async fn the_world_joins_a_linker_of_a_foreign_type() {
    type Foreign = (SqlCtx, wasmtime::component::ResourceTable);
    fn view((ctx, table): &mut Foreign) -> SqlCtxView<'_> {
        SqlCtxView { ctx, table }
    }
    let mut linker = Linker::<Foreign>::new(guest::engine().sandbox());
    sqlservice_host::add_to_linker_with(&mut linker, view).expect("the world");
    sqlservice_host::add_raw_sql_to_linker_with(&mut linker, view).expect("SQL as text");
    let imports = r#"(import "sqlservice:database/databases@0.2.0" (instance))
                     (import "sqlservice:database/raw-sql@0.2.0" (instance))"#;
    let bytes = wat::parse_str(format!("(component {imports})")).expect("a component");
    let component = guest::engine().compile(&bytes).expect("it compiles").component().clone();
    let mut store = wasmtime::Store::new(linker.engine(), (SqlCtx::builder().build(), Default::default()));
    store.set_epoch_deadline(u64::MAX / 2);
    linker.instantiate_async(&mut store, &component).await.expect("an instance");
}

/// An embedder can name the types of all errors that it handles.
#[test]
fn every_error_can_be_named() {
    use sqlservice_host::{SqlError, bindings::sqlservice::database::errors::Host as _, error::Failure, sql};
    let denied = SqlError::from(db::Error::from(sql::Error::Denied("it".to_owned())));
    let error: &db::Error = match &denied {
        SqlError::Database(error) => error,
        SqlError::Flush(error) => &error.error,
        SqlError::Guest(failure) => panic!("{}", failure.code),
        SqlError::Trap(error) => panic!("{error}"),
    };
    assert!(matches!(error, db::Error::Statement(sql::Error::Denied(what)) if what == "it"), "{error}");
    let (mut ctx, mut table) = (SqlCtx::builder().build(), wasmtime::component::ResourceTable::new());
    let mut view = SqlCtxView { ctx: &mut ctx, table: &mut table };
    let failure: Failure = view.convert_failure(denied).expect("no trap");
    assert_eq!(failure.code, "denied");
    let named = Error::Database { name: "main".to_owned(), source: db::Error::Timeout };
    assert!(std::error::Error::source(&named).is_some_and(|source| source.is::<db::Error>()));
}

/// An instance returns its plugin and its tenant, and loses its extensions' state when it is poisoned.
#[tokio::test]
async fn an_instance_knows_its_plugin_and_its_tenant() {
    let tenant = guest::engine().tenant("acme").claim("plan", 3_i64).build().expect("a tenant");
    let plugin = guest::compiled(GUEST_TALKER).with_name("talk");
    let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
    assert_eq!((instance.plugin().name(), instance.tenant().name()), ("talk", "acme"));
    assert_eq!(instance.tenant().claims().get("plan"), Some(&3_i64.into()));
    assert!(instance.extension::<Gate>().is_some());
    instance.call("crash", &[]).await.expect_err("it traps");
    assert!(instance.extension::<Gate>().is_none());
    let poisoned = instance.run(async |_| Ok(())).await;
    assert!(matches!(poisoned, Err(Error::Poisoned)), "{poisoned:?}");
}
