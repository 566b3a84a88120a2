//! Builds every guest and plugin once, as a component, and names the files in `component.rs`.
//!
//! They go to a target directory of their own (`target/guests`), as cargo holds a lock on the one that it builds into.
//! `SQLSERVICE_GUESTS` names another one, for several working trees that share a target directory.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// The target that guests are compiled to.
const TARGET: &str = "wasm32-wasip2";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Guest {
    package: String,
    /// How it is compiled.
    profile: &'static str,
    is_component: bool,
}

fn main() -> Result<()> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).parent().ok_or("the workspace has no root")?.to_owned();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // OUT_DIR is target/profile/build/package-hash/out.
    let target = match env::var_os("SQLSERVICE_GUESTS") {
        Some(dir) => dir.into(),
        None => out.ancestors().nth(4).ok_or("OUT_DIR is in no target directory")?.join("guests"),
    };
    for variable in ["SQLSERVICE_GUESTS", "RUSTC_WORKSPACE_WRAPPER", "CLIPPY_ARGS"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let mut guests = Vec::new();
    for rooms in ["plugins", "tests/guests", "tests/languages"] {
        guests.extend(guests_in(&root.join(rooms))?);
    }
    // A guest that comes is a member of the workspace, and one in another language is none of ours.
    for source in ["guest-sdk/rust", "wit", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml"] {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let components: Vec<&Guest> = guests.iter().filter(|guest| guest.is_component).collect();
    check_target(&root)?;
    // Beside each other: what ends with one long step leaves the other processors to the other profile.
    let running = ["guest", "probe"].map(|profile| {
        let of_profile: Vec<&str> =
            components.iter().filter(|guest| guest.profile == profile).map(|guest| guest.package.as_str()).collect();
        start(&root, &target, profile, &of_profile)
    });
    for build in running {
        end(build?)?;
    }
    fs::write(out.join("component.rs"), constants(&target, &components)?)?;
    Ok(())
}

fn guests_in(room: &Path) -> Result<Vec<Guest>> {
    let mut guests = Vec::new();
    for entry in fs::read_dir(room)? {
        let dir = entry?.path();
        let Ok(manifest) = fs::read_to_string(dir.join("Cargo.toml")) else { continue };
        println!("cargo::rerun-if-changed={}", dir.display());
        let name = manifest.lines().find_map(|line| line.strip_prefix("name = ")).ok_or("a package has no name")?;
        let package = name.trim().trim_matches('"').to_owned();
        let is_component = manifest.contains("cdylib");
        if !is_component {
            println!("cargo::warning={package} is no component: its Cargo.toml has no crate-type = [\"cdylib\"]");
        }
        // What is measured, or run many times, is compiled as people compile it; the others faster.
        let is_measured = room.ends_with("plugins") || manifest.contains("profile = \"guest\"");
        guests.push(Guest { package, profile: if is_measured { "guest" } else { "probe" }, is_component });
    }
    guests.sort_by(|a, b| a.package.cmp(&b.package));
    Ok(guests)
}

/// Begins to build guests of one profile. Their code is checked where ours is: clippy compiles them, too, if it does us.
fn start(root: &Path, target: &Path, profile: &str, packages: &[&str]) -> Result<Child> {
    let mut command = clean(Command::new(env::var("CARGO")?));
    command
        .current_dir(root)
        .args(["build", "--lib", "--target", TARGET, "--profile", profile, "--target-dir"])
        .arg(target);
    for package in packages {
        command.args(["--package", package]);
    }
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?)
}

fn end(build: Child) -> Result<()> {
    let output = build.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("the guests cannot be built:\n{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(())
}

fn check_target(root: &Path) -> Result<()> {
    let mut command = clean(Command::new("rustc"));
    let output = command.current_dir(root).args(["--print", "target-libdir", "--target", TARGET]).output()?;
    if !Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir() {
        let help = format!("`rustup target add {TARGET}`, or `cargo xtask test install`");
        return Err(
            format!("Rust's target {TARGET} is not installed, so no guest can be built; install it by {help}").into()
        );
    }
    Ok(())
}

/// A command that knows nothing of the build that runs this script but whether clippy is its compiler: not its target, nor its
/// flags.
fn clean(mut command: Command) -> Command {
    const KEPT: [&str; 3] = ["CARGO_HOME", "CARGO_NET_OFFLINE", "CARGO_MAKEFLAGS"];
    const OTHERS: [&str; 10] =
        ["RUSTC", "RUSTDOC", "RUSTFLAGS", "RUSTDOCFLAGS", "TARGET", "HOST", "PROFILE", "OPT_LEVEL", "DEBUG", "OUT_DIR"];
    for (name, _) in env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let of_cargo = text.starts_with("CARGO_") && !KEPT.contains(&text) && !text.starts_with("CARGO_REGISTR");
        if of_cargo || text == "CARGO" || OTHERS.contains(&text) {
            command.env_remove(&name);
        }
    }
    command
}

fn constants(target: &Path, guests: &[&Guest]) -> Result<String> {
    let mut text = String::new();
    for guest in guests {
        let file = format!("{}.wasm", guest.package.replace('-', "_"));
        let path = target.join(TARGET).join(guest.profile).join(file);
        if !path.is_file() {
            return Err(format!("{} was built, but there is no {}", guest.package, path.display()).into());
        }
        let name = guest.package.replace('-', "_").to_uppercase();
        writeln!(
            text,
            "/// The component of `{}`.\npub const {name}: &str = {:?};",
            guest.package,
            path.display().to_string()
        )?;
    }
    writeln!(text, "/// All of them: package and file.\npub const ALL: &[(&str, &str)] = &[")?;
    for guest in guests {
        writeln!(text, "    ({:?}, {}),", guest.package, guest.package.replace('-', "_").to_uppercase())?;
    }
    text.push_str("];\n");
    Ok(text)
}
