//! Kafka's own programs, run against a cluster: readers and writers that share no code with ours.

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io};

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::unix::pipe;
use tokio::time::{Instant, timeout_at};

use super::cache::Kit;
use super::java::Java;
use super::supervisor::{Output, Program, Supervised};
use super::versions::{self, Release};
use crate::scratch::Scratch;
use crate::{ClientProperties, Error, log};

/// Tools get this long, unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(60);
/// What is held in memory of a tool's standard output.
const HELD: usize = 64 << 20;

/// A Java program of Kafka that is about to be run. Made by [`TestKafka::tool`](crate::TestKafka::tool).
///
/// Dropping what a tool was started by ends the tool.
#[derive(Debug, Clone)]
#[must_use = "a tool is started by `run` or `lines`"]
pub struct Tool {
    release: &'static Release,
    class: String,
    args: Vec<String>,
    input: Input,
    output: Option<PathBuf>,
    properties: Option<(String, ClientProperties)>,
    timeout: Duration,
}

#[derive(Debug, Clone)]
enum Input {
    Bytes(Vec<u8>),
    File(PathBuf),
}

impl Tool {
    pub(crate) fn new(release: &'static Release, class: &str) -> Self {
        let input = Input::File("/dev/null".into());
        Self {
            release,
            class: class.into(),
            args: Vec::new(),
            input,
            output: None,
            properties: None,
            timeout: TIMEOUT,
        }
    }

    /// More arguments.
    pub fn args<A: Into<String>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// What the tool reads from its standard input. Default: nothing.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Input::Bytes(bytes.into());
        self
    }

    /// A file that the tool reads as its standard input.
    pub fn stdin_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.input = Input::File(file.into());
        self
    }

    /// A file that the tool's standard output is appended to, of any size. [`ToolOutput::stdout`] is empty then.
    pub fn stdout_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.output = Some(file.into());
        self
    }

    /// A properties file that the tool is given, by its option for that, such as `--command-config`. The file is gone
    /// when the tool is.
    pub fn properties(mut self, option: &str, properties: &ClientProperties) -> Self {
        self.properties = Some((option.into(), properties.clone()));
        self
    }

    /// How long the tool may take; then it is ended. Default: 60 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Runs the tool and waits for it.
    ///
    /// # Cancel safety
    /// Dropping the future ends the tool.
    ///
    /// # Errors
    /// Fails if the tool cannot be started, takes too long, or prints more than 64 MiB to standard output. A tool that
    /// says by its status that it failed is no error: see [`ToolOutput::success`].
    pub async fn run(self) -> Result<ToolOutput, Error> {
        let mut run = self.lines().await?;
        let stdout = run.read_all().await?;
        Ok(ToolOutput { stdout, ..run.finish().await? })
    }

    /// Starts the tool, to read its standard output line by line while it runs, however much that is.
    ///
    /// # Cancel safety
    /// Dropping the future ends the tool.
    ///
    /// # Errors
    /// Fails if the tool cannot be started.
    pub async fn lines(self) -> Result<ToolRun, Error> {
        let deadline = Instant::now() + self.timeout;
        let java = Java::new(Kit::get(versions::find(self.release.tools)?).await?)?;
        let temp = std::env::temp_dir();
        let scratch = Scratch::new(&temp).map_err(Error::io("create a folder in", &temp))?;
        let program = self.program(&java, &scratch)?;
        let failed = || Error::io("start", program.errors.as_path());
        let (process, stdout) = Supervised::start_with_pipe(&program).map_err(failed())?;
        let stdout = stdout.map(|pipe| pipe::Receiver::from_owned_fd(OwnedFd::from(pipe))).transpose();
        let stdout = stdout.map_err(failed())?.map(BufReader::new);
        let errors = program.errors;
        let Self { class, timeout, .. } = self;
        Ok(ToolRun {
            class,
            timeout,
            deadline,
            process,
            stdout,
            line: Line::default(),
            errors,
            _scratch: scratch,
        })
    }

    fn program(&self, java: &Java, scratch: &Scratch) -> Result<Program, Error> {
        let errors = scratch.path().join("stderr");
        fs::write(&errors, "").map_err(Error::io("write", &errors))?;
        Ok(Program {
            command: java.command(&self.class, self.all_args(scratch)?),
            input: self.input_file(scratch)?,
            output: self.output.clone().map_or(Output::Pipe, Output::File),
            errors,
        })
    }

    fn all_args(&self, scratch: &Scratch) -> Result<Vec<OsString>, Error> {
        let mut args: Vec<OsString> = self.args.iter().map(OsString::from).collect();
        if let Some((option, properties)) = &self.properties {
            let file = scratch.path().join("client.properties");
            fs::write(&file, properties.text()).map_err(Error::io("write", &file))?;
            args.extend([option.into(), file.into_os_string()]);
        }
        Ok(args)
    }

    fn input_file(&self, scratch: &Scratch) -> Result<PathBuf, Error> {
        match &self.input {
            Input::File(file) => Ok(file.clone()),
            Input::Bytes(bytes) => {
                let file = scratch.path().join("stdin");
                fs::write(&file, bytes).map_err(Error::io("write", &file))?;
                Ok(file)
            }
        }
    }
}

/// A tool that runs. Dropping it ends the tool.
#[derive(Debug)]
pub struct ToolRun {
    class: String,
    timeout: Duration,
    deadline: Instant,
    process: Supervised,
    stdout: Option<BufReader<pipe::Receiver>>,
    line: Line,
    errors: PathBuf,
    _scratch: Scratch,
}

/// A line as far as it has been read. It is kept here, so that a dropped read loses nothing.
#[derive(Debug, Default)]
struct Line {
    bytes: Vec<u8>,
    complete: bool,
}

impl ToolRun {
    /// The next line of the tool's standard output, without its end; `None` after the last.
    ///
    /// # Cancel safety
    /// A dropped call loses nothing: the next one goes on where it was.
    ///
    /// # Errors
    /// Fails if the tool's time is over, or if the line is longer than 64 MiB.
    pub async fn next_line(&mut self) -> Result<Option<&[u8]>, Error> {
        let Some(stdout) = &mut self.stdout else { return Ok(None) };
        let read = timeout_at(self.deadline, self.line.read(stdout)).await;
        let read = read.map_err(|_| self.late())?.map_err(|error| self.unread(error))?;
        Ok(read.then_some(&self.line.bytes))
    }

    /// Waits until the tool has ended. What it still prints to standard output is passed over.
    ///
    /// # Cancel safety
    /// Dropping the future ends the tool.
    ///
    /// # Errors
    /// Fails if the tool's time is over.
    pub async fn finish(mut self) -> Result<ToolOutput, Error> {
        while self.next_line().await?.is_some() {}
        timeout_at(self.deadline, self.process.ended()).await.map_err(|_| self.late())?;
        let stderr = log::end(&self.errors, HELD as u64).map_err(Error::io("read", &self.errors))?;
        let status = self.process.finish().await;
        Ok(ToolOutput { status, stdout: Vec::new(), stderr })
    }

    async fn read_all(&mut self) -> Result<Vec<u8>, Error> {
        let mut all = Vec::new();
        let Some(stdout) = &mut self.stdout else { return Ok(all) };
        let mut stdout = stdout.take(HELD as u64 + 1);
        let read = timeout_at(self.deadline, stdout.read_to_end(&mut all)).await;
        read.map_err(|_| self.late())?.map_err(|error| self.unread(error))?;
        if all.len() > HELD { Err(self.too_much()) } else { Ok(all) }
    }

    fn late(&self) -> Error {
        Error::ToolTimeout { class: self.class.clone(), after: self.timeout, log: log::tail(&self.errors) }
    }

    fn too_much(&self) -> Error {
        Error::ToolOutput { class: self.class.clone(), limit: HELD }
    }

    fn unread(&self, error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::FileTooLarge => self.too_much(),
            _ => Error::io("read standard output of the tool that writes", &self.errors)(error),
        }
    }
}

impl Line {
    /// Reads on to the end of the line. False if there are no more lines.
    async fn read(&mut self, from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<bool> {
        if std::mem::take(&mut self.complete) {
            self.bytes.clear();
        }
        while !self.complete {
            let bytes = from.fill_buf().await?;
            let used = self.take(bytes);
            if used == 0 {
                self.complete = true;
                return Ok(!self.bytes.is_empty());
            }
            from.consume(used);
            if self.bytes.len() > HELD {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        Ok(true)
    }

    /// Takes what belongs to the line; answers how much that is, with the end of line.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let end = bytes.iter().position(|&byte| byte == b'\n');
        self.complete = end.is_some();
        self.bytes.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
        end.map_or(bytes.len(), |end| end + 1)
    }
}

/// What a tool left.
#[derive(Debug, Clone)]
pub struct ToolOutput {
    status: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
}

impl ToolOutput {
    /// Whether the tool ended with status 0.
    pub fn success(&self) -> bool {
        self.status == Some(0)
    }

    /// The tool's exit status, 128 and more for a signal.
    pub fn status(&self) -> Option<i32> {
        self.status
    }

    /// What it printed to standard output, unless that went to a file or was read line by line.
    pub fn stdout(&self) -> &[u8] {
        &self.stdout
    }

    /// [`stdout`](Self::stdout) as text.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.stdout)
    }

    /// What it printed to standard error.
    pub fn stderr(&self) -> &str {
        &self.stderr
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::time::timeout;

    use super::*;

    async fn lines(mut input: &[u8]) -> Vec<String> {
        let mut line = Line::default();
        let mut lines = Vec::new();
        while line.read(&mut input).await.unwrap() {
            lines.push(String::from_utf8(line.bytes.clone()).unwrap());
        }
        lines
    }

    #[tokio::test]
    async fn lines_are_read_one_by_one() {
        assert_eq!(lines(b"").await, [""; 0]);
        assert_eq!(lines(b"a\n\nb\n").await, ["a", "", "b"]);
        assert_eq!(lines(b"a\nb").await, ["a", "b"]);
    }

    #[tokio::test]
    async fn a_dropped_read_of_a_line_loses_nothing() {
        let (mut writer, reader) = tokio::io::duplex(64);
        let (mut reader, mut line) = (BufReader::new(reader), Line::default());
        for part in ["a", "b"] {
            writer.write_all(part.as_bytes()).await.unwrap();
            assert!(timeout(Duration::from_millis(10), line.read(&mut reader)).await.is_err());
        }
        writer.write_all(b"c\nd").await.unwrap();
        assert!(line.read(&mut reader).await.unwrap());
        assert_eq!(line.bytes, b"abc");
    }
}
