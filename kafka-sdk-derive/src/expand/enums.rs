//! An enum: a header says which of its messages a record is.

use super::Body;
use crate::model::{Enum, Is, Variant};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

pub(super) fn body(krate: &Path, shape: &Enum<'_>) -> Body {
    let bounds = shape.variants.iter().map(|variant| {
        let ty = variant.ty;
        syn::parse_quote!(#ty: #krate::KafkaMessage)
    });
    Body {
        key: key(krate, shape),
        to_record: to_record(krate, shape),
        from_message: from_message(krate, shape),
        bounds: bounds.collect(),
        format: None,
    }
}

/// That of the first variant with a tag: a tombstone has no tag, so that all of them have one kind of key.
fn key(krate: &Path, shape: &Enum<'_>) -> TokenStream {
    let tagged = shape.variants.iter().find(|variant| matches!(variant.is, Is::Tagged(_)));
    let ty = tagged.map(|variant| variant.ty);
    quote!(<#ty as #krate::KafkaMessage>::Key<'k>)
}

fn to_record(krate: &Path, shape: &Enum<'_>) -> TokenStream {
    let header = &shape.type_header;
    let arms = shape.variants.iter().map(|Variant { name, ty, is }| {
        let record = quote_spanned!(ty.span()=> #krate::KafkaMessage::to_record(message, buffer));
        match is {
            Is::Tagged(tag) => {
                quote!(Self::#name(message) => ::core::result::Result::Ok(#record?.header(#header, #tag)),)
            }
            Is::Other(_) => quote!(Self::#name(message) => #record,),
        }
    });
    quote!(match self { #(#arms)* })
}

fn from_message(krate: &Path, shape: &Enum<'_>) -> TokenStream {
    let header = &shape.type_header;
    let decoded = |Variant { name, ty, .. }: &Variant<'_>| quote_spanned!(ty.span()=> <#ty as #krate::KafkaMessage>::from_message(message).map(Self::#name));
    let arms = shape.variants.iter().filter_map(|variant| match &variant.is {
        Is::Tagged(tag) => {
            let decoded = decoded(variant);
            Some(quote!(::core::option::Option::Some(#tag) => #decoded,))
        }
        Is::Other(_) => None,
    });
    let tags = shape.variants.iter().filter_map(|variant| match &variant.is {
        Is::Tagged(tag) => Some(tag),
        Is::Other(_) => None,
    });
    let last = match shape.variants.iter().find(|variant| matches!(variant.is, Is::Other(_))) {
        Some(other) => {
            let decoded = decoded(other);
            quote!(_ => #decoded,)
        }
        None => {
            quote!(tag => ::core::result::Result::Err(#krate::typed::unknown_tag(#header, tag, &[#(#tags),*])),)
        }
    };
    quote!(match #krate::typed::tag(message, #header) { #(#arms)* #last })
}
