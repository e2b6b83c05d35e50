//! Mistakes, collected.

use proc_macro2::Span;
use quote::ToTokens;
use std::fmt::Display;
use syn::{Error, Result};

#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn add(&mut self, at: impl ToTokens, text: impl Display) {
        self.push(Error::new_spanned(at, text));
    }

    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn take<T>(&mut self, outcome: Result<T>) -> Option<T> {
        outcome.map_err(|error| self.push(error)).ok()
    }

    /// The value, unless there was a mistake; where there is no value, there was one.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T> {
        match (self.0, value) {
            (None, Some(value)) => Ok(value),
            (Some(error), _) => Err(error),
            (None, None) => Err(Error::new(Span::call_site(), "this is no message")),
        }
    }
}
