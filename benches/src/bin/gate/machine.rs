//! Where and when: without it a figure says nothing.

use crate::arguments::Arguments;
use crate::programs::Programs;
use std::fs::read_to_string;
use std::process::Command;

/// Lines in front of the table.
pub(super) fn describe(arguments: &Arguments, programs: &Programs) -> Vec<String> {
    let cpus = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |name: &str| {
        let line = cpus.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split(':').nth(1)).map_or("unknown", str::trim).to_owned()
    };
    let wide = ["avx512f", "avx2"].into_iter().find(|flag| value("flags").contains(flag)).unwrap_or("no AVX");
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    let mut lines = vec![
        format!(
            "Measured on {}: {} ({wide}), {cores} processors, Linux {}; {}, {}, release builds. Load when it began: {load}.",
            said("date", &["+%F"]),
            value("model name"),
            said("uname", &["-r"]),
            said("rustc", &["--version"]),
            said("go", &["version"]),
        ),
        format!(
            "Values of 100 B, acks=all, idempotent, no compression, checksums checked. Client on core {}, null broker on core {}; {} runs of \
             {} s each after {} s, fresh processes, there and back.",
            arguments.client_core,
            arguments.broker_core,
            arguments.rounds(),
            arguments.seconds(),
            arguments.warm_up(),
        ),
    ];
    if arguments.is_quick() {
        lines.push("**A quick run: nothing to be quoted.**".into());
    }
    if load.parse().unwrap_or(0.0) > 0.5 {
        lines.push("**Other work ran on the machine: only a hint.**".into());
    }
    lines.extend(programs.missing().map(|(name, why)| format!("**Without {name}: {why}**")));
    lines
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(|_| format!("no {program}"), |o| String::from_utf8_lossy(&o.stdout).trim().to_owned())
}
