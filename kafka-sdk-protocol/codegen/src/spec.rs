//! A schema that makes sense: names resolved, ranges cut to what exists, contradictions refused.

use crate::schema::{self, Kind};
use crate::versions::Versions;

type Result<T> = std::result::Result<T, String>;

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) kind: Kind,
    pub(crate) key: Option<i16>,
    pub(crate) name: String,
    pub(crate) versions: Versions,
    pub(crate) flexible: Versions,
    pub(crate) latest_unstable: bool,
    /// The message itself first, then the structs in it.
    pub(crate) structs: Vec<Struct>,
}

#[derive(Debug)]
pub(crate) struct Struct {
    pub(crate) name: String,
    /// Versions of the message in which one can stand.
    pub(crate) versions: Versions,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) array: bool,
    pub(crate) versions: Versions,
    pub(crate) nullable: Versions,
    pub(crate) tag: Option<u32>,
    pub(crate) default: Value,
    pub(crate) ignorable: bool,
    /// A string with a two-byte length in flexible versions too.
    pub(crate) legacy_length: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    I8,
    I16,
    /// An `int16` that is an error code by its name.
    ErrorCode,
    U16,
    I32,
    U32,
    I64,
    F64,
    Uuid,
    String,
    Bytes,
    Records,
    Struct(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Zero, false, empty, or a struct's own default.
    Natural,
    Null,
    True,
    Number(i64),
}

impl Message {
    pub(crate) fn new(schema: &schema::Message) -> Result<Self> {
        let within = |e: String| format!("{}: {e}", schema.name);
        let versions: Versions = schema.valid_versions.parse().map_err(within)?;
        let flexible: Versions = schema.flexible_versions.parse().map_err(within)?;
        let mut builder = Builder { versions, structs: Vec::new() };
        builder.add(&schema.name, versions, &schema.fields).map_err(within)?;
        for common in &schema.common_structs {
            let of: Versions = common.versions.parse().map_err(within)?;
            builder.add(&common.name, of.intersect(versions), &common.fields).map_err(within)?;
        }
        let message = Self {
            kind: schema.kind,
            key: schema.api_key,
            name: schema.name.clone(),
            versions,
            flexible: flexible.intersect(versions),
            latest_unstable: schema.latest_version_unstable,
            structs: builder.structs,
        };
        message.check().map_err(within)?;
        message.check_expansion().map_err(within)?;
        Ok(message)
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Struct> {
        self.structs.iter().find(|s| s.name == name)
    }

    fn check(&self) -> Result<()> {
        if self.versions.is_empty() {
            return Err("no valid versions".into());
        }
        if !self.flexible.is_empty() && self.flexible.last != self.versions.last {
            return Err("flexible versions end before the valid ones".into());
        }
        for (i, one) in self.structs.iter().enumerate() {
            if self.structs[..i].iter().any(|s| s.name == one.name) {
                return Err(format!("two structs {}", one.name));
            }
            for field in &one.fields {
                self.check_field(field).map_err(|e| format!("{}.{}: {e}", one.name, field.name))?;
            }
            let mut tags: Vec<u32> = one.fields.iter().filter_map(|f| f.tag).collect();
            tags.sort_unstable();
            if tags.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err(format!("{}: a tag twice", one.name));
            }
        }
        Ok(())
    }

    fn check_field(&self, field: &Field) -> Result<()> {
        if let Type::Struct(name) = &field.ty
            && self.find(name).is_none()
        {
            return Err(format!("struct {name} is nowhere"));
        }
        if field.tag.is_some() && field.versions.intersect(self.flexible) != field.versions {
            return Err("tagged in a version that is not flexible".into());
        }
        if field.default == Value::Null && field.nullable.is_empty() {
            return Err("null by default, but nowhere nullable".into());
        }
        Ok(())
    }

    /// The fewest bytes that `of` takes in any version.
    pub(crate) fn min_size(&self, of: &Struct) -> usize {
        let versions = of.versions.first..=of.versions.last;
        versions.map(|v| self.size_in(of, v)).min().unwrap_or_default().max(1)
    }

    fn size_in(&self, of: &Struct, version: i16) -> usize {
        let flexible = self.flexible.contains(version);
        let present = of.fields.iter().filter(|f| f.tag.is_none() && f.versions.contains(version));
        present.map(|f| self.field_size(f, version, flexible)).sum::<usize>() + usize::from(flexible)
    }

    fn field_size(&self, field: &Field, version: i16, flexible: bool) -> usize {
        let length = |wide| if flexible { 1 } else { wide };
        match &field.ty {
            _ if field.array => length(4),
            Type::Bool | Type::I8 => 1,
            Type::I16 | Type::ErrorCode | Type::U16 => 2,
            Type::I32 | Type::U32 => 4,
            Type::I64 | Type::F64 => 8,
            Type::Uuid => 16,
            Type::String if field.legacy_length => 2,
            Type::String => length(2),
            Type::Bytes | Type::Records => length(4),
            Type::Struct(_) if field.nullable.contains(version) => 1,
            Type::Struct(name) => self.find(name).map_or(0, |s| self.size_in(s, version)),
        }
    }
}

/// More than this no byte on the wire may cost in memory.
const MOST_EXPANSION: usize = 64;

/// What decoding costs: sizes in memory, as Rust lays structs out.
impl Message {
    /// The most bytes in memory that a byte on the wire can cost: the largest ratio of an array's element in memory to
    /// the fewest bytes that it takes on the wire. What is not in an array costs no more than it takes.
    pub(crate) fn expansion(&self) -> usize {
        let arrays = self.structs.iter().flat_map(|s| &s.fields).filter(|field| field.array);
        arrays.map(|field| self.element_expansion(&field.ty)).max().unwrap_or(1)
    }

    fn check_expansion(&self) -> Result<()> {
        match self.expansion() {
            a if a > MOST_EXPANSION => {
                Err(format!("a byte could cost {a} bytes of memory when it is decoded"))
            }
            _ => Ok(()),
        }
    }

    fn element_expansion(&self, element: &Type) -> usize {
        let on_the_wire = match element {
            Type::Struct(name) => self.find(name).map_or(1, |s| self.min_size(s)),
            Type::String | Type::Bytes | Type::Records => 1,
            fixed => self.layout(fixed).0,
        };
        self.layout(element).0.div_ceil(on_the_wire)
    }

    /// Size and alignment in memory.
    fn layout(&self, ty: &Type) -> (usize, usize) {
        match ty {
            Type::Bool | Type::I8 => (1, 1),
            Type::I16 | Type::ErrorCode | Type::U16 => (2, 2),
            Type::I32 | Type::U32 => (4, 4),
            Type::I64 | Type::F64 => (8, 8),
            Type::Uuid => (16, 1),
            Type::String => (24, 8),
            Type::Bytes | Type::Records => (32, 8),
            Type::Struct(name) => self.find(name).map_or((0, 1), |s| self.struct_layout(s)),
        }
    }

    /// Rust orders the fields so that only the end is padded.
    fn struct_layout(&self, of: &Struct) -> (usize, usize) {
        let fields = of.fields.iter().map(|field| match &field.ty {
            _ if field.array => (24, 8),
            Type::Struct(_) if field.is_nullable() => {
                let (size, align) = self.layout(&field.ty);
                (size + align, align)
            }
            // The others have a value to spare for null.
            other => self.layout(other),
        });
        let (size, align) = fields.fold((0, 1), |(size, align), (s, a)| (size + s, align.max(a)));
        (size.next_multiple_of(align), align)
    }
}

/// Collects the structs of a message in the order in which they are met.
struct Builder {
    versions: Versions,
    structs: Vec<Struct>,
}

impl Builder {
    fn add(&mut self, name: &str, versions: Versions, fields: &[schema::Field]) -> Result<()> {
        let at = self.structs.len();
        self.structs.push(Struct { name: name.into(), versions, fields: Vec::new() });
        for schema in fields {
            let field = Field::new(schema, versions).map_err(|e| format!("{name}.{}: {e}", schema.name))?;
            if field.versions.is_empty() {
                continue;
            }
            if let (Type::Struct(inner), false) = (&field.ty, schema.fields.is_empty()) {
                let known = field.versions.intersect(self.versions);
                self.add(inner, known, &schema.fields)?;
            }
            self.structs[at].fields.push(field);
        }
        Ok(())
    }
}

impl Field {
    fn new(schema: &schema::Field, within: Versions) -> Result<Self> {
        let range = |text: &Option<String>| text.as_deref().unwrap_or("none").parse::<Versions>();
        let versions = schema.versions.parse::<Versions>()?.intersect(within);
        let (array, ty) = match schema.ty.strip_prefix("[]") {
            Some(element) => (true, Type::new(element)?),
            None if schema.ty == "int16" && schema.name.ends_with("ErrorCode") => (false, Type::ErrorCode),
            None => (false, Type::new(&schema.ty)?),
        };
        let tagged = range(&schema.tagged_versions)?.intersect(versions);
        if schema.tag.is_some() != schema.tagged_versions.is_some()
            || (schema.tag.is_some() && tagged != versions)
        {
            return Err("tag and tagged versions do not go together".into());
        }
        let nullable = range(&schema.nullable_versions)?.intersect(versions);
        let default = match Value::new(schema.default.as_ref(), &ty, array)? {
            // Java leaves records null until they are set.
            Value::Natural if ty == Type::Records && !nullable.is_empty() => Value::Null,
            other => other,
        };
        Ok(Self {
            name: schema.name.clone(),
            ty,
            array,
            versions,
            nullable,
            default,
            tag: schema.tag,
            ignorable: schema.ignorable,
            legacy_length: schema.flexible_versions.as_deref() == Some("none"),
        })
    }

    pub(crate) fn is_nullable(&self) -> bool {
        !self.nullable.is_empty()
    }
}

impl Type {
    fn new(name: &str) -> Result<Self> {
        Ok(match name {
            "bool" => Self::Bool,
            "int8" => Self::I8,
            "int16" => Self::I16,
            "uint16" => Self::U16,
            "int32" => Self::I32,
            "uint32" => Self::U32,
            "int64" => Self::I64,
            "float64" => Self::F64,
            "uuid" => Self::Uuid,
            "string" => Self::String,
            "bytes" => Self::Bytes,
            "records" => Self::Records,
            _ if name.starts_with(char::is_uppercase) => Self::Struct(name.into()),
            _ => return Err(format!("unknown type {name}")),
        })
    }
}

impl Value {
    fn new(schema: Option<&serde_json::Value>, ty: &Type, array: bool) -> Result<Self> {
        let text = match schema {
            None => return Ok(Self::Natural),
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let number = || match text.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16),
            None => text.parse::<i64>(),
        };
        match (text.as_str(), ty) {
            ("null", _) => Ok(Self::Null),
            ("", _) => Ok(Self::Natural),
            ("false", Type::Bool) => Ok(Self::Natural),
            ("true", Type::Bool) => Ok(Self::True),
            _ if array => Err(format!("default {text} of an array")),
            (_, Type::I8 | Type::I16 | Type::ErrorCode | Type::U16 | Type::I32 | Type::U32 | Type::I64) => {
                match number() {
                    Ok(0) => Ok(Self::Natural),
                    Ok(n) => Ok(Self::Number(n)),
                    Err(_) => Err(format!("default {text} of a number")),
                }
            }
            _ => Err(format!("default {text} of a {ty:?}")),
        }
    }
}
