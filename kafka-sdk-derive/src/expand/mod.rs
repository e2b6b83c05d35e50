//! The impl: plain code, as somebody would write it by hand.

mod enums;
mod structs;

use crate::model::{Message, Shape};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, LitStr, Path, WherePredicate, parse_quote};

/// The parts of an impl that depend on what kind of type it is.
struct Body {
    key: TokenStream,
    to_record: TokenStream,
    from_message: TokenStream,
    /// What has to hold where types are parameters.
    bounds: Vec<WherePredicate>,
    /// That of the value, if the value is the type's own.
    format: Option<TokenStream>,
}

pub(crate) fn message(message: &Message<'_>) -> TokenStream {
    let body = match &message.shape {
        Shape::Struct(shape) => structs::body(&message.krate, shape),
        Shape::Enum(shape) => enums::body(&message.krate, shape),
    };
    let warnings = match &message.shape {
        Shape::Struct(shape) => structs::warnings(shape),
        Shape::Enum(_) => TokenStream::new(),
    };
    let (krate, name, topic) = (&message.krate, message.name, option(message.topic.as_ref()));
    let mut generics = message.generics.clone();
    let parameters: Vec<_> =
        message.generics.type_params().map(|parameter| parameter.ident.clone()).collect();
    if let Some(bound) = &message.bound {
        generics.make_where_clause().predicates.extend(bound.iter().cloned());
    } else if !parameters.is_empty() {
        let clause = generics.make_where_clause();
        let plain: Vec<WherePredicate> = parameters
            .iter()
            .map(|parameter| parse_quote!(#parameter: ::core::marker::Send + ::core::marker::Unpin + 'static))
            .collect();
        clause.predicates.extend(plain.into_iter().chain(body.bounds));
    }
    let (of_impl, of_type, clause) = generics.split_for_impl();
    let Body { key, to_record, from_message, format, .. } = body;
    let of_format = format.map(|format| {
        quote! {
            #[automatically_derived]
            impl #of_impl #krate::typed::HasFormat for #name #of_type #clause {
                type Format = #format;
            }
        }
    });
    quote! {
        #warnings
        #of_format
        #[automatically_derived]
        impl #of_impl #krate::KafkaMessage for #name #of_type #clause {
            const TOPIC: ::core::option::Option<&'static str> = #topic;
            type Key<'k> = #key;

            fn to_record<'r>(
                &'r self,
                buffer: &'r mut ::std::vec::Vec<u8>,
            ) -> #krate::Result<#krate::Record<'r>> {
                #to_record
            }

            fn from_message(message: &#krate::Message) -> #krate::Result<Self> {
                #from_message
            }
        }
    }
}

fn option(text: Option<&LitStr>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}

/// An impl for a type whose attributes are wrong: so that its uses are no errors of their own.
pub(crate) fn stub(input: &DeriveInput) -> TokenStream {
    let krate: Path = parse_quote!(::kafka_sdk);
    let name = &input.ident;
    let (of_impl, of_type, clause) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #of_impl #krate::KafkaMessage for #name #of_type #clause {
            const TOPIC: ::core::option::Option<&'static str> = ::core::option::Option::Some("");
            type Key<'k> = &'k [u8];

            fn to_record<'r>(
                &'r self,
                _: &'r mut ::std::vec::Vec<u8>,
            ) -> #krate::Result<#krate::Record<'r>> {
                ::core::unreachable!()
            }

            fn from_message(_: &#krate::Message) -> #krate::Result<Self> {
                ::core::unreachable!()
            }
        }
    }
}
