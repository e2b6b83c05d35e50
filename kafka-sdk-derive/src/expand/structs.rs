//! A struct: which of its fields are which part of the record.

use super::Body;
use crate::model::{Field, Format, InValue, KeyFormat, Part, Struct, Times, inside, times};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Member, Path, Type, WherePredicate, parse_quote};

pub(super) fn body(krate: &Path, shape: &Struct<'_>) -> Body {
    let writer = Writer { krate, shape };
    Body {
        key: writer.key(),
        to_record: writer.writing(),
        from_message: writer.reading(),
        bounds: writer.bounds(),
        format: writer.transparent().is_none().then(|| writer.format()),
    }
}

/// Stable Rust has no warnings of macros: a deprecated name is one.
pub(super) fn warnings(shape: &Struct<'_>) -> TokenStream {
    let has_key = parts(shape).any(|(_, part)| matches!(part, Part::Key));
    let roles = || shape.fields.iter().flat_map(|field| &field.roles);
    let Some(placed) = roles().find(|role| matches!(role.part, Part::PartitionBy)).filter(|_| !has_key)
    else {
        return TokenStream::new();
    };
    let name = Ident::new("partition_by_without_key", placed.word.span());
    quote! {
        const _: () = {
            #[deprecated(note = "records go to partitions by this field, but have no key: #[kafka(key)] has both")]
            #[allow(non_upper_case_globals)]
            const #name: () = ();
            #name
        };
    }
}

fn parts<'s>(shape: &'s Struct<'_>) -> impl Iterator<Item = (&'s Field<'s>, &'s Part)> {
    shape.fields.iter().flat_map(|field| field.roles.iter().map(move |role| (field, &role.part)))
}

struct Writer<'s> {
    krate: &'s Path,
    shape: &'s Struct<'s>,
}

impl Writer<'_> {
    fn format(&self) -> TokenStream {
        let krate = self.krate;
        match &self.shape.format {
            Format::Known(name) => quote!(#krate::typed::#name),
            Format::Own(path) => path.to_token_stream(),
        }
    }

    /// The only field, if the value is its value.
    fn transparent(&self) -> Option<&Field<'_>> {
        self.shape.fields.first().filter(|_| self.shape.transparent.is_some())
    }

    fn keys(&self) -> Vec<&Field<'_>> {
        parts(self.shape).filter(|(_, part)| matches!(part, Part::Key)).map(|(field, _)| field).collect()
    }

    /// The type of a tombstone's key.
    fn key(&self) -> TokenStream {
        let krate = self.krate;
        match (self.keys().as_slice(), self.shape.keys) {
            ([], _) => quote!(#krate::typed::NoKey),
            (_, KeyFormat::Json) => quote!(#krate::typed::JsonKey),
            (_, KeyFormat::Avro) => quote!(#krate::typed::AvroKey),
            ([first, ..], KeyFormat::Plain) => {
                let ty = inside(first.ty, "Option").unwrap_or(first.ty);
                quote_spanned!(ty.span()=> <#ty as #krate::typed::Key>::Lent<'k>)
            }
        }
    }

    fn writing(&self) -> TokenStream {
        let (krate, format) = (self.krate, self.format());
        let value = match self.transparent() {
            Some(Field { member, .. }) => quote!(#krate::typed::encode::<#format, _>(&self.#member, buffer)?),
            None => quote!(#krate::typed::encode_value(self, buffer)?),
        };
        let steps: Vec<_> = self
            .joined_key()
            .into_iter()
            .chain(parts(self.shape).filter_map(|(f, p)| self.step(f, p)))
            .collect();
        let mutable = if steps.is_empty() { TokenStream::new() } else { quote!(mut) };
        quote! {
            let #mutable record = #krate::Record::new(#value);
            #(#steps)*
            ::core::result::Result::Ok(record)
        }
    }

    /// The key of several fields.
    fn joined_key(&self) -> Option<TokenStream> {
        let krate = self.krate;
        let key = match self.shape.keys {
            KeyFormat::Json => quote!(#krate::typed::JsonKey::new()),
            KeyFormat::Avro => quote!(#krate::typed::AvroKey::new()),
            KeyFormat::Plain => return None,
        };
        if self.keys().is_empty() {
            return None;
        }
        let fields = self.keys().into_iter().map(|Field { member, ty, .. }| {
            let name = name_of(member);
            quote_spanned!(ty.span()=> .field(#name, &self.#member)?)
        });
        Some(quote!(record = record.key(#key #(#fields)*);))
    }

    /// What a field does for the record.
    fn step(&self, field: &Field<'_>, part: &Part) -> Option<TokenStream> {
        let (krate, member) = (self.krate, &field.member);
        let of_key = |ty: &Type| quote_spanned!(ty.span()=> <#ty as #krate::typed::Key>::to_payload(value));
        let of_time =
            |ty: &Type| quote_spanned!(ty.span()=> <#ty as #krate::typed::EventTime>::to_timestamp(value));
        match part {
            Part::Key if self.shape.keys != KeyFormat::Plain => None,
            Part::Key => Some(one_or_none(member, field.ty, "key", of_key)),
            Part::PartitionBy => Some(one_or_none(member, field.ty, "partition_by", of_key)),
            Part::Timestamp => Some(one_or_none(member, field.ty, "timestamp", of_time)),
            Part::Header(name) => {
                let payload = |ty: &Type| quote_spanned!(ty.span()=> <#ty as #krate::typed::HeaderValue>::to_payload(value));
                Some(match times(field.ty) {
                    Times::One(ty) => {
                        let payload = payload(ty);
                        quote!(let value = &self.#member; record = record.header(#name, #payload);)
                    }
                    Times::AtMostOne(ty) => {
                        let payload = payload(ty);
                        quote!(if let ::core::option::Option::Some(value) = &self.#member {
                            record = record.header(#name, #payload);
                        })
                    }
                    Times::Any(ty) => {
                        let payload = payload(ty);
                        quote!(for value in &self.#member { record = record.header(#name, #payload); })
                    }
                })
            }
            Part::Headers => Some(quote!(for (name, value) in self.#member.iter() {
                record = #krate::typed::with_header(record, name, value);
            })),
            Part::Offset | Part::Partition | Part::Topic => None,
        }
    }

    fn reading(&self) -> TokenStream {
        let krate = self.krate;
        if let Some(Field { member, .. }) = self.transparent() {
            let format = self.format();
            return quote!(::core::result::Result::Ok(Self { #member: #krate::typed::decode::<#format, _>(message)? }));
        }
        let restored: Vec<_> = self
            .shape
            .fields
            .iter()
            .filter(|field| field.value == InValue::No)
            .filter_map(|field| field.roles.iter().find_map(|role| self.restored(field, &role.part)))
            .collect();
        let decoded = quote!(#krate::typed::decode_value(message));
        if restored.is_empty() {
            return decoded;
        }
        quote! {
            let mut decoded: Self = #decoded?;
            #(#restored)*
            ::core::result::Result::Ok(decoded)
        }
    }

    /// What is not in the value, from where it is.
    fn restored(&self, field: &Field<'_>, part: &Part) -> Option<TokenStream> {
        let (krate, member, name) = (self.krate, &field.member, name_of(&field.member));
        let from = match part {
            Part::Key if self.shape.keys == KeyFormat::Json => {
                quote!(#krate::typed::json_key_field(message, #name)?)
            }
            Part::Key if self.shape.keys == KeyFormat::Avro => {
                let fields = self.keys().into_iter().map(|Field { member, ty, .. }| {
                    let name = name_of(member);
                    quote_spanned!(ty.span()=> (#name, #krate::typed::avro_schema::<#ty>))
                });
                quote!(#krate::typed::avro_key_field(message, #name, &[#(#fields),*])?)
            }
            Part::Key => match inside(field.ty, "Option") {
                Some(_) => quote!(#krate::typed::optional_key(message, #name)?),
                None => quote!(#krate::typed::key(message, #name)?),
            },
            Part::Header(header) => {
                let read = match times(field.ty) {
                    Times::One(_) => format_ident!("header"),
                    Times::AtMostOne(_) => format_ident!("optional_header"),
                    Times::Any(_) => format_ident!("repeated_header"),
                };
                quote!(#krate::typed::#read(message, #header, #name)?)
            }
            Part::Headers => {
                let claimed = parts(self.shape).filter_map(|(_, part)| match part {
                    Part::Header(name) => Some(name),
                    _ => None,
                });
                quote!(#krate::typed::other_headers(message, &[#(#claimed),*]))
            }
            Part::Timestamp => match inside(field.ty, "Option") {
                Some(_) => quote!(#krate::typed::optional_time(message)),
                None => quote!(#krate::typed::EventTime::from_timestamp(message.timestamp())),
            },
            Part::Offset => quote!(message.offset()),
            Part::Partition => quote!(message.partition()),
            Part::Topic => quote!(::core::convert::From::from(message.topic())),
            // A partition is placed by it, and nothing has it.
            Part::PartitionBy => return None,
        };
        Some(quote_spanned!(field.ty.span()=> decoded.#member = #from;))
    }

    fn bounds(&self) -> Vec<WherePredicate> {
        let (krate, format) = (self.krate, self.format());
        let value: Type = match self.transparent() {
            Some(field) => field.ty.clone(),
            None => parse_quote!(Self),
        };
        let of_format: WherePredicate = parse_quote!(#format: #krate::typed::Format<#value>);
        let of_parts = parts(self.shape).filter_map(|(field, part)| {
            let plain = inside(field.ty, "Option").unwrap_or(field.ty);
            match part {
                Part::Key | Part::PartitionBy => Some(parse_quote!(#plain: #krate::typed::Key)),
                Part::Timestamp => Some(parse_quote!(#plain: #krate::typed::EventTime)),
                Part::Header(_) => {
                    let (Times::One(ty) | Times::AtMostOne(ty) | Times::Any(ty)) = times(field.ty);
                    Some(parse_quote!(#ty: #krate::typed::HeaderValue))
                }
                _ => None,
            }
        });
        [of_format].into_iter().chain(of_parts).collect()
    }
}

/// Sets a part of the record to what a field has; nothing for one that is none.
fn one_or_none(
    member: &Member,
    ty: &Type,
    setter: &str,
    converted: impl Fn(&Type) -> TokenStream,
) -> TokenStream {
    let setter = format_ident!("{setter}");
    match inside(ty, "Option") {
        Some(inner) => {
            let converted = converted(inner);
            quote!(if let ::core::option::Option::Some(value) = &self.#member {
                record = record.#setter(#converted);
            })
        }
        None => {
            let converted = converted(ty);
            quote!(let value = &self.#member; record = record.#setter(#converted);)
        }
    }
}

/// What errors call a field.
fn name_of(member: &Member) -> String {
    match member {
        Member::Named(name) => name.to_string().trim_start_matches("r#").to_owned(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}
