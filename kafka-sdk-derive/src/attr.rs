//! `#[kafka(..)]` as it is written: names, with or without values.

use crate::errors::Errors;
use crate::suggest::hint;
use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Path, Token};

/// One word of it.
pub(crate) struct Word {
    pub(crate) name: Ident,
    pub(crate) value: Option<Expr>,
}

impl Parse for Word {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any)?;
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { name, value })
    }
}

impl ToTokens for Word {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.name.to_tokens(tokens);
        self.value.to_tokens(tokens);
    }
}

impl Word {
    /// The text that it is set to.
    pub(crate) fn text(&self) -> syn::Result<LitStr> {
        match &self.value {
            Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Ok(text.clone()),
            Some(other) => {
                Err(syn::Error::new_spanned(other, format!("`{}` is set to a text in quotes", self.name)))
            }
            None => {
                let text = format!("`{0}` needs a text: `{0} = \"…\"`", self.name);
                Err(syn::Error::new_spanned(&self.name, text))
            }
        }
    }

    /// The path that it is set to, in quotes or not.
    pub(crate) fn path(&self) -> syn::Result<Path> {
        match &self.value {
            Some(Expr::Path(path)) => Ok(path.path.clone()),
            Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => text.parse(),
            Some(other) => Err(syn::Error::new_spanned(other, format!("`{}` is set to a path", self.name))),
            None => {
                let text = format!("`{0}` needs a path: `{0} = a::b`", self.name);
                Err(syn::Error::new_spanned(&self.name, text))
            }
        }
    }

    /// That it is not set to anything.
    pub(crate) fn alone(&self) -> syn::Result<()> {
        match &self.value {
            None => Ok(()),
            Some(value) => {
                Err(syn::Error::new_spanned(value, format!("`{}` stands alone, without a value", self.name)))
            }
        }
    }
}

/// The words of all `#[kafka(..)]` of one item; those that are not `known` here, or come twice, are mistakes.
pub(crate) fn words(attributes: &[Attribute], known: &[&str], errors: &mut Errors) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("kafka")) {
        let parsed = attribute.parse_args_with(Punctuated::<Word, Token![,]>::parse_terminated);
        for word in errors.take(parsed).into_iter().flatten() {
            let name = word.name.to_string();
            if !known.contains(&name.as_str()) {
                errors.add(&word.name, format!("there is no `{name}` here: {}", hint(&name, known)));
            } else if words.iter().any(|before| before.name == word.name) {
                errors.add(&word.name, format!("`{name}` is said twice"));
            } else {
                words.push(word);
            }
        }
    }
    words
}
