//! The error codes as constants.

use crate::{Error, Result};
use std::fmt::Write as _;

pub(super) fn constants(text: &str) -> Result<String> {
    let codes: Vec<Code<'_>> = text.lines().map(Code::parse).collect::<Option<_>>().ok_or_else(|| {
        Error::Schema("error-codes.txt: a line is not `number NAME` or `number NAME retriable`".into())
    })?;
    let mut out = String::from(
        "//! Kafka's error codes.\n\nuse crate::ErrorCode;\n\n\
         #[allow(missing_docs, reason = \"Kafka's names say it\")]\n\
         impl ErrorCode {\n",
    );
    for code in &codes {
        let _ = writeln!(out, "pub const {}: Self = Self({});", code.name, code.number);
    }
    out.push_str(
        "\n/// Kafka's name for it; none for a code that this crate does not know.\n\
         #[must_use]\npub fn name(self) -> Option<&'static str> {\nSome(match self {\n",
    );
    for code in &codes {
        let _ = writeln!(out, "Self::{0} => \"{0}\",", code.name);
    }
    let retriable: Vec<String> =
        codes.iter().filter(|c| c.retriable).map(|c| format!("Self::{}", c.name)).collect();
    let _ = writeln!(
        out,
        "_ => return None,\n}})\n}}\n\n\
         /// Whether the same request may succeed later, in the judgement of Java's client.\n\
         #[must_use]\npub fn is_retriable(self) -> bool {{\nmatches!(self, {})\n}}\n}}",
        retriable.join(" | ")
    );
    Ok(out)
}

struct Code<'a> {
    number: i16,
    name: &'a str,
    retriable: bool,
}

impl<'a> Code<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split(' ');
        let (number, name) = (words.next()?.parse().ok()?, words.next()?);
        let retriable = match words.next() {
            None => false,
            Some("retriable") => true,
            Some(_) => return None,
        };
        Some(Self { number, name, retriable })
    }
}
