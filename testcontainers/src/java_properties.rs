//! Properties files as Java reads them.

use std::collections::BTreeMap;
use std::fmt::Write;

pub(crate) type Properties = BTreeMap<String, String>;

/// The text of a properties file.
pub(crate) fn text(properties: &Properties) -> String {
    let mut text = String::new();
    for (key, value) in properties {
        escape(&mut text, key, true);
        text.push('=');
        escape(&mut text, value, false);
        text.push('\n');
    }
    text
}

/// Java reads these files as Latin-1, with backslash escapes.
pub(crate) fn escape(text: &mut String, word: &str, is_key: bool) {
    for (index, letter) in word.char_indices() {
        match letter {
            '\n' => text.push_str("\\n"),
            '\\' => text.push_str("\\\\"),
            ' ' | '=' | ':' | '#' | '!' if is_key || index == 0 => text.extend(['\\', letter]),
            ' '..='~' => text.push(letter),
            _ => letter.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(text, "\\u{unit:04x}");
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_letters_are_escaped_as_java_reads_them() {
        let properties = Properties::from([("a b:c".to_owned(), " x\\y=z\né😀".to_owned())]);
        assert_eq!(text(&properties), "a\\ b\\:c=\\ x\\\\y=z\\n\\u00e9\\ud83d\\ude00\n");
    }
}
