//! Every input that the fuzzers have kept, once more: `fuzz/README.md` says how they are found and how one is added.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test")]

#[path = "../../fuzz/src/cases.rs"]
#[allow(unreachable_pub, reason = "shared with the fuzz targets")]
mod cases;
#[path = "../../fuzz/src/targets/mod.rs"]
#[allow(unreachable_pub, reason = "shared with the fuzz targets")]
mod targets;

use std::panic::catch_unwind;

#[test]
fn every_case_that_the_fuzzers_kept_is_handled() {
    for (name, target) in targets::TARGETS {
        let file = cases::file(name);
        let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let inputs = cases::parse(&text).unwrap_or_else(|line| panic!("{name}.hex:{line}: not hex digits"));
        assert!(!inputs.is_empty(), "{name}.hex has no cases");
        for (line, input) in &inputs {
            assert!(
                catch_unwind(|| target(input)).is_ok(),
                "fuzz/cases/{name}.hex:{line}: see the panic above"
            );
        }
        println!("{name}: {} inputs", inputs.len());
    }
}
