//! T-07 and T-08: components that are built to overload the compiler. The compile process runs the command's own program.

use std::time::{Duration, Instant};

use sqlservice_host::{CompileCache, CompileProcess, Engine, EngineBuilder, EngineLimits, Error, Val};
use sqlservice_tests::component::GUEST_TALKER;

use crate::bare::component;

fn engine() -> EngineBuilder {
    Engine::builder().limits(EngineLimits::default().instances(2))
}

/// A compile process with low limits of time and memory.
fn process() -> CompileProcess {
    CompileProcess::new(crate::readme::programs().join("sqlservice")).time(Duration::from_secs(5)).memory(512 << 20)
}

/// A module of less than 100 kB with nested loops. Each loop has every variable at its beginning, so that the compiler holds as
/// many values as there are loops, times the variables.
fn bomb(loops: usize) -> String {
    let variables = loops;
    let set: String = (0..variables).map(|at| format!("local.get 0 local.set {at}\n")).collect();
    let open = "loop\n".repeat(loops);
    let close = "local.get 0 br_if 0 end\n".repeat(loops);
    let locals = "i32 ".repeat(variables);
    format!("(component (core module (func (param i32) (local {locals}) {open} {set} {close})))")
}

/// Returns the resident memory of this process in bytes.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("this process's memory");
    pages.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).expect("pages") * 4_096
}

/// T-07: compiling a component is bounded in time and memory, and takes none of the host's memory.
#[test]
fn t07_a_compile_bomb_ends_with_its_process() {
    let bytes = wat::parse_str(bomb(4_000)).expect("a component");
    assert!(bytes.len() < 100_000, "{}", bytes.len());
    let engine = engine().compile_apart(process()).build().expect("an engine");
    let (before, began) = (resident(), Instant::now());
    let refused = engine.compile(&bytes).err();
    assert!(matches!(&refused, Some(Error::TooComplex(said)) if said.contains("to compile")), "{refused:?}");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    // Other tests of this process allocate meanwhile.
    assert!(resident().saturating_sub(before) < 512 << 20, "{} bytes more", resident().saturating_sub(before));
    // The engine compiles the next component.
    component(&engine, "(component (core module (func)))").expect("a component that is no bomb");
}

/// T-07: a component that exceeds a countable limit is refused before it is compiled, even where the host's own process compiles.
#[test]
fn t07_too_much_of_anything_is_refused_at_once() {
    let engine = engine().build().expect("an engine");
    let nested = (0..30).fold(String::new(), |inner, _| format!("(component {inner})"));
    let functions = format!("(component (core module {}))", "(func)".repeat(200_001));
    let modules = format!("(component {})", "(core module)".repeat(600));
    let long = format!("(component (core module (func {})))", "nop\n".repeat((2 << 20) + 1));
    let cases = [
        (nested, "components in each other"),
        (functions, "functions"),
        (modules, "modules and components"),
        (long, "bytes in one function"),
    ];
    for (text, what) in &cases {
        let began = Instant::now();
        let refused = component(&engine, text).err();
        assert!(matches!(&refused, Some(Error::TooComplex(said)) if said.contains(what)), "{what}: {refused:?}");
        assert!(began.elapsed() < Duration::from_secs(10), "{what}: {:?}", began.elapsed());
    }
}

/// A component that was compiled in another process runs and is cached like one that was compiled in this process.
#[tokio::test]
async fn a_component_that_was_compiled_apart_runs() {
    let place = tempfile::tempdir().expect("a directory");
    let cache = || CompileCache::open(place.path().join("cache")).expect("a cache");
    let apart = engine().compile_apart(CompileProcess::new(crate::readme::programs().join("sqlservice")));
    let apart = apart.compile_cache(cache()).build().expect("an engine");
    let kept =
        engine().compile_apart(CompileProcess::new("/nowhere")).compile_cache(cache()).build().expect("an engine");
    for (engine, another, compiles) in [(apart, "(component)", true), (kept, "(component (core module))", false)] {
        // The second engine finds the component in the cache, and could not compile another one.
        let plugin = engine.load_file(GUEST_TALKER).expect("a plugin");
        let tenant = engine.tenant("t").build().expect("a tenant");
        let mut instance = plugin.instantiate(&tenant).await.expect("an instance");
        let echoed = instance.call("echo", &[Val::String("x".to_owned())]).await.expect("no trap");
        assert_eq!(echoed, Some(Val::Result(Ok(Some(Box::new(Val::String("x".to_owned())))))));
        assert_eq!(component(&engine, another).is_ok(), compiles);
    }
}

/// The compiler's error is returned, and so is an error for a program that is missing or no compiler.
#[test]
fn what_cannot_be_compiled_apart_is_told() {
    let engine_of = |process| engine().compile_apart(process).build().expect("an engine");
    let invalid = wat::parse_str("(component (core module (func i32.const 1)))").expect("a component");
    let refused = engine_of(process()).compile(&invalid).err().expect("it is not valid").to_string();
    assert!(refused.contains("type mismatch"), "{refused}");
    let valid = wat::parse_str("(component)").expect("a component");
    let missing = engine_of(CompileProcess::new("/nowhere")).compile(&valid).err();
    assert!(matches!(missing, Some(Error::CompileProcess { .. })), "{missing:?}");
    // The output of a program that is no compiler is never taken for code.
    let wrong = engine_of(CompileProcess::new("/bin/true")).compile(&valid).err();
    assert!(matches!(wrong, Some(Error::TooComplex(_) | Error::CompileProcess { .. })), "{wrong:?}");
}

/// T-08: a component that a tenant compiled itself is refused, with any header.
#[test]
fn t08_compiled_code_is_no_component() {
    let engine = engine().build().expect("an engine");
    let compiled = engine.load_file(GUEST_TALKER).expect("a plugin").component().serialize().expect("its code");
    let refused = engine.load(&compiled).err();
    assert!(matches!(refused, Some(Error::NotAComponent(_))), "{refused:?}");
    let disguised = [b"\0asm\x0d\0\x01\0".as_slice(), &compiled].concat();
    assert!(matches!(engine.load(&disguised).err(), Some(Error::Unusable(_))));
}
