//! A message schema as the JSON files hold it: the facts, in the order in which they are written.

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Message {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) api_key: Option<i16>,
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) listeners: Vec<String>,
    pub(crate) name: String,
    pub(crate) valid_versions: String,
    #[serde(default = "none")]
    pub(crate) flexible_versions: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) latest_version_unstable: bool,
    #[serde(default, skip_serializing)]
    pub(crate) fields: Vec<Field>,
    #[serde(default, skip_serializing)]
    pub(crate) common_structs: Vec<CommonStruct>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Request,
    Response,
    Header,
    Data,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CommonStruct {
    pub(crate) name: String,
    pub(crate) versions: String,
    #[serde(default, skip_serializing)]
    pub(crate) fields: Vec<Field>,
    #[serde(default, rename = "about", skip_serializing)]
    _about: Option<Value>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Field {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) ty: String,
    pub(crate) versions: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nullable_versions: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tagged_versions: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tag: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flexible_versions: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<Value>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) ignorable: bool,
    #[serde(default, skip_serializing)]
    pub(crate) fields: Vec<Field>,
    // What the renderer has no use for.
    #[serde(default, rename = "mapKey", skip_serializing)]
    _map_key: Option<Value>,
    #[serde(default, rename = "entityType", skip_serializing)]
    _entity_type: Option<Value>,
    #[serde(default, rename = "zeroCopy", skip_serializing)]
    _zero_copy: Option<Value>,
    #[serde(default, rename = "about", skip_serializing)]
    _about: Option<Value>,
}

fn none() -> String {
    "none".into()
}

impl Message {
    /// Reads a schema with `//` comments, as Kafka's are.
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let without_comments: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .flat_map(|l| [l, "\n"])
            .collect();
        serde_json::from_str(&without_comments)
    }

    /// One field a line, so that a difference between two releases reads well.
    pub(crate) fn text(&self) -> Result<String, serde_json::Error> {
        let mut out = open(&serde_json::to_string(self)?).to_owned();
        fields(&mut out, &self.fields, 1)?;
        if !self.common_structs.is_empty() {
            out.push_str(",\n \"commonStructs\":[");
            for (i, common) in self.common_structs.iter().enumerate() {
                out.push_str(if i == 0 { "\n  " } else { ",\n  " });
                out.push_str(open(&serde_json::to_string(common)?));
                fields(&mut out, &common.fields, 3)?;
                out.push('}');
            }
            out.push(']');
        }
        out.push_str("}\n");
        Ok(out)
    }
}

/// An object's text without its last brace.
fn open(json: &str) -> &str {
    json.strip_suffix('}').unwrap_or(json)
}

fn fields(out: &mut String, of: &[Field], depth: usize) -> Result<(), serde_json::Error> {
    out.push_str(",\n");
    out.push_str(&" ".repeat(depth));
    out.push_str("\"fields\":[");
    for (i, field) in of.iter().enumerate() {
        out.push_str(if i == 0 { "\n" } else { ",\n" });
        out.push_str(&" ".repeat(depth + 1));
        out.push_str(open(&serde_json::to_string(field)?));
        if !field.fields.is_empty() {
            fields(out, &field.fields, depth + 2)?;
        }
        out.push('}');
    }
    out.push(']');
    Ok(())
}
