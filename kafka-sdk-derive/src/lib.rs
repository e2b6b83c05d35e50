//! `#[derive(KafkaMessage)]` of the `kafka-sdk` crate, which has its manual at `kafka_sdk::KafkaMessage`.
//!
//! From the tokens to the impl in four steps: `attr` reads `#[kafka(..)]`, `model` says what the message is, `check`
//! finds what does not go together, `expand` writes the impl. Mistakes are collected, so that one compile shows them all.
#![forbid(unsafe_code)]

mod attr;
mod check;
mod errors;
mod expand;
mod model;
mod suggest;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Says what a type is on the wire: topic, key, headers, timestamp and format. The manual is at `kafka_sdk::KafkaMessage`.
#[proc_macro_derive(KafkaMessage, attributes(kafka))]
pub fn derive_kafka_message(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derive(&input).into()
}

/// The impl; or, after a mistake, what it was, and an impl that does nothing, so that one mistake is one error.
fn derive(input: &DeriveInput) -> proc_macro2::TokenStream {
    let mut errors = errors::Errors::default();
    let message = model::read(input, &mut errors);
    if let Some(message) = &message {
        check::check(message, &mut errors);
    }
    match errors.finish(message) {
        Ok(message) => expand::message(&message),
        Err(error) => {
            let (error, stub) = (error.to_compile_error(), expand::stub(input));
            quote::quote!(#error #stub)
        }
    }
}
