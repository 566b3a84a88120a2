//! T-09: rights that were not granted: an import that is not offered is refused by name, one that is linked for all does nothing.

use std::net::{TcpListener, UdpSocket};

use sqlservice_host::{Error, Instance, Val};
use sqlservice_tests::{
    component::{GUEST_HOSTILE, GUEST_TALKER},
    guest, source,
};

use crate::{bare::component, scene::lines};

/// Interfaces that other hosts offer, and a function of each.
const ELSEWHERE: [(&str, &str); 8] = [
    ("wasi:http/outgoing-handler@0.2.0", "handle"),
    ("wasi:http/handler@0.3.0", "handle"),
    ("wasi:http/client@0.3.0", "send"),
    ("wasi:keyvalue/store@0.2.0", "open"),
    ("wasi:config/store@0.2.0", "get"),
    ("wasi:messaging/producer@0.2.0", "send"),
    ("wasi:nn/graph@0.2.0", "load"),
    ("wasi:sockets/raw@0.2.0", "create"),
];

/// T-09: the error names all missing imports, before any code of the component runs.
#[test]
fn t09_what_is_not_offered_is_refused_by_its_name() {
    let import = |(interface, function): (&str, &str)| {
        format!("(import \"{interface}\" (instance (export \"{function}\" (func))))")
    };
    let all: String = ELSEWHERE.into_iter().map(import).collect();
    let names: Vec<&str> = ELSEWHERE.into_iter().map(|(interface, _)| interface).collect();
    match component(guest::engine(), &format!("(component {all})")) {
        Err(Error::MissingImports(missing)) => assert_eq!(missing, names),
        other => panic!("{:?}", other.err()),
    }
    // An import of a function that an offered interface does not have.
    let import = "(import \"wasi:sockets/tcp@0.2.0\" (instance (export \"raw\" (func))))";
    match component(guest::engine(), &format!("(component {import})")) {
        Err(Error::MissingImports(missing)) => assert_eq!(missing, ["wasi:sockets/tcp@0.2.0"]),
        other => panic!("{:?}", other.err()),
    }
}

/// A component with the sockets of WASI 0.3: `run` creates one and connects it to a port of this machine. It returns 100 plus the error's
/// case if there is no socket, and 200 plus the case if there is no connection.
const CONNECTS: &str = r#"(component $component
    (import "wasi:sockets/types@0.3.0" (instance $sockets
        (export "tcp-socket" (type $tcp (sub resource)))
        (type $error-is (variant (case "access-denied") (case "not-supported") (case "invalid-argument")
            (case "out-of-memory") (case "timeout") (case "invalid-state") (case "address-not-bindable")
            (case "address-in-use") (case "remote-unreachable") (case "connection-refused") (case "connection-broken")
            (case "connection-reset") (case "connection-aborted") (case "datagram-too-large")
            (case "other" (option string))))
        (export "error-code" (type $error (eq $error-is)))
        (type $family-is (enum "ipv4" "ipv6"))
        (export "ip-address-family" (type $family (eq $family-is)))
        (type $four-is (record (field "port" u16) (field "address" (tuple u8 u8 u8 u8))))
        (export "ipv4-socket-address" (type $four (eq $four-is)))
        (type $six-is (record (field "port" u16) (field "flow-info" u32)
            (field "address" (tuple u16 u16 u16 u16 u16 u16 u16 u16)) (field "scope-id" u32)))
        (export "ipv6-socket-address" (type $six (eq $six-is)))
        (type $address-is (variant (case "ipv4" $four) (case "ipv6" $six)))
        (export "ip-socket-address" (type $address (eq $address-is)))
        (export "[static]tcp-socket.create"
            (func (param "address-family" $family) (result (result (own $tcp) (error $error)))))
        (export "[method]tcp-socket.connect" (func async (param "self" (borrow $tcp))
            (param "remote-address" $address) (result (result (error $error)))))))
    (core module $memory-module (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
    (core instance $memory (instantiate $memory-module))
    (core func $create (canon lower (func $sockets "[static]tcp-socket.create")
        (memory $memory "memory") (realloc (func $memory "realloc"))))
    (core func $connect (canon lower (func $sockets "[method]tcp-socket.connect")
        (memory $memory "memory") (realloc (func $memory "realloc"))))
    (core module $main
        (import "" "memory" (memory 1))
        (import "" "create" (func $create (param i32 i32)))
        (import "" "connect"
            (func $connect (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
        (func (export "run") (param $port i32) (result i32)
            (call $create (i32.const 0) (i32.const 16))
            (if (i32.load8_u (i32.const 16))
                (then (return (i32.add (i32.const 100) (i32.load8_u (i32.const 20))))))
            (call $connect (i32.load (i32.const 20)) (i32.const 0) (local.get $port)
                (i32.const 127) (i32.const 0) (i32.const 0) (i32.const 1)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32))
            (if (i32.load8_u (i32.const 32))
                (then (return (i32.add (i32.const 200) (i32.load8_u (i32.const 36))))))
            (i32.const 0)))
    (core instance $i (instantiate $main (with "" (instance
        (export "memory" (memory $memory "memory")) (export "create" (func $create)) (export "connect" (func $connect))))))
    (func (export "run") async (param "port" u16) (result u32) (canon lift (core func $i "run"))))"#;

/// A TCP listener and a UDP socket on this machine.
struct Ears {
    stream: TcpListener,
    datagram: UdpSocket,
}

impl Ears {
    /// Binds both to the same port.
    fn open() -> Self {
        for _ in 0..100 {
            let stream = TcpListener::bind("127.0.0.1:0").expect("a port");
            let address = stream.local_addr().expect("its address");
            if let Ok(datagram) = UdpSocket::bind(address) {
                stream.set_nonblocking(true).expect("a socket");
                datagram.set_nonblocking(true).expect("a socket");
                return Self { stream, datagram };
            }
        }
        panic!("there is no port for both");
    }

    fn port(&self) -> u16 {
        self.stream.local_addr().expect("its address").port()
    }

    /// Fails if a connection or a datagram has arrived.
    #[track_caller]
    fn assert_silent(&self) {
        let came = self.stream.accept();
        assert!(matches!(&came, Err(none) if none.kind() == std::io::ErrorKind::WouldBlock), "{came:?}");
        let came = self.datagram.recv_from(&mut [0; 16]);
        assert!(matches!(&came, Err(none) if none.kind() == std::io::ErrorKind::WouldBlock), "{came:?}");
    }
}

async fn instance(component: &str) -> Instance {
    let tenant = guest::tenant().build().expect("a tenant");
    guest::compiled(component).instantiate(&tenant).await.expect("an instance")
}

/// T-09: sockets are linked for toolchains that import them without using them. No socket is ever created, and nothing arrives.
#[tokio::test(flavor = "multi_thread")]
async fn t09_no_socket_reaches_anything() {
    let ears = Ears::open();
    let mut guest = instance(GUEST_HOSTILE).await;
    let tried = lines(guest.call("reach-port", &[Val::U16(ears.port())]).await.expect("no trap")).expect("lines");
    assert_eq!(tried.len(), 6, "{tried:?}");
    for way in &tried {
        assert!(way.ends_with(": refused"), "{tried:?}");
    }
    ears.assert_silent();
    // With WASI 0.3, the error is `access-denied`.
    let plugin = component(guest::engine(), CONNECTS).expect("a plugin");
    let tenant = guest::tenant().build().expect("a tenant");
    let mut guest = plugin.instantiate(&tenant).await.expect("an instance");
    let came = guest.call("run", &[Val::U16(ears.port())]).await.expect("no trap");
    assert_eq!(came, Some(Val::U32(100)), "access is denied before there is a socket");
    ears.assert_silent();
    // The listener works: a connection of the test's own arrives.
    std::net::TcpStream::connect(("127.0.0.1", ears.port())).expect("a connection");
    ears.stream.set_nonblocking(false).expect("a socket");
    ears.stream.accept().expect("it has come");
}

/// T-09: a tenant without grants has no file, directory or environment variable.
#[tokio::test(flavor = "multi_thread")]
async fn t09_without_a_grant_there_are_no_files_and_no_variables() {
    let mut guest = instance(GUEST_HOSTILE).await;
    for how in ["outside", "fixed", "inside"] {
        let tried = guest.call("leave-directories", &[Val::String(how.to_owned())]).await.expect("no trap");
        let tried = lines(tried).expect("lines");
        assert!(!tried.is_empty() && tried.iter().all(|way| way.ends_with(": refused")), "{tried:?}");
    }
    let mut guest = instance(GUEST_TALKER).await;
    for name in ["PATH", "HOME", "SQLSERVICE_TEST_POSTGRES"] {
        let said = guest.call("variable", &[Val::String(name.to_owned())]).await.expect("no trap");
        assert_eq!(said, Some(Val::Option(None)), "{name}");
    }
}

/// T-09: a tenant without grants has no environment variable, argument, directory or input; one with a grant has just that.
#[tokio::test(flavor = "multi_thread")]
async fn t09_nothing_of_the_hosts_process_is_there_unless_granted() {
    assert!(std::env::vars_os().count() > 0 && std::env::args_os().count() > 0);
    let nothing = ["arguments []", "directory Ok(\"/\")", "input Ok(0)"];
    let seen = |tenant: sqlservice_host::Tenant| async move {
        let mut guest = guest::compiled(GUEST_HOSTILE).instantiate(&tenant).await.expect("an instance");
        match guest.call("surroundings", &[]).await.expect("no trap") {
            Some(Val::List(seen)) => seen,
            other => panic!("{other:?}"),
        }
    };
    let texts = |lines: &[&str]| lines.iter().map(|line| Val::String((*line).to_owned())).collect::<Vec<_>>();
    let tenant = guest::tenant().build().expect("a tenant");
    assert_eq!(seen(tenant).await, texts(&nothing));
    let tenant = guest::tenant().env("GREETING", "hello").build().expect("a tenant");
    assert_eq!(seen(tenant).await, texts(&[&nothing[..], &["variable \"GREETING\" \"hello\""]].concat()));
}

/// T-09: a component that imports all methods of the sockets of both versions is loaded, as toolchains write such components. The methods
/// are read from the WIT files of the `wasmtime-wasi` in use, so this test notices a newer version with more of them.
#[test]
fn t09_all_that_toolchains_import_of_the_network_is_there() {
    for (version, least) in [("p2", 48), ("p3", 38)] {
        let mut resolve = wit_parser::Resolve::default();
        resolve.push_dir(sandbox_sources().join(version).join("wit")).expect("the texts of WASI");
        let mut methods = 0;
        for (_, interface) in &resolve.interfaces {
            let Some(name) = interface.package.and_then(|package| {
                let package = &resolve.packages[package].name;
                let is_network = package.namespace == "wasi" && package.name == "sockets";
                is_network.then(|| package.interface_id(interface.name.as_deref().expect("a name")))
            }) else {
                continue;
            };
            let mut fields = String::new();
            for (name, ty) in &interface.types {
                if matches!(resolve.types[*ty].kind, wit_parser::TypeDefKind::Resource) {
                    fields += &format!("(export \"{name}\" (type ${name} (sub resource)))");
                }
            }
            for (name, function) in &interface.functions {
                let Some(resource) = name.strip_prefix("[method]").and_then(|name| name.split('.').next()) else {
                    continue;
                };
                let is_async = if function.kind.is_async() { "async" } else { "" };
                fields += &format!("(export \"{name}\" (func {is_async} (param \"self\" (borrow ${resource}))))");
                methods += 1;
            }
            let text = format!("(component (import \"{name}\" (instance {fields})))");
            let loaded = component(guest::engine(), &text).map(drop);
            assert!(loaded.is_ok(), "{name}: {loaded:?}");
        }
        assert!(methods >= least, "{methods} methods of {version}");
    }
}

/// Returns the source directory of `wasmtime-wasi`, by `cargo metadata`.
fn sandbox_sources() -> std::path::PathBuf {
    let mut command = std::process::Command::new(env!("CARGO"));
    command.current_dir(source::root()).args(["metadata", "--format-version=1", "--offline"]);
    let output = command.output().expect("cargo metadata runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let wasi = packages.iter().find(|package| package["name"] == "wasmtime-wasi").expect("the sandbox's WASI");
    std::path::Path::new(wasi["manifest_path"].as_str().expect("a path")).with_file_name("src")
}
