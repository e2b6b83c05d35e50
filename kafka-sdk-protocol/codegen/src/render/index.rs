//! The files that list all messages: `mod.rs` and the API keys.

use crate::names;
use crate::schema::Kind;
use crate::spec::Message;
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) fn module(groups: &BTreeMap<String, Vec<&Message>>, release: &str) -> String {
    let mut out = format!(
        "//! Every client-facing message of {release}, one module an API; generated from `schema/` by `cargo codegen`.\n\
         //!\n\
         //! The messages themselves are re-exported here, the structs in them are in the modules.\n\n"
    );
    out.push_str("mod api_key;\nmod error_codes;\n");
    for module in groups.keys() {
        let _ = writeln!(out, "pub mod {module};");
    }
    out.push_str("\npub use api_key::ApiKey;\n");
    for (module, group) in groups {
        let names: Vec<&str> = group.iter().map(|m| m.name.as_str()).collect();
        let _ = writeln!(out, "pub use {module}::{{{}}};", names.join(", "));
    }
    let requests = group_names(groups, Kind::Request);
    let _ = writeln!(
        out,
        "\n/// Calls the macro `$then` with the types of all requests, comma separated: for tests and tables.\n\
         #[macro_export]\n\
         macro_rules! for_each_request {{\n($then:ident) => {{\n$then! {{\n{}\n}}\n}};\n}}",
        requests.join(", ")
    );
    out
}

fn group_names<'a>(groups: &BTreeMap<String, Vec<&'a Message>>, kind: Kind) -> Vec<&'a str> {
    groups.values().flatten().filter(|m| m.kind == kind).map(|m| m.name.as_str()).collect()
}

pub(super) fn api_keys(messages: &[Message]) -> String {
    let mut keys: Vec<(i16, &str)> = messages
        .iter()
        .filter(|m| m.kind == Kind::Request)
        .filter_map(|m| Some((m.key?, names::api(&m.name))))
        .collect();
    keys.sort_unstable();
    let mut out = String::from(
        "//! The numbers of the APIs.\n\n\
         use std::fmt;\n\n\
         /// The number of an API, as requests name it. A broker may know more of them than this crate.\n\
         #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]\n\
         pub struct ApiKey(pub i16);\n\n\
         impl ApiKey {\n",
    );
    for (key, api) in &keys {
        let constant = names::snake(api).to_uppercase();
        let _ = writeln!(out, "/// {api}.\npub const {constant}: Self = Self({key});");
    }
    out.push_str(
        "\n/// Kafka's name for it; none for an API that is not client-facing or not known.\n\
         #[must_use]\n\
         pub fn name(self) -> Option<&'static str> {\n\
         Some(match self.0 {\n",
    );
    for (key, api) in &keys {
        let _ = writeln!(out, "{key} => \"{api}\",");
    }
    out.push_str(
        "_ => return None,\n})\n}\n}\n\n\
         impl fmt::Display for ApiKey {\n\
         fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {\n\
         match self.name() {\n\
         Some(name) => f.write_str(name),\n\
         None => write!(f, \"API {}\", self.0),\n\
         }\n}\n}\n\n\
         impl fmt::Debug for ApiKey {\n\
         fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {\n\
         fmt::Display::fmt(self, f)\n\
         }\n}\n",
    );
    out
}
