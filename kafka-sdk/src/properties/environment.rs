//! Settings out of environment variables: `KAFKA_LINGER_MS` for `linger.ms`.

use crate::error::{Error, ErrorKind, Result};
use crate::settings::{Tables, nearest};
use std::ffi::OsString;
use tracing::debug;

/// The pairs of the variables that begin with `prefix`.
///
/// Many a variable begins with `KAFKA_` that is not meant for a client: `KAFKA_HEAP_OPTS`, or `KAFKA_SERVICE_HOST`, which
/// Kubernetes makes up. So a name that is like none of ours is left alone; one that is nearly ours is taken for it, and is
/// then refused as unknown.
///
/// # Errors
/// A value of ours that is not Unicode.
pub(super) fn pairs(
    prefix: &str,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    tables: Tables,
) -> Result<Vec<(String, String)>> {
    let names: Vec<&'static str> = tables.iter().flat_map(|table| table.names()).collect();
    let mut pairs = Vec::new();
    let mut strangers = Vec::new();
    for (variable, value) in variables {
        let Some(rest) = variable.to_str().and_then(|variable| variable.strip_prefix(prefix)) else {
            continue;
        };
        let named = names.iter().copied().find(|name| variable_of(name) == rest);
        let dotted = rest.to_lowercase().replace('_', ".");
        let name = match named {
            Some(name) => name.to_owned(),
            None if nearest(&dotted, names.iter().copied()).is_some() => dotted,
            None => {
                strangers.push(format!("{prefix}{rest}"));
                continue;
            }
        };
        pairs.push((name, value.into_string().map_err(|_| not_unicode(prefix, rest))?));
    }
    if !strangers.is_empty() {
        let variables = strangers.join(", ");
        debug!(target: "kafka_sdk::settings", variables, "variables that are no settings");
    }
    Ok(pairs)
}

fn variable_of(name: &str) -> String {
    name.to_uppercase().replace('.', "_")
}

fn not_unicode(prefix: &str, rest: &str) -> Error {
    Error::new(ErrorKind::Settings, format!("the value of {prefix}{rest} is not Unicode"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::TABLES;

    #[test]
    fn variables_are_settings_where_they_are_like_one() {
        let read = |variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            pairs("KAFKA_", variables, TABLES).unwrap()
        };
        let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        assert_eq!(read(&[("KAFKA_BOOTSTRAP_SERVERS", "h")]), pair("bootstrap.servers", "h"));
        assert_eq!(read(&[("KAFKA_LOG_LEVEL", "7")]), pair("log_level", "7"));
        assert_eq!(read(&[("KAFKA_BOOTSTRAP_SERVER", "h")]), pair("bootstrap.server", "h"));
        let strangers = [
            "KAFKA_HEAP_OPTS",
            "KAFKA_OPTS",
            "KAFKA_HOME",
            "KAFKA_PORT",
            "KAFKA_SERVICE_HOST",
            "KAFKA_PORT_9092_TCP",
            "PATH",
        ];
        assert_eq!(read(&strangers.map(|name| (name, "x"))), []);
        assert_eq!(read(&[("MYAPP_LINGER_MS", "1")]), []);
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_unicode_is_refused_if_it_is_ours() {
        use std::ffi::OsString;
        use std::os::unix::ffi::OsStringExt;
        let bytes = || OsString::from_vec(vec![0xff]);
        let read = |name: OsString| pairs("KAFKA_", [(name, bytes())], TABLES);
        let error = read("KAFKA_CLIENT_ID".into()).unwrap_err();
        assert_eq!(error.to_string(), "the value of KAFKA_CLIENT_ID is not Unicode");
        assert!(read("KAFKA_HEAP_OPTS".into()).unwrap().is_empty());
        assert!(read(bytes()).unwrap().is_empty());
    }
}
