//! Renews `golden/`: what Java writes, and what Java says to what we write. See `golden/README.md`.

use crate::{Error, Result};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The releases whose bytes are compared.
const NEW: &str = "4.4.0";
const OLD: &str = "3.3.2";

/// A unit test of the client reads this one, as the partitioner is private.
const PARTITIONS: &str = "../kafka-sdk/src/producer/partitioner/java.txt";
/// And this one, as the assignors are.
const ASSIGNORS: &str = "../kafka-sdk/src/consumer/group/assignor/tests/java.gz";
/// And tests of typed messages this one.
const SERIALIZERS: &str = "../kafka-sdk/tests/typed/serializers.txt";

/// Java's class path in `jars/<release>`, and the programs and results in `protocol/golden`.
struct Golden<'a> {
    folder: PathBuf,
    jars: &'a Path,
}

/// Writes all vectors with the jars below `jars`; Maven fetches them if they are not there.
pub(crate) fn renew(protocol: &Path, jars: &Path) -> Result<()> {
    let golden = Golden { folder: protocol.join("golden"), jars };
    for release in [NEW, OLD] {
        golden.fetch(release)?;
        golden.java(release, "Messages.java", &[golden.folder.join(format!("messages-{release}.gz"))])?;
    }
    golden.java(NEW, "Batches.java", &["write".into(), golden.folder.join("batches.gz")])?;
    golden.java(OLD, "Legacy.java", &[golden.folder.join("legacy.gz")])?;
    golden.java(NEW, "ConsumerProtocols.java", &[golden.folder.join("consumer-protocol.gz")])?;
    golden.java(NEW, "Partitions.java", &[protocol.join(PARTITIONS)])?;
    golden.java(NEW, "Serializers.java", &[protocol.join(SERIALIZERS)])?;
    golden.java(NEW, "Assignors.java", &[protocol.join(ASSIGNORS)])?;
    golden.verify_ours()?;
    println!("golden/ is what Java writes, and Java reads what we write");
    Ok(())
}

impl Golden<'_> {
    fn fetch(&self, release: &str) -> Result<()> {
        let folder = std::path::absolute(self.jars.join(release))?;
        if folder.join(format!("kafka-clients-{release}.jar")).exists() {
            return Ok(());
        }
        let mut mvn = Command::new("mvn");
        mvn.args(["-q", "-B", "dependency:copy-dependencies", "-f"]).arg(self.folder.join("pom.xml"));
        mvn.arg(format!("-Dkafka.version={release}"));
        mvn.arg(format!("-DoutputDirectory={}", folder.display()));
        succeed(&mut mvn)
    }

    /// Has Java read batches that our tests write.
    fn verify_ours(&self) -> Result<()> {
        let ours = std::path::absolute(self.jars.join("batches-of-ours"))?;
        let mut test = Command::new(env!("CARGO"));
        test.args("test -q -p kafka-sdk-protocol --test golden -- --ignored --exact".split(' '));
        test.arg("batches::java_reads_batches_of_ours").env("BATCHES_FOR_JAVA", &ours);
        succeed(test.current_dir(&self.folder))?;
        self.java(NEW, "Batches.java", &["verify".into(), ours])
    }

    /// Runs a program of one source file.
    fn java(&self, release: &str, program: &str, arguments: &[impl AsRef<OsStr>]) -> Result<()> {
        let mut java = Command::new("java");
        java.arg("-Dfile.encoding=UTF-8").arg("-cp").arg(self.jars.join(release).join("*"));
        succeed(java.arg(self.folder.join(program)).args(arguments))
    }
}

fn succeed(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(Error::Golden(format!("{}: {out}{error}", command.get_program().display())))
}
