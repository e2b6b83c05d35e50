//! DefaultPrincipalData.

use crate::error::DecodeError;
use crate::message::Message;
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DefaultPrincipalData {
    /// Versions 0.
    pub r#type: String,
    /// Versions 0.
    pub name: String,
    /// Versions 0.
    pub token_authenticated: bool,
}

impl Element for DefaultPrincipalData {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.r#type);
        w.string(&self.name);
        w.bool(self.token_authenticated);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { r#type: r.string()?, name: r.string()?, token_authenticated: r.bool()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for DefaultPrincipalData {
    const NAME: &'static str = "DefaultPrincipalData";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 1;
}
