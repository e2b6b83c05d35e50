//! One field: its type, default, and how it is written and read.

use super::Renderer;
use crate::names;
use crate::spec::{Field, Type, Value};
use std::fmt::Write as _;

impl Type {
    /// The Rust type; structs are named by the renderer.
    pub(super) fn rust(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::ErrorCode => "ErrorCode",
            Self::U16 => "u16",
            Self::I32 => "i32",
            Self::U32 => "u32",
            Self::I64 => "i64",
            Self::F64 => "f64",
            Self::Uuid => "Uuid",
            Self::String => "String",
            Self::Bytes | Self::Records => "Bytes",
            Self::Struct(_) => "Self",
        }
    }

    /// The reader's and writer's method.
    fn method(&self) -> &'static str {
        match self {
            Self::ErrorCode => "error_code",
            Self::Uuid => "uuid",
            Self::String => "string",
            Self::Bytes | Self::Records => "bytes",
            fixed => fixed.rust(),
        }
    }

    /// Whether it is written by value.
    fn is_plain(&self) -> bool {
        !matches!(self, Self::String | Self::Bytes | Self::Records | Self::Struct(_))
    }
}

impl Field {
    pub(super) fn ident(&self) -> String {
        names::field(&self.name)
    }

    pub(super) fn summary(&self) -> String {
        let mut text = format!("Versions {}", self.versions);
        if self.is_nullable() {
            let _ = write!(text, "; nullable in {}", self.nullable);
        }
        if let Some(tag) = self.tag {
            let _ = write!(text, "; tag {tag}");
        }
        if self.ignorable {
            text.push_str("; ignorable");
        }
        match self.default {
            Value::Natural => {}
            Value::Null => text.push_str("; default null"),
            Value::True => text.push_str("; default true"),
            Value::Number(n) => {
                let _ = write!(text, "; default {n}");
            }
        }
        text
    }

    pub(super) fn default_expression(&self) -> String {
        match self.default {
            Value::Null => "None".into(),
            Value::True => "true".into(),
            Value::Number(n) if n == i64::from(i32::MAX) => "i32::MAX".into(),
            Value::Number(n) if n == i64::from(i32::MIN) => "i32::MIN".into(),
            Value::Number(i64::MAX) => "i64::MAX".into(),
            Value::Number(i64::MIN) => "i64::MIN".into(),
            Value::Number(n) => n.to_string(),
            Value::Natural if self.is_nullable() => format!("Some({})", self.natural()),
            Value::Natural => self.natural().into(),
        }
    }

    fn natural(&self) -> &'static str {
        match self.ty {
            _ if self.array => "Vec::new()",
            Type::Bool => "false",
            Type::F64 => "0.0",
            Type::ErrorCode => "ErrorCode::NONE",
            Type::Uuid => "Uuid::ZERO",
            Type::String => "String::new()",
            Type::Bytes | Type::Records => "Bytes::new()",
            Type::Struct(_) => "Default::default()",
            _ => "0",
        }
    }

    /// A Rust expression: the field is not at its default.
    pub(super) fn differs(&self) -> String {
        let it = format!("self.{}", self.ident());
        let has_empty = self.array || matches!(self.ty, Type::String | Type::Bytes | Type::Records);
        match self.default {
            Value::Null => format!("{it}.is_some()"),
            Value::True => format!("!{it}"),
            Value::Natural if self.is_nullable() && has_empty => {
                format!("{it}.as_ref().is_none_or(|it| !it.is_empty())")
            }
            Value::Natural if has_empty => format!("!{it}.is_empty()"),
            Value::Natural if self.ty == Type::Bool => it,
            Value::Natural if self.ty == Type::Uuid => format!("!{it}.is_zero()"),
            Value::Natural if matches!(self.ty, Type::Struct(_)) => format!("{it} != Default::default()"),
            _ => format!("{it} != {}", self.default_expression()),
        }
    }

    /// The statement that notes a value which the version cannot carry; none where Kafka says that it may be dropped.
    pub(super) fn refusal(&self, of: &str) -> Option<String> {
        (!self.ignorable).then(|| format!("w.unsupported({}, version);", self.path(of)))
    }

    fn path(&self, of: &str) -> String {
        format!("\"{of}.{}\"", names::snake(&self.name))
    }

    pub(super) fn write_statement(&self, of: &str) -> String {
        let it = format!("self.{}", self.ident());
        if !self.is_nullable() {
            return match &self.ty {
                _ if self.array => format!("w.array(&{it}, version);"),
                Type::Struct(_) => format!("{it}.write(w, version);"),
                plain if plain.is_plain() => format!("w.{}({it});", plain.method()),
                other => format!("w.{}(&{it});", other.method()),
            };
        }
        let write = match &self.ty {
            _ if self.array => format!("w.nullable_array({it}.as_deref(), version);"),
            Type::String if self.legacy_length => format!("w.legacy_nullable_string({it}.as_deref());"),
            Type::String => format!("w.nullable_string({it}.as_deref());"),
            Type::Struct(_) => format!("w.nullable_struct({it}.as_ref(), version);"),
            other => format!("w.nullable_{}({it}.as_ref());", other.method()),
        };
        // In some versions null cannot be told.
        let nullable = self.nullable.condition(self.versions);
        let Some(cannot) = nullable.negation() else { return write };
        let refuse = format!("w.null({}, version);", self.path(of));
        match (&self.ty, self.array) {
            (Type::Struct(_), false) => format!(
                "match &{it} {{ Some(it) if {cannot} => it.write(w, version), \
                 None if {cannot} => {{ {refuse} }} _ => {{ {write} }} }}"
            ),
            _ => format!("if {it}.is_none() && {cannot} {{ {refuse} }}\n{write}"),
        }
    }
}

impl Renderer<'_> {
    pub(super) fn read_expression(&self, field: &Field) -> String {
        let read = |prefix: &str| match &field.ty {
            _ if field.array => format!("r.{prefix}array(version)?"),
            Type::String if field.legacy_length => "r.legacy_nullable_string()?".into(),
            Type::Struct(name) if prefix.is_empty() => format!("{}::read(r, version)?", self.name(name)),
            Type::Struct(_) => format!("r.{prefix}struct(version)?"),
            other => format!("r.{prefix}{}()?", other.method()),
        };
        match field.nullable.condition(field.versions).expression() {
            _ if !field.is_nullable() => read(""),
            None => read("nullable_"),
            Some(can) => format!("if {can} {{ {} }} else {{ Some({}) }}", read("nullable_"), read("")),
        }
    }
}
