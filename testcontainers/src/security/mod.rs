//! Listeners that ask who a client is: what they are like, what they are reached by, and what a client needs for that.
//!
//! ```text
//! Listener (protocol, Logins, client certificates) ──start──▶ Endpoint ──▶ ClientProperties
//!                                      tls: Certificates ──────┘ (feature `tls`)
//! ```

mod client_properties;
mod endpoint;
#[cfg(feature = "tls")]
mod jks;
mod listener;
mod login;
#[cfg(feature = "tls")]
pub(crate) mod tls;
/// Without the feature there is no listener that takes certificates, and so there are none.
#[cfg(not(feature = "tls"))]
#[path = "without_tls.rs"]
pub(crate) mod tls;

pub use client_properties::ClientProperties;
pub use endpoint::Endpoint;
pub use listener::{Listener, SecurityProtocol};
pub use login::{Login, Mechanism};
#[cfg(feature = "tls")]
pub use tls::ClientCertificate;
