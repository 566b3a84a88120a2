//! The network interfaces for plugins: they are linked, as toolchains import them for each program, but do nothing.
//!
//! WASI's own sockets are not linked. The functions that would make a socket or look up a name return an error. So no socket exists,
//! and the methods of sockets are traps that no component reaches.

use wasmtime::component::{Linker, LinkerInstance, Resource, ResourceType};
use wasmtime_wasi::{
    p2::bindings::sockets::{network as second, network::IpAddressFamily},
    p3::bindings::sockets::{ip_name_lookup as lookup, types as third},
};

/// A network of WASI 0.2, which programs get before they know whether they may use it. It is empty.
struct Network;
/// No function of the host makes one of these.
enum TcpSocket {}
enum UdpSocket {}
enum Addresses {}
enum Incoming {}
enum Outgoing {}

const ADDRESSES: [&str; 2] = ["resolve-next-address", "subscribe"];
const TCP: [&str; 28] = [
    "start-bind",
    "finish-bind",
    "start-connect",
    "finish-connect",
    "start-listen",
    "finish-listen",
    "accept",
    "local-address",
    "remote-address",
    "is-listening",
    "address-family",
    "set-listen-backlog-size",
    "keep-alive-enabled",
    "set-keep-alive-enabled",
    "keep-alive-idle-time",
    "set-keep-alive-idle-time",
    "keep-alive-interval",
    "set-keep-alive-interval",
    "keep-alive-count",
    "set-keep-alive-count",
    "hop-limit",
    "set-hop-limit",
    "receive-buffer-size",
    "set-receive-buffer-size",
    "send-buffer-size",
    "set-send-buffer-size",
    "subscribe",
    "shutdown",
];
const UDP: [&str; 13] = [
    "start-bind",
    "finish-bind",
    "stream",
    "local-address",
    "remote-address",
    "address-family",
    "unicast-hop-limit",
    "set-unicast-hop-limit",
    "receive-buffer-size",
    "set-receive-buffer-size",
    "send-buffer-size",
    "set-send-buffer-size",
    "subscribe",
];
const INCOMING: [&str; 2] = ["receive", "subscribe"];
const OUTGOING: [&str; 3] = ["check-send", "send", "subscribe"];

const THIRD_TCP: [&str; 23] = [
    "bind",
    "listen",
    "send",
    "receive",
    "get-local-address",
    "get-remote-address",
    "get-is-listening",
    "get-address-family",
    "set-listen-backlog-size",
    "get-keep-alive-enabled",
    "set-keep-alive-enabled",
    "get-keep-alive-idle-time",
    "set-keep-alive-idle-time",
    "get-keep-alive-interval",
    "set-keep-alive-interval",
    "get-keep-alive-count",
    "set-keep-alive-count",
    "get-hop-limit",
    "set-hop-limit",
    "get-receive-buffer-size",
    "set-receive-buffer-size",
    "get-send-buffer-size",
    "set-send-buffer-size",
];
const THIRD_UDP: [&str; 12] = [
    "bind",
    "connect",
    "disconnect",
    "get-local-address",
    "get-remote-address",
    "get-address-family",
    "get-unicast-hop-limit",
    "set-unicast-hop-limit",
    "get-receive-buffer-size",
    "set-receive-buffer-size",
    "get-send-buffer-size",
    "set-send-buffer-size",
];

/// The trap's message where a method of a socket is called, although there is no socket to call it on.
const NONE: &str = "this host has no sockets";

/// Adds both versions of the interfaces.
pub(crate) fn add_to_linker<T: Send + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    add_network(linker)?;
    add_names(linker)?;
    add_tcp(linker)?;
    add_udp(linker)?;
    add_third(linker)
}

fn add_network<T: 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut network = linker.instance("wasi:sockets/network@0.2.12")?;
    network.resource("network", ResourceType::host::<Network>(), |_, _| Ok(()))?;
    let mut instance = linker.instance("wasi:sockets/instance-network@0.2.12")?;
    instance.func_wrap("instance-network", |_, ()| Ok((Resource::<Network>::new_own(0),)))
}

fn add_names<T: 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut names = linker.instance("wasi:sockets/ip-name-lookup@0.2.12")?;
    add_resource::<T, Addresses>(&mut names, "resolve-address-stream", &ADDRESSES)?;
    names.func_wrap("resolve-addresses", |_, _: (Resource<Network>, String)| {
        Ok((Err::<Resource<Addresses>, _>(second::ErrorCode::PermanentResolverFailure),))
    })
}

fn add_tcp<T: 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    add_resource::<T, TcpSocket>(&mut linker.instance("wasi:sockets/tcp@0.2.12")?, "tcp-socket", &TCP)?;
    let mut create = linker.instance("wasi:sockets/tcp-create-socket@0.2.12")?;
    create.func_wrap("create-tcp-socket", |_, _: (IpAddressFamily,)| {
        Ok((Err::<Resource<TcpSocket>, _>(second::ErrorCode::AccessDenied),))
    })
}

fn add_udp<T: 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut udp = linker.instance("wasi:sockets/udp@0.2.12")?;
    add_resource::<T, UdpSocket>(&mut udp, "udp-socket", &UDP)?;
    add_resource::<T, Incoming>(&mut udp, "incoming-datagram-stream", &INCOMING)?;
    add_resource::<T, Outgoing>(&mut udp, "outgoing-datagram-stream", &OUTGOING)?;
    let mut create = linker.instance("wasi:sockets/udp-create-socket@0.2.12")?;
    create.func_wrap("create-udp-socket", |_, _: (IpAddressFamily,)| {
        Ok((Err::<Resource<UdpSocket>, _>(second::ErrorCode::AccessDenied),))
    })
}

/// Adds WASI 0.3, whose sockets are made by static functions.
fn add_third<T: Send + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    let mut types = linker.instance("wasi:sockets/types@0.3.0")?;
    add_resource::<T, TcpSocket>(&mut types, "tcp-socket", &THIRD_TCP)?;
    add_resource::<T, UdpSocket>(&mut types, "udp-socket", &THIRD_UDP)?;
    for name in ["[method]tcp-socket.connect", "[method]udp-socket.send", "[method]udp-socket.receive"] {
        types.func_new_concurrent(name, |_, _, _, _| Box::pin(async { Err(wasmtime::Error::msg(NONE)) }))?;
    }
    types.func_wrap("[static]tcp-socket.create", |_, _: (third::IpAddressFamily,)| {
        Ok((Err::<Resource<TcpSocket>, _>(third::ErrorCode::AccessDenied),))
    })?;
    types.func_wrap("[static]udp-socket.create", |_, _: (third::IpAddressFamily,)| {
        Ok((Err::<Resource<UdpSocket>, _>(third::ErrorCode::AccessDenied),))
    })?;
    let mut names = linker.instance("wasi:sockets/ip-name-lookup@0.3.0")?;
    names.func_wrap_concurrent("resolve-addresses", |_, _: (String,)| {
        Box::pin(async { Ok((Err::<Vec<third::IpAddress>, _>(lookup::ErrorCode::PermanentResolverFailure),)) })
    })
}

/// Adds a resource that is never made, and its methods, which are never called.
fn add_resource<T: 'static, R: 'static>(
    interface: &mut LinkerInstance<'_, T>,
    name: &str,
    methods: &[&str],
) -> wasmtime::Result<()> {
    interface.resource(name, ResourceType::host::<R>(), |_, _| Ok(()))?;
    for method in methods {
        interface.func_new(&format!("[method]{name}.{method}"), |_, _, _, _| Err(wasmtime::Error::msg(NONE)))?;
    }
    Ok(())
}
