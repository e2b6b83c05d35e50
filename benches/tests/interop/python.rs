//! kafka-python's producer, from a folder of its own that pip fills once.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PACKAGE: &str = "kafka-python==3.0.12";

/// Writes a record for each value, with a key, and waits for all of them.
const SCRIPT: &str = r#"
import sys
from kafka import KafkaProducer
servers, topic, compression = sys.argv[1:4]
producer = KafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=5,
                         compression_type=None if compression == "none" else compression)
sent = [producer.send(topic, key=b"key-%d" % i, value=line.rstrip("\n").encode(), partition=0,
                      headers=[("trace", b"%d" % i)])
        for i, line in enumerate(sys.stdin)]
producer.flush(20)
for future in sent:
    future.get(timeout=20)
"#;

/// The Python that has the package, or why there is none.
pub(crate) fn python() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(PACKAGE);
    let python = folder.join("bin/python");
    if has_package(&python) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]))?;
    Ok(python)
}

fn has_package(python: &Path) -> bool {
    Command::new(python).args(["-c", "import kafka"]).output().is_ok_and(|output| output.status.success())
}

/// Writes the values, a line each.
pub(crate) fn produce(python: &Path, servers: &str, topic: &str, compression: &str, values: &[String]) {
    let input = std::env::temp_dir().join(format!("kafka-sdk-interop-{}-{topic}", std::process::id()));
    std::fs::write(&input, values.join("\n")).unwrap();
    let mut command = Command::new(python);
    command.args(["-c", SCRIPT, servers, topic, compression]).stdin(std::fs::File::open(&input).unwrap());
    let outcome = run(&mut command);
    std::fs::remove_file(&input).unwrap();
    outcome.unwrap();
}

fn run(command: &mut Command) -> Result<Output, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("no `{name}`: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{name}: {}", said.trim().lines().last().unwrap_or("without a word")))
}
