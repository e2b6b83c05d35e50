//! From a `kafka-clients` jar to `schema/`: the client-facing messages, without comments and prose.

use crate::schema::{Kind, Message};
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::Command;

/// Replaces what `schema` holds by the messages in `jar`.
pub(crate) fn import(jar: &Path, schema: &Path) -> Result<()> {
    let messages = client_facing(read_messages(jar)?);
    if schema.exists() {
        fs::remove_dir_all(schema)?;
    }
    fs::create_dir_all(schema)?;
    for message in &messages {
        fs::write(schema.join(format!("{}.json", message.name)), message.text()?)?;
    }
    fs::write(schema.join("error-codes.txt"), error_codes(jar)?)?;
    let release = jar.file_stem().unwrap_or_default().to_string_lossy();
    fs::write(schema.join("SOURCE"), format!("{release}\n"))?;
    println!("{} messages of {release}", messages.len());
    Ok(())
}

fn read_messages(jar: &Path) -> Result<Vec<Message>> {
    let mut archive = zip::ZipArchive::new(File::open(jar)?)?;
    let mut messages = Vec::new();
    for i in 0..archive.len() {
        let mut file = archive.by_index(i)?;
        let name = file.name()?.into_owned();
        if !name.starts_with("common/message/") || !name.ends_with(".json") {
            continue;
        }
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        messages.push(Message::parse(&text).map_err(|e| Error::Schema(format!("{name}: {e}")))?);
    }
    Ok(messages)
}

/// Requests that a broker's listener takes, with their responses, and all headers and data.
fn client_facing(messages: Vec<Message>) -> Vec<Message> {
    let keys: Vec<_> = messages
        .iter()
        .filter(|m| m.kind == Kind::Request && m.listeners.iter().any(|l| l == "broker"))
        .filter(|m| m.valid_versions != "none")
        .map(|m| m.api_key)
        .collect();
    let mut chosen: BTreeMap<_, _> = BTreeMap::new();
    for message in messages {
        if message.api_key.is_none() || keys.contains(&message.api_key) {
            chosen.insert(message.name.clone(), message);
        }
    }
    chosen.into_values().collect()
}

/// The error codes are not in a schema: the jar's own enumeration prints them, with the jars beside it (slf4j).
fn error_codes(jar: &Path) -> Result<String> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("ErrorCodes.java");
    let output = Command::new("java").arg("-cp").arg(jar.with_file_name("*")).arg(program).output()?;
    if !output.status.success() {
        return Err(Error::Schema(format!("java: {}", String::from_utf8_lossy(&output.stderr))));
    }
    String::from_utf8(output.stdout).map_err(|e| Error::Schema(e.to_string()))
}
