//! `docs/settings.md`: its head is written by hand, what follows comes from the tables.

use super::TABLES;
use crate::settings::{Alias, Dialect, Line, Names, Role, Support};
use std::fmt::Write;

/// What begins the part of the page that is made from the tables.
const MARK: &str = "<!-- What follows is made from the tables of settings; see above. -->\n";

fn generated() -> String {
    let mut page = String::from(MARK);
    for table in TABLES {
        let lines = table.lines();
        if !lines.is_empty() {
            write!(page, "\n## {}\n\n{SETTINGS_HEAD}", title(table.role())).unwrap();
            lines.iter().for_each(|line| page.push_str(&row(line, table.role())));
        }
    }
    page.push_str(OTHERS_HEAD);
    for table in TABLES {
        others(*table, &mut page);
    }
    page
}

fn title(role: Role) -> &'static str {
    match role {
        Role::Client => "The client: `KafkaBuilder`",
        Role::Producer => "The producer: `ProducerBuilder`",
        Role::Reader => "The reader: `ReaderBuilder`",
        Role::Consumer => "The consumer: `ConsumerBuilder`",
        Role::Registry => "Schema registries",
    }
}

const SETTINGS_HEAD: &str = "\
| Java | librdkafka | typed | accepts | default | librdkafka's | |
|---|---|---|---|---|---|---|
";

fn row(line: &Line, role: Role) -> String {
    // Rows that a consumer shares with a reader.
    let method = |method: &str| match role {
        Role::Consumer => method.replace("ReaderBuilder", "ConsumerBuilder"),
        _ => method.to_owned(),
    };
    let java = if line.dialect == Dialect::Librdkafka { String::new() } else { format!("`{}`", line.name) };
    let own = (line.dialect != Dialect::Java).then(|| format!("`{}`", line.name));
    let alias = |alias: &Alias| match alias {
        Alias::Same(name) => format!("`{name}`"),
        Alias::Kilobytes(name) => format!("`{name}` (x 1,024)"),
    };
    let librdkafka: Vec<String> = own.into_iter().chain(line.aliases.iter().map(alias)).collect();
    let default = if line.default.is_empty() { String::new() } else { format!("`{}`", line.default) };
    let theirs = line.librdkafka.map(|theirs| format!("`{theirs}`")).unwrap_or_default();
    format!(
        "| {java} | {} | {} | {} | {default} | {theirs} | {} |\n",
        librdkafka.join(", "),
        line.method.map(|named| format!("`{}`", method(named))).unwrap_or_default(),
        line.accepts,
        line.doc
    )
}

const OTHERS_HEAD: &str = "
## Names that set nothing

| names | |
|---|---|
";

fn others(table: &dyn Names, page: &mut String) {
    for other in table.others() {
        let names: Vec<String> = other.names.iter().map(|name| format!("`{name}`")).collect();
        let role = table.role();
        let what = match other.support {
            Support::Ignored(why) => format!("ignored, with a warning: {why}"),
            Support::Unsupported(why) if matches!(role, Role::Registry) => {
                format!("refused by `.set`, and left alone in a source: {why}")
            }
            Support::Unsupported(why) => format!("refused by {role}: {why}"),
            Support::Only(words, why) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                format!("{role} takes {} only: {why}", words.join(" or "))
            }
        };
        writeln!(page, "| {} | {what} |", names.join(", ")).unwrap();
    }
}

/// When this fails, run it with `KAFKA_SDK_WRITE_DOCS=1` in the environment, which writes the page.
#[test]
fn the_page_says_what_the_tables_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/settings.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (head, made) = page.split_at(page.find(MARK).expect("the page has its mark"));
    if std::env::var_os("KAFKA_SDK_WRITE_DOCS").is_some() {
        std::fs::write(path, format!("{head}{}", generated())).unwrap();
        return;
    }
    assert!(
        made == generated(),
        "docs/settings.md is old: KAFKA_SDK_WRITE_DOCS=1 cargo test -p kafka-sdk --lib page"
    );
}
