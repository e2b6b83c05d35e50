//! Renders `kafka-sdk-protocol/src/api` from `schema/`, renews `schema/` from a `kafka-clients` jar, and
//! has Java write `golden/`.
//!
//! ```text
//! cargo codegen                          # schema/ -> src/api/ and tests/golden/fill.rs
//! cargo codegen import kafka-clients.jar # jar -> schema/, then as above (needs java, for the error codes)
//! cargo codegen check                    # fails when they are not what schema/ gives
//! cargo codegen golden target/golden     # Java writes golden/; its jars are fetched into the folder (needs java, mvn)
//! ```

mod golden;
mod import;
mod names;
mod render;
mod schema;
mod spec;
mod versions;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0}")]
    Schema(String),
    #[error("{0}")]
    Golden(String),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Zip(#[from] zip::result::ZipError),
}

type Result<T> = std::result::Result<T, Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let protocol = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let schema = protocol.join("schema");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => write(&render_all(&schema)?, &protocol),
        ["check"] => check(&render_all(&schema)?, &protocol),
        ["import", jar] => {
            import::import(Path::new(jar), &schema)?;
            write(&render_all(&schema)?, &protocol)
        }
        ["golden", jars] => golden::renew(&protocol, Path::new(jars)),
        _ => Err(Error::Schema(
            "usage: cargo codegen [check | import <kafka-clients.jar> | golden <folder>]".into(),
        )),
    }
}

/// File names and texts.
type Files = BTreeMap<PathBuf, String>;

const API: &str = "src/api";
const FILL: &str = "tests/golden/fill.rs";

/// What the schemas give.
struct Rendered {
    /// Everything below [`API`].
    api: Files,
    /// The text of [`FILL`].
    fill: String,
}

fn render_all(schema: &Path) -> Result<Rendered> {
    let mut messages = Vec::new();
    for entry in fs::read_dir(schema)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "json") {
            let text = fs::read_to_string(&path)?;
            let message = schema::Message::parse(&text)?;
            messages.push(spec::Message::new(&message).map_err(Error::Schema)?);
        }
    }
    messages.sort_by(|a, b| a.name.cmp(&b.name));
    for message in &messages {
        println!("{}: a byte decodes to {} bytes at most", message.name, message.expansion());
    }
    let codes = fs::read_to_string(schema.join("error-codes.txt"))?;
    let release = fs::read_to_string(schema.join("SOURCE"))?;
    let api = render::files(&messages, &codes, release.trim())?;
    Ok(Rendered { api, fill: render::fill(&messages) })
}

fn write(Rendered { api: files, fill }: &Rendered, protocol: &Path) -> Result<()> {
    fs::write(protocol.join(FILL), fill)?;
    let api = protocol.join(API);
    if api.exists() {
        fs::remove_dir_all(&api)?;
    }
    fs::create_dir_all(&api)?;
    for (name, text) in files {
        fs::write(api.join(name), text)?;
    }
    println!("{} files, {} lines", files.len(), files.values().map(|t| t.lines().count()).sum::<usize>());
    Ok(())
}

fn check(Rendered { api: files, fill }: &Rendered, protocol: &Path) -> Result<()> {
    let api = protocol.join(API);
    let mut stale: Vec<String> = files
        .iter()
        .filter(|(name, text)| fs::read_to_string(api.join(name)).ok().as_ref() != Some(text))
        .map(|(name, _)| name.display().to_string())
        .collect();
    for entry in fs::read_dir(api)? {
        let name = PathBuf::from(entry?.file_name());
        if !files.contains_key(&name) {
            stale.push(name.display().to_string());
        }
    }
    if fs::read_to_string(protocol.join(FILL)).ok().as_ref() != Some(fill) {
        stale.push(FILL.into());
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(Error::Schema(format!("not what schema/ gives: {}; run `cargo codegen`", stale.join(", "))))
}
