//! `tests/golden/fill.rs`: which fields of a message the golden test fills in which versions.

use super::{Renderer, twice};
use crate::schema::Kind;
use crate::spec::{Message, Struct};
use crate::versions::Versions;
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) fn file(groups: &BTreeMap<String, Vec<&Message>>) -> String {
    let mut out = String::from(
        "//! The fields of all messages, and the versions that have them; generated from `schema/` by `cargo codegen`.\n\n\
         use super::place::fill;\n\
         use kafka_sdk_protocol::api;\n",
    );
    for (module, group) in groups {
        let twice = twice(group);
        for message in group {
            let renderer = Renderer { message, twice: &twice };
            message.structs.iter().for_each(|of| one(&mut out, module, &renderer, of));
        }
    }
    let rest = groups.values().flatten().filter(|m| !matches!(m.kind, Kind::Request | Kind::Response));
    let rest: Vec<_> = rest.map(|m| m.name.as_str()).collect();
    let _ = writeln!(
        out,
        "\n/// Calls the macro `$then` with the types of all messages that are neither request nor response.\n\
         macro_rules! for_each_data {{\n    ($then:ident) => {{\n        $then! {{\n            {}\n        }}\n    }};\n}}\n\
         pub(crate) use for_each_data;",
        rest.join(",\n            ")
    );
    out
}

fn one(out: &mut String, module: &str, renderer: &Renderer<'_>, of: &Struct) {
    let _ = writeln!(out, "\nfill! {{ api::{module}::{}:", renderer.name(&of.name));
    for field in &of.fields {
        let _ = write!(out, "    {} in {}", field.ident(), range(field.versions));
        if field.is_nullable() {
            let _ = write!(out, ", null in {}", range(field.nullable));
        }
        out.push_str(";\n");
    }
    out.push_str("}\n");
}

fn range(versions: Versions) -> String {
    format!("{}..={}", versions.first, versions.last)
}
