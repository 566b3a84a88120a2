//! The WASI interfaces for plugins: all but the network.

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

/// Adds WASI 0.2, which today's guest toolchains import, and 0.3, whose timers the contract uses. Files, environment variables,
/// arguments and input are linked for all guests, as toolchains import them for each program; without a grant they are empty.
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

/// Adds the process interfaces of WASI 0.2, except for the streams.
fn add_the_process(linker: &mut Plugins) -> wasmtime::Result<()> {
    cli::environment::add_to_linker::<_, WasiCli>(linker, InstanceState::cli)?;
    cli::exit::add_to_linker::<_, WasiCli>(linker, InstanceState::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(linker, InstanceState::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(linker, InstanceState::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(linker, InstanceState::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(linker, InstanceState::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(linker, InstanceState::cli)
}
