//! C and C++: makes bindings of the plugin's world, compiles with `zig cc`, and makes a component from the module.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use wit_bindgen_core::{AsyncFilterSet, Files};

use super::{
    BUILD, Context, Steps, component, failed,
    project::{self, Project},
    tool::{self, Tool},
    venv,
    world::World,
};
use crate::{
    exit::Exit,
    failure::{Failure, Result},
};

/// The pip packages of the compiler.
const PINS: &str = include_str!("../../toolchain/ziglang.txt");
/// Its version, as in the pins.
const ZIG: &str = "0.17.1";

/// The flags of all compilations.
const FLAGS: [&str; 5] = ["-target", "wasm32-wasi", "-mexec-model=reactor", "-O2", "-s"];
/// The flags of plugins with C++ sources, which need its library and have no exceptions; C is C17 there too, the compiler's default.
const WITH_CPP: [&str; 3] = ["-fno-exceptions", "-fno-rtti", "-lc++"];
/// The flag of all other plugins.
const C_ALONE: &str = "-std=c17";
/// The file extensions of C++ sources.
const CPP: [&str; 3] = ["cc", "cpp", "cxx"];
/// The warnings for files that people wrote.
const WARNINGS: [&str; 2] = ["-Wall", "-Wextra"];

/// The folder of the bindings in `build`.
const BINDINGS: &str = "bindings";
/// The world's name in the bindings, whatever its own name is: the SDK includes `plugin.h`.
const WORLD: &str = "plugin";

/// The build steps for C and C++.
pub(super) struct C {
    zig: Tool,
    /// The compiler's cache, with its compiled C library.
    cache: PathBuf,
}

impl C {
    /// Finds the compiler, and installs it if it is missing.
    pub(super) fn find(context: &Context) -> Result<Self> {
        let install = |dir: &Path| venv::install(&venv::any_python()?, dir, PINS);
        let dir = context.toolchains.provide(context, &format!("zig {ZIG}"), PINS, install)?;
        let path = venv::package(&dir, "ziglang")?.join(if cfg!(windows) { "zig.exe" } else { "zig" });
        let zig = Tool { name: "zig", version: ZIG.to_owned(), path };
        Ok(Self { zig, cache: context.toolchains.cache("zig")? })
    }

    /// Compiles a plugin with its SDK and bindings to a module.
    fn compile(&self, project: &Project, bindings: &Path, module: &Path) -> Result<()> {
        let [source, object] = ["c", "o"].map(|ending| bindings.join(format!("{WORLD}.{ending}")));
        // Users cannot fix warnings of generated code.
        tool::compile(self.command(project)?.args([C_ALONE, "-w", "-c"]).arg(source).arg("-o").arg(&object))?;
        let sources = sources(project)?;
        let mut link = self.command(project)?;
        if sources.iter().any(|source| ends_with(source, &CPP)) {
            link.args(WITH_CPP)
        } else {
            link.arg(C_ALONE)
        };
        link.args(WARNINGS).args(sources).arg(object);
        link.arg(bindings.join(format!("{WORLD}_component_type.o"))).arg("-o").arg(module);
        tool::compile(&mut link)
    }

    /// Returns the compiler's command with the flags for all files. It runs in the project's directory, so that the module contains
    /// only relative paths of it.
    fn command(&self, project: &Project) -> Result<Command> {
        let sdk = project.sdk()?;
        let sdk = sdk.strip_prefix(&project.dir).unwrap_or(&sdk);
        let mut zig = self.zig.command();
        zig.current_dir(&project.dir);
        zig.env("ZIG_GLOBAL_CACHE_DIR", &self.cache).env("ZIG_LOCAL_CACHE_DIR", self.cache.join("local"));
        zig.arg("cc").args(FLAGS).arg("-I").arg(sdk).arg(format!("-I{BUILD}/{BINDINGS}"));
        Ok(zig)
    }
}

impl Steps for C {
    fn tools(&self) -> Vec<&Tool> {
        vec![&self.zig]
    }

    fn build(&self, context: &Context, project: &Project, made: &Path) -> Result<()> {
        let bindings = project.scratch(BINDINGS)?;
        generate(&World::read(project, &project.dir.join(project::WORLD))?, &bindings)?;
        let module = bindings.join("plugin.core.wasm");
        let _progress = context.begin(format!("Compiling {}", project.name));
        self.compile(project, &bindings, &module)?;
        component::encode(&module, made)
    }
}

/// Writes the bindings of a world: a source, its header, and an object that contains the world. All functions are synchronous.
fn generate(world: &World, dir: &Path) -> Result<()> {
    let async_ = AsyncFilterSet::all(false);
    let options = wit_bindgen_c::Opts { rename_world: Some(WORLD.to_owned()), async_, ..Default::default() };
    let mut files = Files::default();
    let generated = options.build().generate(&mut world.resolve.clone(), world.id, &mut files);
    generated.map_err(|error| Failure::new(Exit::Component, format!("plugin.wit has no bindings for C: {error:#}")))?;
    for (name, text) in files.iter() {
        let path = dir.join(name);
        fs::write(&path, text).map_err(|error| failed(&path, "cannot be written", &error))?;
    }
    Ok(())
}

/// Returns the sources of a plugin and its SDK, relative to the project's directory.
fn sources(project: &Project) -> Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for folder in [project.dir.clone(), project.dir.join("src"), project.sdk()?.join("src")] {
        let found = in_folder(&folder).map_err(|error| failed(&folder, "cannot be read", &error))?;
        let folder = folder.strip_prefix(&project.dir).unwrap_or(&folder);
        sources.extend(found.into_iter().map(|file| folder.join(file)));
    }
    if sources.iter().all(|source| source.starts_with("sdk") || source.is_absolute()) {
        return Err(Failure::new(Exit::Usage, format!("{} has no C source", project.dir.display()))
            .help("a plugin's sources are *.c and src/*.c in its project, or .cpp, .cc, .cxx"));
    }
    Ok(sources)
}

/// Returns the sorted names of the sources in a directory; none where it does not exist.
fn in_folder(dir: &Path) -> io::Result<Vec<PathBuf>> {
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let names: io::Result<Vec<PathBuf>> =
        fs::read_dir(dir)?.map(|entry| Ok(PathBuf::from(entry?.file_name()))).collect();
    let mut names = names?;
    names.retain(|name| ends_with(name, &["c"]) || ends_with(name, &CPP));
    names.sort();
    Ok(names)
}

/// Whether a file has one of these extensions.
fn ends_with(file: &Path, endings: &[&str]) -> bool {
    file.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known))
}
