//! What does not go together.

use crate::errors::Errors;
use crate::model::{Enum, InValue, Is, KeyFormat, Message, Part, Role, Shape, Struct};
use std::collections::BTreeMap;
use syn::LitStr;

pub(crate) fn check(message: &Message<'_>, errors: &mut Errors) {
    if let Some(topic) = &message.topic {
        check_topic(topic, errors);
    }
    match &message.shape {
        Shape::Struct(shape) => check_struct(shape, errors),
        Shape::Enum(shape) => check_enum(shape, errors),
    }
}

/// As a broker does it.
fn check_topic(topic: &LitStr, errors: &mut Errors) {
    let name = topic.value();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() {
        errors.add(topic, "a topic has a name: leave `topic` out where it is only known when sending");
    } else if name == "." || name == ".." {
        errors.add(topic, format!("no topic is called `{name}`"));
    } else if let Some(c) = name.chars().find(|&c| !allowed(c)) {
        errors.add(topic, format!("a topic's name has letters, digits, `.`, `_` and `-`, and no {c:?}"));
    } else if name.len() > 249 {
        errors.add(topic, format!("a topic's name has at most 249 characters, not {}", name.len()));
    }
}

fn check_struct(shape: &Struct<'_>, errors: &mut Errors) {
    if let Some(word) = &shape.transparent
        && shape.fields.len() != 1
    {
        let text =
            format!("`transparent` is for a struct of one field, and this one has {}", shape.fields.len());
        errors.add(word, text);
    }
    check_once(shape, errors);
    check_headers(shape, errors);
    for field in &shape.fields {
        for role in
            field.roles.iter().filter(|role| role.part.is_place() || matches!(role.part, Part::Headers))
        {
            if field.value == InValue::Yes && shape.transparent.is_none() {
                let word = &role.word;
                errors.add(word, format!("`{word}` is not of the value: add #[serde(skip)]"));
            }
        }
    }
}

/// Most parts of a record are one field.
fn check_once(shape: &Struct<'_>, errors: &mut Errors) {
    let mut seen: BTreeMap<String, &Role> = BTreeMap::new();
    for role in shape.fields.iter().flat_map(|field| &field.roles) {
        let repeats = match role.part {
            Part::Header(_) => true,
            Part::Key => shape.keys != KeyFormat::Plain,
            _ => false,
        };
        let name = role.word.to_string();
        if let Some(before) = seen.insert(name.clone(), role).filter(|_| !repeats) {
            let text = match role.part {
                Part::Key => {
                    "two keys: one field is the key, or several are with `key_format = json`".to_owned()
                }
                _ => format!("two fields are `{name}`"),
            };
            errors.add(&before.word, &text);
            errors.add(&role.word, &text);
        }
    }
}

fn check_headers(shape: &Struct<'_>, errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for role in shape.fields.iter().flat_map(|field| &field.roles) {
        let Part::Header(name) = &role.part else { continue };
        if name.value().is_empty() {
            errors.add(name, "a header has a name");
        } else if seen.contains(&name.value()) {
            let text =
                format!("two fields are the header `{}`: a `Vec` holds one that repeats", name.value());
            errors.add(name, text);
        }
        seen.push(name.value());
    }
}

fn check_enum(shape: &Enum<'_>, errors: &mut Errors) {
    if shape.type_header.value().is_empty() {
        errors.add(&shape.type_header, "a header has a name");
    }
    let mut tags: Vec<String> = Vec::new();
    let mut others = 0;
    for variant in &shape.variants {
        match &variant.is {
            Is::Tagged(tag) if tags.contains(&tag.value()) => {
                errors.add(tag, format!("two variants have the tag `{}`", tag.value()));
            }
            Is::Tagged(tag) => tags.push(tag.value()),
            Is::Other(word) => {
                others += 1;
                if others > 1 {
                    errors.add(word, "two variants are `other`");
                }
            }
        }
    }
    if tags.is_empty() {
        errors.add(&shape.type_header, "no variant has a tag: #[kafka(tag = \"…\")]");
    }
}
