//! T-18: malformed strings and lists longer than any memory, in the component model's own encodings.

use sqlservice_host::{Engine, TenantLimits, Val};
use sqlservice_tests::{Fixture, for_each_database, guest};

use crate::{
    bare::{assert_trap, bare, component, run},
    scene::{Scene, only_one},
};

const NOTHING: &str = "(i32.const 0) (i32.const 0)";

/// A `run` that opens the database of this name, a pointer and a length, with these models, and returns whether it was refused.
fn opening(name: &str, models: &str) -> String {
    format!(
        r#"(func (export "run") (param i32) (result i32)
             (call $open {name} {models} (i32.const 768)) (i32.load8_u (i32.const 768)))"#
    )
}

/// Such a `run` with a name of these code units, and a data segment with the units at 8192.
fn opening_units(units: &[u16]) -> String {
    let bytes: String = units.iter().flat_map(|unit| unit.to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect();
    let name = format!("(i32.const 8192) (i32.const {})", units.len());
    format!("{} (data (i32.const 8192) \"{bytes}\")", opening(&name, &format!("{NOTHING} {NOTHING}")))
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// T-18: a malformed string never reaches the host's code; a well-formed one is a name like any other.
#[test]
fn t18_broken_utf16_ends_its_call() {
    let with = |at: usize, unit: u16| {
        let mut name = units("default");
        name.insert(at, unit);
        name
    };
    let broken = [
        ("a lone high surrogate", with(3, 0xd800)),
        ("a lone low surrogate", with(0, 0xdc00)),
        ("a high surrogate at the end", with(7, 0xdbff)),
        ("two in the wrong order", [with(0, 0xdc00), vec![0xd83d]].concat()),
    ];
    let refused =
        [("NUL at the end", with(7, 0)), ("a character of two units", units("\u{1f600}")), ("nothing", units(""))];
    let broken = broken.map(|(case, name)| (case, bare("utf16", &opening_units(&name))));
    let refused = refused.map(|(case, name)| (case, bare("utf16", &opening_units(&name))));
    let honest = bare("utf16", &opening_units(&units("default")));
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(1).await;
        for (case, plugin) in &broken {
            let ended = run(plugin, &scene.tenant, 0).await;
            assert_trap(&ended, "unpaired surrogate", &format!("{case} on {}", fixture.backend()));
        }
        for (case, plugin) in &refused {
            let ended = run(plugin, &scene.tenant, 0).await;
            assert!(matches!(ended, Ok(Some(Val::U32(1)))), "{case} on {}: {ended:?}", fixture.backend());
        }
        let opened = run(&honest, &scene.tenant, 0).await;
        assert!(matches!(opened, Ok(Some(Val::U32(0)))), "{opened:?} on {}", fixture.backend());
        scene.assert_clean(500, "texts that are none").await;
    });
}

/// T-18: a pointer or a length out of the memory's bounds, also with an encoding's tag bit, and an unaligned address.
#[test]
fn t18_lengths_near_two_to_the_32_end_their_call() {
    let name = |name: &str| opening(name, &format!("{NOTHING} {NOTHING}"));
    let models = |tables: &str, relationships: &str| {
        opening("(i32.const 16) (i32.const 0)", &format!("{tables} {relationships}"))
    };
    const OUTSIDE: &str = "out of bounds of memory";
    let cases = [
        ("utf16", name("(i32.const 8192) (i32.const -1)"), OUTSIDE),
        ("utf16", name("(i32.const 8192) (i32.const 0x80000000)"), OUTSIDE),
        ("utf16", name("(i32.const 262140) (i32.const 7)"), OUTSIDE),
        ("utf16", name("(i32.const 8193) (i32.const 7)"), "not aligned"),
        ("utf8", name("(i32.const -1) (i32.const 2)"), OUTSIDE),
        ("utf8", name("(i32.const 8192) (i32.const -1)"), OUTSIDE),
        ("latin1+utf16", name("(i32.const 8192) (i32.const 0x7fffffff)"), OUTSIDE),
        ("latin1+utf16", name("(i32.const 8192) (i32.const -1)"), OUTSIDE),
        ("utf8", models("(i32.const 8192) (i32.const -1)", NOTHING), OUTSIDE),
        ("utf8", models(NOTHING, "(i32.const 8192) (i32.const 0x40000001)"), OUTSIDE),
        ("utf8", models("(i32.const 8193) (i32.const 1)", NOTHING), "not aligned"),
    ];
    let cases = cases.map(|(encoding, fields, said)| (bare(encoding, &fields), format!("{encoding}: {fields}"), said));
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::with(fixture, only_one(), TenantLimits::default());
        scene.setup(1).await;
        for (plugin, case, said) in &cases {
            assert_trap(&run(plugin, &scene.tenant, 0).await, said, &format!("{case} on {}", fixture.backend()));
        }
        scene.assert_clean(500, "lists without an end").await;
    });
}

/// A component whose `run` returns the string of this length at address 16.
fn answering(encoding: &str, length: &str, bytes: &str) -> String {
    format!(
        r#"(component
            (core module $m (memory (export "memory") 1) (data (i32.const 16) "{bytes}")
                (func (export "run") (result i32)
                    (i32.store (i32.const 8) (i32.const 16)) (i32.store (i32.const 12) (i32.const {length})) (i32.const 8)))
            (core instance $i (instantiate $m))
            (func (export "run") (result string)
                (canon lift (core func $i "run") (memory $i "memory") string-encoding={encoding})))"#
    )
}

/// T-18: a malformed string as the result of a guest's call ends the call, and the host works on.
#[tokio::test]
async fn t18_a_broken_answer_ends_its_call() {
    let engine: &Engine = guest::engine();
    let tenant = guest::tenant().build().expect("a tenant");
    let call = async |text: &str| {
        let plugin = component(engine, text).expect("a plugin");
        plugin.instantiate(&tenant).await.expect("an instance").call("run", &[]).await
    };
    let cases = [
        ("utf16", "3", r"\61\00\00\d8\62\00", "unpaired surrogate"),
        ("utf16", "-1", "", "out of bounds"),
        ("utf16", "0x80000000", "", "out of bounds"),
        ("utf8", "3", r"\ed\a0\80", "utf-8"),
        ("utf8", "-1", "", "out of bounds"),
        ("latin1+utf16", "0x80000003", r"\61\00\00\d8\62\00", "unpaired surrogate"),
        ("latin1+utf16", "-1", "", "out of bounds"),
    ];
    for (encoding, length, bytes, said) in cases {
        let ended = call(&answering(encoding, length, bytes)).await;
        assert_trap(&ended, said, &format!("{encoding}, {length}"));
    }
    let fine = call(&answering("utf16", "2", r"\3d\d8\00\de")).await;
    assert!(matches!(&fine, Ok(Some(Val::String(text))) if text == "\u{1f600}"), "{fine:?}");
}
