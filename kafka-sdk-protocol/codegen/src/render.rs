//! From the model of the messages to Rust text.

mod codes;
mod field;
mod fill;
mod index;

use crate::names;
use crate::schema::Kind;
use crate::spec::{Field, Message, Struct, Type, Value};
use crate::versions::Versions;
use crate::{Error, Files, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// Fields whose content must not be shown: credentials, and configuration values, which can be passwords.
const SECRETS: &[(&str, &str)] = &[
    ("SaslAuthenticateRequest", "AuthBytes"),
    ("SaslAuthenticateResponse", "AuthBytes"),
    ("ScramCredentialUpsertion", "Salt"),
    ("ScramCredentialUpsertion", "SaltedPassword"),
    ("CreateDelegationTokenResponse", "Hmac"),
    ("RenewDelegationTokenRequest", "Hmac"),
    ("ExpireDelegationTokenRequest", "Hmac"),
    ("DescribedDelegationToken", "Hmac"),
    ("AlterableConfig", "Value"),
];

/// The text of `tests/golden/fill.rs`.
pub(crate) fn fill(messages: &[Message]) -> String {
    fill::file(&groups(messages))
}

/// The messages by module.
fn groups(messages: &[Message]) -> BTreeMap<String, Vec<&Message>> {
    let mut groups: BTreeMap<String, Vec<&Message>> = BTreeMap::new();
    for message in messages {
        groups.entry(names::snake(names::api(&message.name))).or_default().push(message);
    }
    groups
}

/// All files below `src/api`, formatted.
pub(crate) fn files(messages: &[Message], codes: &str, release: &str) -> Result<Files> {
    check_secrets(messages)?;
    let groups = groups(messages);
    let mut files = Files::new();
    for (module, group) in &groups {
        files.insert(format!("{module}.rs").into(), file(group));
    }
    files.insert("mod.rs".into(), index::module(&groups, release));
    files.insert("api_key.rs".into(), index::api_keys(messages));
    files.insert("error_codes.rs".into(), codes::constants(codes)?);
    format(files)
}

fn check_secrets(messages: &[Message]) -> Result<()> {
    for (name, secret) in SECRETS {
        let structs = messages.iter().filter_map(|m| m.find(name));
        if !structs.into_iter().any(|s| s.fields.iter().any(|f| f.name == *secret)) {
            return Err(Error::Schema(format!("{name}.{secret} is to be kept secret, and is nowhere")));
        }
    }
    Ok(())
}

/// Request and response of one API, or one header or data message.
fn file(group: &[&Message]) -> String {
    let mut body = String::new();
    let twice = twice(group);
    for message in group {
        let renderer = Renderer { message, twice: &twice };
        for (i, of) in message.structs.iter().enumerate() {
            renderer.definition(&mut body, of);
            renderer.element(&mut body, of);
            if i == 0 {
                renderer.message(&mut body);
            }
        }
    }
    let mut head = format!("//! {}.\n\n", title(group));
    let used = |word: &str| body.contains(word);
    if used("ApiKey::") {
        head.push_str("use super::ApiKey;\n");
    }
    head.push_str("use crate::error::DecodeError;\n");
    if used("ErrorCode") {
        head.push_str("use crate::error_code::ErrorCode;\n");
    }
    let request = if used("impl Request") { ", Request" } else { "" };
    let response = if used("impl Response") { ", Response" } else { "" };
    let _ = writeln!(head, "use crate::message::{{Message{request}{response}}};");
    let uuid = if used("Uuid") { "Uuid, " } else { "" };
    let _ = writeln!(head, "use crate::wire::{{Element, Reader, {uuid}Writer}};");
    if used("Bytes") {
        head.push_str("use bytes::Bytes;\n");
    }
    if used("RangeInclusive") {
        head.push_str("use std::ops::RangeInclusive;\n");
    }
    head + &body
}

/// Names that more than one message of a file uses for a struct.
fn twice<'a>(group: &[&'a Message]) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let all = group.iter().flat_map(|m| m.structs.iter().map(|s| s.name.as_str()));
    all.filter(|&name| !seen.insert(name)).collect()
}

fn title(group: &[&Message]) -> String {
    let name = names::api(&group[0].name);
    match group[0].key {
        Some(key) => format!("{name} (API key {key})"),
        None => name.to_owned(),
    }
}

struct Renderer<'a> {
    message: &'a Message,
    /// Names that both messages of the file use for a struct.
    twice: &'a BTreeSet<&'a str>,
}

impl Renderer<'_> {
    /// A struct's name in Rust: `Cursor` of request and response become `RequestCursor` and `ResponseCursor`.
    fn name(&self, of: &str) -> String {
        match self.message.kind {
            Kind::Request if self.twice.contains(of) => format!("Request{of}"),
            Kind::Response if self.twice.contains(of) => format!("Response{of}"),
            _ => of.to_owned(),
        }
    }

    fn definition(&self, out: &mut String, of: &Struct) {
        let natural = of.fields.iter().all(Field::default_is_natural);
        let shown = of.fields.iter().all(|f| self.debug_of(of, f).is_none());
        let derives: Vec<&str> =
            [Some("Clone"), shown.then_some("Debug"), natural.then_some("Default"), Some("PartialEq")]
                .into_iter()
                .flatten()
                .collect();
        let name = self.name(&of.name);
        let _ = writeln!(out, "\n/// {}.\n#[derive({})]", self.summary(of), derives.join(", "));
        let _ = writeln!(out, "pub struct {name} {{");
        for field in &of.fields {
            let _ =
                writeln!(out, "/// {}.\npub {}: {},", field.summary(), field.ident(), self.type_of(field));
        }
        out.push_str("}\n");
        if !natural {
            let _ = writeln!(out, "\nimpl Default for {name} {{\nfn default() -> Self {{\nSelf {{");
            for field in &of.fields {
                let _ = writeln!(out, "{}: {},", field.ident(), field.default_expression());
            }
            out.push_str("}\n}\n}\n");
        }
        if !shown {
            self.debug(out, of);
        }
    }

    fn summary(&self, of: &Struct) -> String {
        let m = self.message;
        if of.name != m.name {
            return format!("Part of [`{}`], versions {}", m.name, of.versions);
        }
        let mut text = format!("Versions {}", m.versions);
        if !m.flexible.is_empty() {
            let _ = write!(text, "; flexible from {}", m.flexible.first);
        }
        if m.latest_unstable {
            let _ = write!(text, "; {} is unstable", m.versions.last);
        }
        text
    }

    fn type_of(&self, field: &Field) -> String {
        let one = match &field.ty {
            Type::Struct(name) => self.name(name),
            other => other.rust().to_owned(),
        };
        let whole = if field.array { format!("Vec<{one}>") } else { one };
        if field.is_nullable() { format!("Option<{whole}>") } else { whole }
    }

    /// What `Debug` shows instead of a field's content, where it must not or need not be shown.
    fn debug_of(&self, of: &Struct, field: &Field) -> Option<String> {
        let ident = field.ident();
        if SECRETS.contains(&(of.name.as_str(), field.name.as_str())) {
            return Some("\"[hidden]\"".into());
        }
        match field.ty {
            Type::Records if field.is_nullable() => Some(format!("self.{ident}.as_ref().map(Bytes::len)")),
            Type::Records => Some(format!("self.{ident}.len()")),
            _ => None,
        }
    }

    fn debug(&self, out: &mut String, of: &Struct) {
        let name = self.name(&of.name);
        let _ = writeln!(
            out,
            "\nimpl std::fmt::Debug for {name} {{\n\
             fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{\n\
             f.debug_struct(\"{name}\")"
        );
        for field in &of.fields {
            let shown = self.debug_of(of, field).unwrap_or_else(|| format!("self.{}", field.ident()));
            let _ = writeln!(out, ".field(\"{}\", &{shown})", names::snake(&field.name));
        }
        out.push_str(".finish()\n}\n}\n");
    }

    fn element(&self, out: &mut String, of: &Struct) {
        let (write, read) = (self.write(of), self.read(of));
        let version = |body: &str| if mentions_version(body) { "version" } else { "_version" };
        let writer = if write.is_empty() { "_w" } else { "w" };
        let reader = if read.contains("r.") || read.contains("(r") { "r" } else { "_r" };
        let _ = writeln!(
            out,
            "\nimpl Element for {name} {{\n\
             const MIN_SIZE: usize = {min};\n\n\
             fn write(&self, {writer}: &mut Writer, {wv}: i16) {{\n{write}}}\n\n\
             fn read({reader}: &mut Reader<'_>, {rv}: i16) -> Result<Self, DecodeError> {{\n{read}}}\n}}",
            name = self.name(&of.name),
            min = self.message.min_size(of),
            wv = version(&write),
            rv = version(&read),
        );
    }

    fn write(&self, of: &Struct) -> String {
        let mut out = String::new();
        for field in of.fields.iter().filter(|f| f.tag.is_none()) {
            let write = field.write_statement(&of.name);
            let condition = field.versions.condition(of.versions).expression();
            let refuse = field.refusal(&of.name);
            let _ = match (condition, refuse) {
                (None, _) => writeln!(out, "{write}"),
                (Some(present), None) => writeln!(out, "if {present} {{ {write} }}"),
                (Some(present), Some(refuse)) => {
                    writeln!(out, "if {present} {{ {write} }} else if {} {{ {refuse} }}", field.differs())
                }
            };
        }
        self.write_tags(&mut out, of);
        out
    }

    fn write_tags(&self, out: &mut String, of: &Struct) {
        if self.flexible_in(of).is_empty() {
            return;
        }
        let tagged = of.tagged();
        if tagged.is_empty() {
            out.push_str("w.tag_count(0);\n");
            return;
        }
        let mut counts = Vec::new();
        for (_, field) in &tagged {
            let present = field.versions.condition(of.versions).expression();
            let set = field.differs();
            let flag = format!("has_{}", names::snake(&field.name));
            let _ = match &present {
                Some(present) => writeln!(out, "let {flag} = {present} && {set};"),
                None => writeln!(out, "let {flag} = {set};"),
            };
            if let (Some(_), Some(refuse)) = (&present, field.refusal(&of.name)) {
                let _ = writeln!(out, "if !{flag} && {set} {{ {refuse} }}");
            }
            counts.push(format!("u32::from({flag})"));
        }
        let _ = writeln!(out, "w.tag_count({});", counts.join(" + "));
        for (tag, field) in &tagged {
            let write = field.write_statement(&of.name);
            let _ =
                writeln!(out, "if has_{} {{ w.tag({tag}, |w| {{ {write} }}); }}", names::snake(&field.name));
        }
    }

    fn read(&self, of: &Struct) -> String {
        let tagged = of.tagged();
        let mut literal = String::from("Self {\n");
        for field in &of.fields {
            let condition = field.versions.condition(of.versions).expression();
            let value = match (field.tag, condition) {
                (Some(_), _) => field.default_expression(),
                (None, None) => self.read_expression(field),
                (None, Some(present)) => format!(
                    "if {present} {{ {} }} else {{ {} }}",
                    self.read_expression(field),
                    field.default_expression()
                ),
            };
            let _ = writeln!(literal, "{}: {value},", field.ident());
        }
        literal.push('}');
        if self.flexible_in(of).is_empty() {
            return format!("Ok({literal})\n");
        }
        if tagged.is_empty() {
            return format!("let it = {literal};\nr.tags(|_, _| Ok(false))?;\nOk(it)\n");
        }
        let mut arms = String::new();
        for (tag, field) in &tagged {
            let guard = field.versions.condition(self.flexible_in(of)).expression();
            let guard = guard.map(|g| format!(" if {g}")).unwrap_or_default();
            let read = self.read_expression(field);
            let _ = writeln!(arms, "{tag}{guard} => it.{} = {read},", field.ident());
        }
        format!(
            "let mut it = {literal};\nr.tags(|r, tag| {{\nmatch tag {{\n{arms}_ => return Ok(false),\n}}\n\
             Ok(true)\n}})?;\nOk(it)\n"
        )
    }

    fn flexible_in(&self, of: &Struct) -> Versions {
        self.message.flexible.intersect(of.versions)
    }

    fn message(&self, out: &mut String) {
        let m = self.message;
        let first_flexible = if m.flexible.is_empty() { m.versions.last + 1 } else { m.flexible.first };
        let _ = writeln!(
            out,
            "\nimpl Message for {name} {{\n\
             const NAME: &'static str = \"{name}\";\n\
             const VERSIONS: RangeInclusive<i16> = {first}..={last};\n\
             const FIRST_FLEXIBLE: i16 = {first_flexible};\n\
             const EXPANSION: usize = {expansion};\n}}",
            name = m.name,
            expansion = m.expansion(),
            first = m.versions.first,
            last = m.versions.last,
        );
        if m.kind == Kind::Request {
            let api = names::api(&m.name);
            let _ = writeln!(
                out,
                "\nimpl Request for {name} {{\n\
                 const KEY: ApiKey = ApiKey::{key};\n\
                 const LATEST_STABLE: i16 = {stable};\n\
                 type Response = {api}Response;\n}}",
                name = m.name,
                key = names::snake(api).to_uppercase(),
                stable = m.versions.last - i16::from(m.latest_unstable),
            );
        }
        if m.kind == Kind::Response {
            self.response(out);
        }
    }

    fn response(&self, out: &mut String) {
        let fields = self.message.structs.first().map_or(&[][..], |of| &of.fields);
        let throttle = fields.iter().any(|field| field.name == "ThrottleTimeMs");
        let body =
            if throttle { "fn throttle_time_ms(&self) -> i32 {\nself.throttle_time_ms\n}\n" } else { "" };
        let _ = writeln!(out, "\nimpl Response for {} {{{body}}}", self.message.name);
    }
}

impl Struct {
    /// Tagged fields in the order of their tags.
    fn tagged(&self) -> Vec<(u32, &Field)> {
        let mut tagged: Vec<_> = self.fields.iter().filter_map(|f| Some((f.tag?, f))).collect();
        tagged.sort_by_key(|(tag, _)| *tag);
        tagged
    }
}

impl Field {
    fn default_is_natural(&self) -> bool {
        match self.default {
            Value::Natural => !self.is_nullable(),
            Value::Null => true,
            Value::True | Value::Number(_) => false,
        }
    }
}

/// Whether `body` uses the parameter `version`, and not only a field of that name.
fn mentions_version(body: &str) -> bool {
    body.match_indices("version").any(|(at, word)| {
        let (before, after) = (&body[..at], &body[at + word.len()..]);
        !before.ends_with(['_', '.', '"']) && !before.ends_with("has_") && after.starts_with([')', ' ', ']'])
    })
}

/// Runs rustfmt over all files at once.
fn format(files: Files) -> Result<Files> {
    let scratch = std::env::temp_dir().join(format!("kafka-sdk-codegen-{}", std::process::id()));
    std::fs::create_dir_all(&scratch)?;
    let formatted = format_in(&scratch, files);
    std::fs::remove_dir_all(&scratch)?;
    formatted
}

fn format_in(scratch: &Path, files: Files) -> Result<Files> {
    for (name, text) in &files {
        std::fs::write(scratch.join(name), text)?;
    }
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rustfmt.toml");
    let output = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(config)
        .arg(scratch.join("mod.rs"))
        .output()?;
    if !output.status.success() {
        return Err(Error::Schema(format!("rustfmt: {}", String::from_utf8_lossy(&output.stderr))));
    }
    let read = |name| std::fs::read_to_string(scratch.join(&name)).map(|text| (name, text));
    Ok(files.into_keys().map(read).collect::<std::io::Result<_>>()?)
}
