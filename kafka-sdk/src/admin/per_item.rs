//! One result for each thing that an operation was asked to do: one that fails does not hide the others.

use crate::error::{Error, Result};
use kafka_sdk_protocol::ErrorCode;

/// One result for each item that was asked for, in that order.
#[derive(Debug)]
#[must_use = "each item has succeeded or failed by itself: see `all`, `errors`"]
pub struct PerItem<K, V>(Vec<(K, Result<V>)>);

impl<K, V> PerItem<K, V> {
    /// Each item with its result.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &Result<V>)> {
        self.0.iter().map(|(item, result)| (item, result))
    }

    /// All values.
    ///
    /// # Errors
    /// The first item's that failed.
    pub fn all(self) -> Result<Vec<(K, V)>> {
        self.0.into_iter().map(|(item, result)| Ok((item, result?))).collect()
    }

    /// Leaves out the items that failed with `code`.
    pub fn ignoring(mut self, code: ErrorCode) -> Self {
        self.0.retain(|(_, result)| !result.as_ref().is_err_and(|error| error.is(code)));
        self
    }

    /// The items that failed.
    pub fn errors(&self) -> impl Iterator<Item = (&K, &Error)> {
        self.0.iter().filter_map(|(item, result)| Some((item, result.as_ref().err()?)))
    }

    /// Number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K, V> FromIterator<(K, Result<V>)> for PerItem<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, Result<V>)>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<K, V> IntoIterator for PerItem<K, V> {
    type Item = (K, Result<V>);
    type IntoIter = std::vec::IntoIter<(K, Result<V>)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items() -> PerItem<&'static str, i32> {
        let exists = Error::of_code(ErrorCode::TOPIC_ALREADY_EXISTS, "there");
        PerItem::from_iter([("a", Ok(1)), ("b", Err(exists)), ("c", Ok(3))])
    }

    #[test]
    fn what_is_ignored_is_left_out() {
        assert_eq!(items().errors().map(|(item, _)| *item).collect::<Vec<_>>(), ["b"]);
        assert_eq!(items().all().unwrap_err().to_string(), "there");
        assert_eq!(items().ignoring(ErrorCode::TOPIC_ALREADY_EXISTS).all().unwrap(), [("a", 1), ("c", 3)]);
        assert!(items().ignoring(ErrorCode::INVALID_CONFIG).all().is_err());
    }
}
