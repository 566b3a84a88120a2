//! H05: bytes that are no component, unreadable files and wrong calls are refused with a clear message.

use sqlservice_host::{Engine, Error, Grant, Settings};
use sqlservice_tests::{
    component::{GUEST_CONFORMANCE, GUEST_STRANGER},
    guest,
};

#[test]
fn t09_a_component_that_imports_what_is_not_offered_is_refused_by_that_name() {
    let engine = Engine::new().expect("an engine");
    match engine.load_file(GUEST_STRANGER) {
        Err(Error::MissingImports(missing)) => assert_eq!(missing, ["example:sky/telescope@1.0.0"]),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was loaded"),
    }
}

#[test]
fn h05_what_is_no_component_is_refused_in_words() {
    let engine = Engine::new().expect("an engine");
    let core_module = b"\0asm\x01\0\0\0";
    for (bytes, word) in
        [(&b""[..], "component"), (b"hello", "component"), (core_module, "core"), (b"\x7fELF", "program")]
    {
        match engine.load(bytes) {
            Err(Error::NotAComponent(said)) => assert!(said.contains(word), "{said}"),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{bytes:?} was loaded"),
        }
    }
    let broken = [&b"\0asm\x0d\0\x01\0"[..], &[255; 64]].concat();
    assert!(engine.load(&broken).is_err());
}

#[test]
fn h05_a_file_that_cannot_be_read_keeps_its_reason() {
    let engine = Engine::new().expect("an engine");
    match engine.load_file("no-such.wasm") {
        Err(Error::Unreadable { path, source }) => {
            assert_eq!((path.to_str(), source.kind()), (Some("no-such.wasm"), std::io::ErrorKind::NotFound));
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was loaded"),
    }
}

#[test]
fn h05_a_wrong_function_gets_a_suggestion() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let grant = Grant::open("sqlite::memory:", Settings::default()).expect("a URL");
        let tenant = guest::tenant().database(guest::DATABASE, grant).build().expect("a tenant");
        let plugin = guest::compiled(GUEST_CONFORMANCE);
        let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
        match instance.call("a01-pong", &[]).await {
            Err(Error::NoSuchFunction { suggestion, .. }) => assert_eq!(suggestion.as_deref(), Some("a01-ping")),
            other => panic!("{other:?}"),
        }
        // No function was called, so the instance is still usable.
        assert!(instance.call("a01-ping", &[]).await.is_ok());
        let too_many = instance.call("a01-ping", &[sqlservice_host::Val::Bool(true)]).await;
        assert!(matches!(too_many, Err(Error::Arguments(_))), "{too_many:?}");
    });
}
