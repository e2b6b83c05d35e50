//! What a message is: the words of [`attr`](crate::attr) with their meaning.

use crate::attr::{Word, words};
use crate::errors::Errors;
use crate::suggest::hint;
use proc_macro2::{Ident, Span};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Fields, GenericArgument, Generics, LitStr, Member, Path, PathArguments,
    Result, Token, Type, WherePredicate, parse_quote,
};

const CONTAINER: [&str; 8] =
    ["topic", "format", "with", "key_format", "type_header", "transparent", "crate", "bound"];
const FIELD: [&str; 8] =
    ["key", "partition_by", "header", "headers", "timestamp", "offset", "partition", "topic"];
const VARIANT: [&str; 2] = ["tag", "other"];
const FORMATS: [&str; 5] = ["json", "avro", "protobuf", "string", "bytes"];

pub(crate) struct Message<'i> {
    pub(crate) name: &'i Ident,
    pub(crate) generics: &'i Generics,
    pub(crate) krate: Path,
    pub(crate) bound: Option<Punctuated<WherePredicate, Token![,]>>,
    pub(crate) topic: Option<LitStr>,
    pub(crate) shape: Shape<'i>,
}

pub(crate) enum Shape<'i> {
    Struct(Struct<'i>),
    Enum(Enum<'i>),
}

pub(crate) struct Struct<'i> {
    pub(crate) format: Format,
    pub(crate) keys: KeyFormat,
    /// The word, if the value is that of the only field.
    pub(crate) transparent: Option<Ident>,
    pub(crate) fields: Vec<Field<'i>>,
}

/// A type that is a format.
pub(crate) enum Format {
    /// One of `kafka_sdk::typed`.
    Known(Ident),
    Own(Path),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyFormat {
    /// As Java's serializer of the field's type has it.
    Plain,
    /// A JSON object of the key's fields.
    Json,
    /// The datum of an Avro record of them.
    Avro,
}

pub(crate) struct Field<'i> {
    pub(crate) member: Member,
    pub(crate) ty: &'i Type,
    pub(crate) roles: Vec<Role>,
    pub(crate) value: InValue,
}

/// Whether the value has the field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum InValue {
    Yes,
    /// `#[serde(skip)]`: it is restored from elsewhere.
    No,
}

pub(crate) struct Role {
    pub(crate) word: Ident,
    pub(crate) part: Part,
}

/// The part of a record that a field is.
pub(crate) enum Part {
    Key,
    PartitionBy,
    Header(LitStr),
    Headers,
    Timestamp,
    Offset,
    Partition,
    Topic,
}

impl Part {
    /// Not written, only read.
    pub(crate) fn is_place(&self) -> bool {
        matches!(self, Self::Offset | Self::Partition | Self::Topic)
    }
}

pub(crate) struct Enum<'i> {
    pub(crate) type_header: LitStr,
    pub(crate) variants: Vec<Variant<'i>>,
}

pub(crate) struct Variant<'i> {
    pub(crate) name: &'i Ident,
    /// The message that it is.
    pub(crate) ty: &'i Type,
    pub(crate) is: Is,
}

pub(crate) enum Is {
    Tagged(LitStr),
    /// What no tag is of; the word.
    Other(Ident),
}

/// How often a header may be there: as the type of the field is written.
pub(crate) enum Times<'t> {
    One(&'t Type),
    AtMostOne(&'t Type),
    Any(&'t Type),
}

pub(crate) fn times(ty: &Type) -> Times<'_> {
    match (inside(ty, "Option"), inside(ty, "Vec")) {
        (Some(inner), _) => Times::AtMostOne(inner),
        (_, Some(Type::Path(byte))) if byte.path.is_ident("u8") => Times::One(ty),
        (_, Some(inner)) => Times::Any(inner),
        _ => Times::One(ty),
    }
}

/// The `T` of `Wrapper<T>`.
pub(crate) fn inside<'t>(ty: &'t Type, wrapper: &str) -> Option<&'t Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == wrapper)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) if arguments.args.len() == 1 => Some(inner),
        _ => None,
    }
}

/// None where nothing can be said of it, for a mistake.
pub(crate) fn read<'i>(input: &'i DeriveInput, errors: &mut Errors) -> Option<Message<'i>> {
    let container = Container::read(&input.attrs, errors);
    let shape = match &input.data {
        Data::Struct(data) => Some(Shape::Struct(read_struct(&container, &data.fields, errors))),
        Data::Enum(data) => read_enum(&container, input, data.variants.iter(), errors).map(Shape::Enum),
        Data::Union(data) => {
            errors.add(data.union_token, "a union is no message: derive it for a struct or an enum");
            None
        }
    };
    shape.map(|shape| Message {
        name: &input.ident,
        generics: &input.generics,
        krate: container.krate,
        bound: container.bound,
        topic: container.topic,
        shape,
    })
}

/// The words at the type.
struct Container {
    krate: Path,
    bound: Option<Punctuated<WherePredicate, Token![,]>>,
    topic: Option<LitStr>,
    format: Option<(Ident, Format)>,
    key_format: Option<(Ident, KeyFormat)>,
    type_header: Option<(Ident, LitStr)>,
    transparent: Option<Ident>,
}

impl Container {
    fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut this = Self {
            krate: parse_quote!(::kafka_sdk),
            bound: None,
            topic: None,
            format: None,
            key_format: None,
            type_header: None,
            transparent: None,
        };
        for word in words(attributes, &CONTAINER, errors) {
            let read = this.word(&word);
            errors.take(read);
        }
        this
    }

    fn word(&mut self, word: &Word) -> Result<()> {
        let name = word.name.clone();
        match name.to_string().as_str() {
            "topic" => self.topic = Some(word.text()?),
            "format" => self.set_format(name, Format::Known(known_format(word)?))?,
            "with" => self.set_format(name, Format::Own(word.path()?))?,
            "key_format" => {
                // Also where it says something else: then several keys are no further mistake.
                let known = known_key_format(word);
                self.key_format = Some((name, *known.as_ref().unwrap_or(&KeyFormat::Json)));
                known?;
            }
            "type_header" => self.type_header = Some((name, word.text()?)),
            "transparent" => {
                word.alone()?;
                self.transparent = Some(name);
            }
            "crate" => self.krate = word.path()?,
            _ => self.bound = Some(word.text()?.parse_with(Punctuated::parse_terminated)?),
        }
        Ok(())
    }

    fn set_format(&mut self, word: Ident, format: Format) -> Result<()> {
        match self.format.replace((word.clone(), format)) {
            None => Ok(()),
            Some(_) => {
                Err(syn::Error::new_spanned(word, "`format` and `with` say the same thing: leave one out"))
            }
        }
    }
}

fn known_format(word: &Word) -> Result<Ident> {
    let path = word.path()?;
    let name = path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    let ident = |text| Ok(Ident::new(text, path.span()));
    match name.as_str() {
        "json" => ident("Json"),
        "string" => ident("Text"),
        "bytes" => ident("Plain"),
        "avro" if cfg!(feature = "avro") => ident("Avro"),
        "protobuf" if cfg!(feature = "protobuf") => ident("Protobuf"),
        "avro" | "protobuf" => Err(syn::Error::new_spanned(path, needs_feature("format", &name))),
        _ => {
            let hint = hint(&name, &FORMATS);
            let text =
                format!("there is no format `{name}`: {hint}; `with = path::ToFormat` takes one of your own");
            Err(syn::Error::new_spanned(path, text))
        }
    }
}

fn needs_feature(word: &str, name: &str) -> String {
    format!(
        "`{word} = {name}` needs a feature of kafka-sdk: \
         `kafka-sdk = {{ version = \"…\", features = [\"{name}\"] }}`"
    )
}

fn known_key_format(word: &Word) -> Result<KeyFormat> {
    let path = word.path()?;
    if path.is_ident("json") {
        return Ok(KeyFormat::Json);
    }
    if path.is_ident("avro") {
        return match cfg!(feature = "avro") {
            true => Ok(KeyFormat::Avro),
            false => Err(syn::Error::new_spanned(path, needs_feature("key_format", "avro"))),
        };
    }
    let text = "the format of a key is `json` or `avro`; without `key_format` it is that of Java's serializer for the \
                field's type";
    let text = match FORMATS.iter().find(|format| path.is_ident(format)) {
        Some(format) => format!("keys are not written as `{format}`: {text}"),
        None => text.to_owned(),
    };
    Err(syn::Error::new_spanned(path, text))
}

fn read_struct<'i>(container: &Container, fields: &'i Fields, errors: &mut Errors) -> Struct<'i> {
    if let Some((word, _)) = &container.type_header {
        errors.add(word, "`type_header` says which variant of an enum a record is: a struct has none");
    }
    let format = match &container.format {
        Some((_, Format::Known(name))) => Format::Known(name.clone()),
        Some((_, Format::Own(path))) => Format::Own(path.clone()),
        None => Format::Known(Ident::new("Json", Span::call_site())),
    };
    let fields = fields.members().zip(fields).map(|(member, field)| {
        let roles = words(&field.attrs, &FIELD, errors)
            .iter()
            .filter_map(|word| {
                let part = part(word, &member);
                errors.take(part).map(|part| Role { word: word.name.clone(), part })
            })
            .collect();
        let value = if is_skipped(&field.attrs) { InValue::No } else { InValue::Yes };
        Field { member, ty: &field.ty, roles, value }
    });
    Struct {
        fields: fields.collect(),
        format,
        keys: container.key_format.as_ref().map_or(KeyFormat::Plain, |(_, format)| *format),
        transparent: container.transparent.clone(),
    }
}

fn part(word: &Word, member: &Member) -> Result<Part> {
    let name = word.name.to_string();
    if name == "header" {
        return header(word, member).map(Part::Header);
    }
    word.alone()?;
    Ok(match name.as_str() {
        "key" => Part::Key,
        "partition_by" => Part::PartitionBy,
        "headers" => Part::Headers,
        "timestamp" => Part::Timestamp,
        "offset" => Part::Offset,
        "partition" => Part::Partition,
        _ => Part::Topic,
    })
}

/// The header's name: as said, or as the field is called, with hyphens.
fn header(word: &Word, member: &Member) -> Result<LitStr> {
    match (&word.value, member) {
        (Some(_), _) => word.text(),
        (None, Member::Named(name)) => {
            let name = name.to_string();
            Ok(LitStr::new(&name.trim_start_matches("r#").replace('_', "-"), word.name.span()))
        }
        (None, Member::Unnamed(_)) => {
            let text = "a field without a name has no name for its header: `header = \"…\"`";
            Err(syn::Error::new_spanned(&word.name, text))
        }
    }
}

/// Whether serde leaves the field out.
fn is_skipped(attributes: &[Attribute]) -> bool {
    let mut skipped = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // What serde does not understand, serde says.
        let _ = attribute.parse_nested_meta(|meta| {
            skipped |= meta.path.is_ident("skip") || meta.path.is_ident("skip_deserializing");
            if meta.input.peek(Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            }
            Ok(())
        });
    }
    skipped
}

fn read_enum<'i>(
    container: &Container,
    input: &'i DeriveInput,
    variants: impl Iterator<Item = &'i syn::Variant>,
    errors: &mut Errors,
) -> Option<Enum<'i>> {
    let of_structs = [
        container.format.as_ref().map(|(word, _)| word),
        container.key_format.as_ref().map(|(word, _)| word),
        container.transparent.as_ref(),
    ];
    for word in of_structs.into_iter().flatten() {
        errors.add(word, format!("`{word}` is said at the messages that the variants hold, not at the enum"));
    }
    let variants = variants.filter_map(|variant| read_variant(variant, errors)).collect();
    let Some((_, type_header)) = &container.type_header else {
        let text =
            "an enum says in which header its records name their variant: #[kafka(type_header = \"type\")]";
        errors.add(&input.ident, text);
        return None;
    };
    Some(Enum { type_header: type_header.clone(), variants })
}

fn read_variant<'i>(variant: &'i syn::Variant, errors: &mut Errors) -> Option<Variant<'i>> {
    let mut is = Vec::new();
    for word in words(&variant.attrs, &VARIANT, errors) {
        let one = match word.name.to_string().as_str() {
            "tag" => word.text().map(Is::Tagged),
            _ => word.alone().map(|()| Is::Other(word.name.clone())),
        };
        is.extend(errors.take(one));
    }
    for field in &variant.fields {
        words(&field.attrs, &[], errors);
    }
    let ty = match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first().map(|field| &field.ty),
        _ => None,
    };
    let Some(ty) = ty else {
        let name = &variant.ident;
        errors.add(variant, format!("a variant holds one message: `{name}(Message)`"));
        return None;
    };
    let mut is = is.into_iter();
    match (is.next(), is.next()) {
        (Some(is), None) => Some(Variant { name: &variant.ident, ty, is }),
        (Some(_), Some(_)) => {
            errors.add(&variant.ident, "a variant has a tag or is `other`, not both");
            None
        }
        (None, _) => {
            let text = "which records are this variant? #[kafka(tag = \"…\")], or #[kafka(other)] for those that no tag is of";
            errors.add(&variant.ident, text);
            None
        }
    }
}
