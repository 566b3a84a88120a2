//! WASI as plugins find it: all of it but the network.

use wasmtime::component::Linker;
use wasmtime_wasi::{
    cli::{WasiCli, WasiCliView as _},
    filesystem::{WasiFilesystem, WasiFilesystemView as _},
    p2::{
        self,
        bindings::{cli, filesystem, random},
    },
    p3,
    random::{WasiRandom, WasiRandomView as _},
};

use crate::{sockets, state::InstanceState};

type Plugins = Linker<InstanceState>;

/// Adds versions 0.2, which guest toolchains of today import, and 0.3, whose timers the contract brings. Files, variables, arguments
/// and input are linked for all, as toolchains import them for each program; a tenant that was granted none finds none.
pub(crate) fn add_to_linker(linker: &mut Plugins) -> wasmtime::Result<()> {
    // Streams, clocks, random numbers, and the standard streams.
    p2::add_to_linker_proxy_interfaces_async(linker)?;
    add_the_process(linker)?;
    filesystem::types::add_to_linker::<_, WasiFilesystem>(linker, InstanceState::filesystem)?;
    filesystem::preopens::add_to_linker::<_, WasiFilesystem>(linker, InstanceState::filesystem)?;
    random::insecure::add_to_linker::<_, WasiRandom>(linker, InstanceState::random)?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, InstanceState::random)?;
    p3::cli::add_to_linker(linker)?;
    p3::clocks::add_to_linker(linker)?;
    p3::filesystem::add_to_linker(linker)?;
    p3::random::add_to_linker(linker)?;
    sockets::add_to_linker(linker)
}

/// What a process has in WASI 0.2 besides its streams.
fn add_the_process(linker: &mut Plugins) -> wasmtime::Result<()> {
    cli::environment::add_to_linker::<_, WasiCli>(linker, InstanceState::cli)?;
    cli::exit::add_to_linker::<_, WasiCli>(linker, InstanceState::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(linker, InstanceState::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(linker, InstanceState::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(linker, InstanceState::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(linker, InstanceState::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(linker, InstanceState::cli)
}
