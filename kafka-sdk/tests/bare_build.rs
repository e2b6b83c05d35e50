//! Without default features the crate builds no C, and few crates.
//!
//! When this fails, a new dependency brought a C compiler or many crates of its own: look for another, or put it behind a
//! feature.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::process::Command;

/// Crates that compile or link C.
const BUILDS_C: &[&str] = &["cc", "cmake", "bindgen", "pkg-config", "vcpkg", "autocfg-c", "nasm-rs"];
/// Bindings to the operating system: named like C libraries, and Rust through and through.
const NOT_C: &[&str] = &["linux-raw-sys", "windows-sys", "wasi", "js-sys", "web-sys"];
const MOST_CRATES: usize = 40;

#[test]
fn the_bare_build_has_no_c_and_few_crates() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "-p", "kafka-sdk", "--no-default-features", "-e", "normal,build", "--prefix", "none"])
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8(tree.stdout).unwrap();
    let crates: BTreeSet<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    let binds = |name: &str| name.ends_with("-sys") && !NOT_C.contains(&name);
    let c: Vec<_> = crates.iter().filter(|name| BUILDS_C.contains(name) || binds(name)).collect();
    assert!(crates.contains("tokio"), "the list was not understood: {text}");
    assert_eq!(c, Vec::<&&str>::new());
    assert!(crates.len() < MOST_CRATES, "{} crates: {crates:?}", crates.len());
}
