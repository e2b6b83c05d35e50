//! Java's own classes, run by `java/Batches.java`, which says what goes in and out.

use crate::peer::{Batch, Peer};
use bytes::{Buf, BufMut, Bytes};
use kafka_sdk_benches::Record;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::{env, fs, io, thread};

const JAVA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/java");
const POM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../kafka-sdk-protocol/golden/pom.xml");
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

pub(crate) struct Java {
    jars: &'static Path,
}

impl Java {
    /// `None`, and a line past the test harness, where the machine lacks what it takes.
    ///
    /// # Panics
    /// If `KAFKA_SDK_TEST_BROKERS=all` forbids that.
    pub(crate) fn here(test: &str) -> Option<Self> {
        if let Some(program) = ["java", "mvn"].into_iter().find(|program| !runs(program)) {
            let all = env::var_os("KAFKA_SDK_TEST_BROKERS").is_some_and(|value| value == "all");
            assert!(
                !all,
                "{test} cannot be left out, because KAFKA_SDK_TEST_BROKERS=all: no `{program}` in PATH"
            );
            let _ = writeln!(io::stderr(), "left out: {test}: no `{program}` in PATH");
            return None;
        }
        static JARS: OnceLock<PathBuf> = OnceLock::new();
        Some(Self { jars: JARS.get_or_init(jars) })
    }

    /// As [`Peer::write`], the way a broker rewrites a batch of a topic with `LogAppendTime`.
    pub(crate) fn write_at(&self, log_append_time: i64, batches: &[Batch]) -> Vec<Bytes> {
        let mut input = Vec::new();
        for batch in batches {
            put_bytes(&mut input, Some(batch.codec.name().as_bytes()));
            input.put_i64(log_append_time);
            put_records(&mut input, &batch.records);
        }
        let mut output = self.run("write", &input);
        batches.iter().map(|_| get_bytes(&mut output).unwrap()).collect()
    }

    fn run(&self, what: &str, input: &[u8]) -> Bytes {
        let mut java = Command::new("java")
            .args(["-XX:TieredStopAtLevel=1", "-cp", &format!("{}/*", self.jars.display())])
            .args([&format!("{JAVA}/Batches.java"), what])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = java.stdin.take().unwrap();
        let output = thread::scope(|scope| {
            // If it ends early, its exit status says so.
            scope.spawn(move || stdin.write_all(input));
            java.wait_with_output().unwrap()
        });
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout.into()
    }
}

impl Peer for Java {
    fn write(&self, batches: &[Batch]) -> Vec<Bytes> {
        self.write_at(-1, batches)
    }

    fn read(&self, batches: &[Bytes]) -> Vec<Vec<Record>> {
        let mut input = Vec::new();
        batches.iter().for_each(|batch| put_bytes(&mut input, Some(batch)));
        let mut output = self.run("read", &input);
        batches.iter().map(|_| get_records(&mut output)).collect()
    }
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("-version").output().is_ok()
}

/// The jars of kafka-clients and of the codecs that it takes: fetched once, and complete once the folder is there.
fn jars() -> PathBuf {
    let jars = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kafka-clients-4.4.0");
    if jars.exists() {
        return jars;
    }
    let fetched = jars.with_extension(std::process::id().to_string());
    let maven = Command::new("mvn")
        .args(["-B", "-q", "-Dkafka.version=4.4.0", "-f", POM, COPY])
        .arg(format!("-DoutputDirectory={}", fetched.display()))
        .output()
        .unwrap();
    assert!(maven.status.success(), "{}", String::from_utf8_lossy(&maven.stdout));
    fs::rename(fetched, &jars).unwrap();
    jars
}

fn put_records(to: &mut Vec<u8>, records: &[Record]) {
    to.put_i32(records.len() as i32);
    for record in records {
        to.put_i64(record.offset);
        to.put_i64(record.timestamp);
        put_bytes(to, record.key.as_deref());
        put_bytes(to, record.value.as_deref());
        to.put_i32(record.headers.len() as i32);
        for (name, value) in &record.headers {
            put_bytes(to, Some(name.as_bytes()));
            put_bytes(to, value.as_deref());
        }
    }
}

fn get_records(from: &mut Bytes) -> Vec<Record> {
    let header = |from: &mut Bytes| {
        let name = get_bytes(from).unwrap();
        (String::from_utf8(name.into()).unwrap(), get_bytes(from).map(Vec::from))
    };
    let record = |from: &mut Bytes| Record {
        offset: from.get_i64(),
        timestamp: from.get_i64(),
        key: get_bytes(from).map(Vec::from),
        value: get_bytes(from).map(Vec::from),
        headers: (0..from.get_i32()).map(|_| header(from)).collect(),
    };
    (0..from.get_i32()).map(|_| record(from)).collect()
}

fn put_bytes(to: &mut Vec<u8>, bytes: Option<&[u8]>) {
    to.put_i32(bytes.map_or(-1, |bytes| bytes.len() as i32));
    to.put_slice(bytes.unwrap_or_default());
}

fn get_bytes(from: &mut Bytes) -> Option<Bytes> {
    let length = usize::try_from(from.get_i32()).ok()?;
    Some(from.split_to(length))
}
