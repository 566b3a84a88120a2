//! Compiles components in a process of its own, which can be killed, so that compiling is bounded in time and memory.

use std::{
    env,
    ffi::OsString,
    io::{self, Read as _, Write as _},
    path::PathBuf,
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use crate::{
    engine::engine_to_compile,
    error::{Error, Result},
};

/// The first argument of a process that only compiles a component.
const MARK: &str = "--sqlservice-compile-component";

/// The kinds of a reply, its first byte: machine code or an error message follows.
const CODE: u8 = 0;
const REFUSED: u8 = 1;

/// The bytes of a reply's header: its kind, and the length of the rest. A truncated reply must never be taken for code.
const HEAD: usize = 9;

/// The most bytes of a reply, which the host reads into its own memory.
const MOST_CODE: u64 = 512 << 20;

/// The most characters of the compiler's error message for a component that it refuses.
const MESSAGE: usize = 4 << 10;

/// A program that compiles components for an [`Engine`](crate::Engine), one at a time, each in a process of its own.
///
/// A small component can keep the compiler busy for minutes and fill gigabytes. A thread cannot be stopped then, a process can. It gets
/// the component, and nothing of the host's environment but `LD_LIBRARY_PATH`. It is killed when its time is over. On Unix the system
/// also ends it when it computes for too long or takes more memory.
#[derive(Clone, Debug)]
pub struct CompileProcess {
    program: PathBuf,
    time: Duration,
    memory: u64,
    turn: Arc<Mutex<()>>,
}

impl CompileProcess {
    /// Uses a program that calls [`serve_compile_process`] before all else, and was built with this version of this crate. Compiling a
    /// component may take 60 seconds and 2 GiB.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), time: Duration::from_secs(60), memory: 2 << 30, turn: Arc::default() }
    }

    /// Uses the running program, which has to call [`serve_compile_process`] before all else.
    ///
    /// # Errors
    /// When the system does not provide the program's path.
    pub fn this_program() -> io::Result<Self> {
        Ok(Self::new(env::current_exe()?))
    }

    /// Sets the processor time for compiling a component, in whole seconds of all processors together. The wall-clock limit is four
    /// times as long, as the process runs at a low priority.
    #[must_use]
    pub fn time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// Sets how many bytes of memory compiling a component may take.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// Compiles a component to the bytes that [`wasmtime::component::Component::serialize`] returns.
    pub(crate) fn compile(&self, component: &[u8]) -> Result<Vec<u8>> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let (answer, in_time) =
            self.ask(component).map_err(|source| Error::CompileProcess { program: self.program.clone(), source })?;
        match whole(&answer) {
            Some((CODE, code)) if in_time => Ok(code.to_vec()),
            Some((REFUSED, said)) if in_time => {
                let said = String::from_utf8_lossy(said).into_owned();
                Err(Error::Unusable(wasmtime::Error::msg(said)))
            }
            _ if in_time => Err(Error::TooComplex(format!(
                "takes more than {} MiB to compile, or breaks the compiler",
                self.memory >> 20
            ))),
            _ => Err(Error::TooComplex(format!("takes longer than {:?} to compile", self.time))),
        }
    }

    /// Returns the process's reply, and whether it came in time.
    fn ask(&self, component: &[u8]) -> io::Result<(Vec<u8>, bool)> {
        let mut process = Process::start(&self.program, self.arguments())?;
        let (input, output) = (process.child.stdin.take(), process.child.stdout.take());
        let mut answer = Vec::new();
        let in_time = thread::scope(|scope| {
            // The process may end before it has read its whole input.
            let write = scope.spawn(move || input.map(|mut input| input.write_all(component)));
            let (done, ended) = mpsc::channel::<()>();
            let process = &mut process;
            let watch = scope.spawn(move || {
                let in_time = ended.recv_timeout(self.time.saturating_mul(4)) != Err(RecvTimeoutError::Timeout);
                process.end().is_none_or(|status| !is_out_of_time(status)) && in_time
            });
            let read = output.map(|output| output.take(MOST_CODE).read_to_end(&mut answer));
            drop(done);
            drop(write.join());
            read.transpose().map(|_| watch.join().unwrap_or(false))
        })?;
        Ok((answer, in_time))
    }

    fn arguments(&self) -> [OsString; 3] {
        let seconds = self.time.as_secs().max(1);
        [MARK.into(), self.memory.to_string().into(), seconds.to_string().into()]
    }
}

/// A child process, which is killed when this value is dropped.
struct Process {
    child: Child,
}

impl Process {
    fn start(program: &PathBuf, arguments: [OsString; 3]) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // The search path of the dynamic loader for libraries.
        command.envs(env::var_os("LD_LIBRARY_PATH").map(|path| ("LD_LIBRARY_PATH", path)));
        Ok(Self { child: command.spawn()? })
    }

    /// Kills the process and returns its exit status.
    fn end(&mut self) -> Option<ExitStatus> {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        ended.inspect_err(|error| tracing::debug!(%error, "a process that compiles could not be ended")).ok()
    }
}

/// Splits a reply into its kind and the rest; `None` where its length is not the announced one.
fn whole(answer: &[u8]) -> Option<(u8, &[u8])> {
    let (head, rest) = answer.split_first_chunk::<HEAD>()?;
    let (kind, length) = head.split_first()?;
    let length = u64::from_le_bytes(length.try_into().ok()?);
    (u64::try_from(rest.len()) == Ok(length)).then_some((*kind, rest))
}

/// Whether the system ended the process at its limit of processor time.
#[cfg(unix)]
fn is_out_of_time(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal() == Some(rustix::process::Signal::XCPU.as_raw())
}

#[cfg(not(unix))]
fn is_out_of_time(_: ExitStatus) -> bool {
    false
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Compiles a component and exits, where a [`CompileProcess`] started this program for that; returns at once otherwise. Call it first
/// in `main`.
pub fn serve_compile_process() {
    let mut arguments = env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != MARK) {
        return;
    }
    let numbers: Vec<u64> = arguments.filter_map(|number| number.to_str()?.parse().ok()).collect();
    let code = match numbers.as_slice() {
        &[data, seconds] => {
            limit(data, seconds);
            answer()
        }
        _ => ExitCode::FAILURE,
    };
    // Exits without running anything that the program has set up before.
    std::process::exit(i32::from(code != ExitCode::SUCCESS));
}

/// Reads a component and writes its machine code, or an error message.
fn answer() -> ExitCode {
    let compiled = read().and_then(|component| engine_to_compile()?.precompile_component(&component));
    let (kind, bytes) = match compiled {
        Ok(code) => (CODE, code),
        Err(error) => {
            let said: String = format!("{error:#}").chars().take(MESSAGE).collect();
            (REFUSED, said.into_bytes())
        }
    };
    let mut output = io::stdout().lock();
    let mut head = vec![kind];
    head.extend((bytes.len() as u64).to_le_bytes());
    match output.write_all(&head).and_then(|()| output.write_all(&bytes)).and_then(|()| output.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn read() -> wasmtime::Result<Vec<u8>> {
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component)?;
    Ok(component)
}

/// Sets limits at which the system ends this process, and lowers its priority.
#[cfg(unix)]
fn limit(data: u64, seconds: u64) {
    use rustix::process::{Resource, Rlimit, nice, setrlimit};
    // At the soft time limit the process gets SIGXCPU, which its parent sees in the exit status; at the hard limit it is killed.
    let limits =
        [(Resource::Data, data, data), (Resource::Cpu, seconds, seconds.saturating_add(5)), (Resource::Core, 0, 0)];
    for (resource, current, maximum) in limits {
        if setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) }).is_err() {
            // Without its limits the process compiles nothing.
            std::process::exit(1);
        }
    }
    // A process that may not lower its priority compiles all the same.
    let _ = nice(10);
}

#[cfg(not(unix))]
fn limit(_: u64, _: u64) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t08_an_answer_that_was_cut_off_is_none() {
        let answer = [&[CODE][..], &3_u64.to_le_bytes(), b"abc"].concat();
        assert_eq!(whole(&answer), Some((CODE, &b"abc"[..])));
        for end in 0..answer.len() {
            assert_eq!(whole(&answer[..end]), None, "{end} bytes");
        }
        assert_eq!(whole(&[&answer[..], b"d"].concat()), None);
    }
}
