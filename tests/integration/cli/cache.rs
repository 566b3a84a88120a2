//! The command's cache of compiled plugins: its directory, and the cases without a cache.

use std::{fs, path::Path, process::Command};

use super::{Place, Ran, TALKER};

/// Counts the compiled plugins in a directory.
fn kept(directory: &Path) -> usize {
    fs::read_dir(directory).map_or(0, Iterator::count)
}

/// Runs a plugin with these variables and no other setting for the cache's directory.
fn run(place: &Place, arguments: &[&str], variables: &[(&str, &Path)]) -> Ran {
    let mut command: Command = place.command(&[&["run", TALKER, "add", "1", "2"], arguments].concat());
    command.env_remove("SQLSERVICE_CACHE").env_remove("XDG_CACHE_HOME").env_remove("HOME");
    command.envs(variables.iter().copied());
    Ran::of(&mut command)
}

#[test]
fn a_plugin_is_compiled_once() {
    let place = Place::new();
    let cache = place.path().join("cache");
    let said = cache.to_str().expect("UTF-8");
    run(&place, &["--cache-dir", said], &[]).prints("3");
    let file = fs::read_dir(&cache).expect("a cache").next().expect("an entry").expect("an entry").path();
    let made = fs::metadata(&file).and_then(|file| file.created()).expect("a file");
    run(&place, &["--cache-dir", said], &[]).prints("3");
    assert_eq!(kept(&cache), 1);
    assert_eq!(fs::metadata(&file).and_then(|file| file.created()).expect("a file"), made);
    assert_eq!(place.sqlservice(&["inspect", TALKER, "--cache-dir", said]).code, 0);
    assert_eq!(kept(&cache), 1);
    // A damaged entry is ignored.
    fs::write(&file, "sqlservice-code1 and then nothing").expect("it is written");
    let ran = run(&place, &["--cache-dir", said], &[]);
    assert_eq!((ran.code, ran.out.trim_end()), (0, "3"), "{}", ran.err);
}

#[test]
fn it_is_kept_where_caches_are() {
    let place = Place::new();
    let [home, xdg, own] = ["home", "xdg", "own"].map(|name| place.path().join(name));
    run(&place, &[], &[("HOME", &home)]).prints("3");
    let in_home = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    assert_eq!(kept(&home.join(in_home).join("sqlservice/components")), 1);
    run(&place, &[], &[("HOME", &home), ("SQLSERVICE_CACHE", &own), ("XDG_CACHE_HOME", &xdg)]).prints("3");
    assert_eq!((kept(&own), xdg.exists()), (1, false));
    if !cfg!(target_os = "macos") {
        run(&place, &[], &[("HOME", &home), ("XDG_CACHE_HOME", &xdg)]).prints("3");
        assert_eq!(kept(&xdg.join("sqlservice/components")), 1);
    }
}

#[test]
fn it_is_kept_nowhere_where_nothing_is_wanted() {
    let place = Place::new();
    let home = place.path().join("home");
    run(&place, &["--no-cache"], &[("HOME", &home)]).prints("3");
    run(&place, &[], &[("HOME", &home), ("SQLSERVICE_CACHE", Path::new(""))]).prints("3");
    run(&place, &[], &[]).prints("3");
    // A relative path would be a different directory for each working directory.
    run(&place, &[], &[("XDG_CACHE_HOME", Path::new("here"))]).prints("3");
    assert!(!home.exists() && !place.path().join("here").exists());
    run(&place, &["--no-cache", "--cache-dir", "here"], &[]).fails(2, &["--no-cache"]);
}

#[test]
fn what_a_plugin_may_write_is_no_place_for_it() {
    let place = Place::new();
    let home = place.path().join("home");
    fs::create_dir(&home).expect("a directory");
    let granted = format!("{}::/home", home.display());
    // A directory that was named explicitly is refused, with advice.
    let cache = home.join("cache");
    let named = ["--cache-dir", cache.to_str().expect("UTF-8"), "--dir-rw", &granted];
    run(&place, &named, &[]).fails(2, &["plugins may write", "--no-cache"]);
    // The default directory is not used, without an error.
    run(&place, &["--dir-rw", &granted], &[("HOME", &home)]).prints("3");
    assert_eq!(kept(&home.join(".cache/sqlservice/components")), 0);
    place.file("plain", "no directory");
    run(&place, &["--cache-dir", "plain"], &[]).fails(2, &["plain", "--no-cache"]);
    run(&place, &[], &[("HOME", &place.path().join("plain"))]).prints("3");
}
