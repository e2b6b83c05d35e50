//! What stands for certificates where there is no TLS: nothing.

use std::path::Path;
use std::sync::Arc;

use super::Listener;
use crate::Error;

/// There are none.
#[derive(Debug)]
pub(crate) enum Certificates {}

impl Certificates {
    pub(crate) fn make(_: &[Listener], _: Option<&Path>) -> Result<Option<Arc<Self>>, Error> {
        Ok(None)
    }

    pub(crate) fn node_properties(&self) -> Vec<(&'static str, String)> {
        match *self {}
    }

    pub(crate) fn client_properties(&self, _: Option<&String>) -> Vec<(&'static str, String)> {
        match *self {}
    }
}
