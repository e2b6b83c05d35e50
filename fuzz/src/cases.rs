//! The inputs that are kept: a file for each target, a line of hex digits for each input.
//!
//! Lines that begin with `#` tell where the input below comes from. A file is read more easily than a folder of hundreds,
//! and shows in a diff what was added.

use std::path::PathBuf;

/// The file with the cases of `target`.
pub fn file(target: &str) -> PathBuf {
    // Also where this file is a module of another crate's test.
    let folder = [env!("CARGO_MANIFEST_DIR"), "..", "fuzz", "cases"];
    folder.iter().collect::<PathBuf>().join(format!("{target}.hex"))
}

/// The inputs in `text`, each with the number of its line; an error is the number of a line that is none.
pub fn parse(text: &str) -> Result<Vec<(usize, Vec<u8>)>, usize> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let inputs = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    inputs.map(|(number, line)| Ok((number, bytes(line).ok_or(number)?))).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digit = |d: u8| char::from(d).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let byte = |pair: &[u8]| match *pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    hex.as_bytes().chunks(2).map(byte).collect()
}
