//! Control records: what Kafka itself writes among the records of an application (KIP-98).

use crate::error::{DecodeError, DecodeErrorKind};

/// What a record of a control batch says, by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ControlRecord {
    /// The producer's transaction was aborted: its records up to here do not count.
    Abort,
    /// The producer's transaction was committed.
    Commit,
    /// Another kind, which concerns brokers only; the number that Kafka gives it.
    Other(i16),
}

impl ControlRecord {
    /// Reads the key of a control record: its version, and its type.
    ///
    /// ```
    /// use kafka_sdk_protocol::records::ControlRecord;
    /// assert_eq!(ControlRecord::from_key(&[0, 0, 0, 1]), Ok(ControlRecord::Commit));
    /// ```
    ///
    /// # Errors
    /// Fewer than four bytes, or a negative version.
    pub fn from_key(key: &[u8]) -> Result<Self, DecodeError> {
        match *key {
            // Later versions may have more behind it.
            [high, low, a, b, ..] if i16::from_be_bytes([high, low]) >= 0 => {
                Ok(match i16::from_be_bytes([a, b]) {
                    0 => Self::Abort,
                    1 => Self::Commit,
                    other => Self::Other(other),
                })
            }
            _ => Err(DecodeError::new(DecodeErrorKind::Batch, 0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_recognised_and_unknown_ones_keep_their_number() {
        assert_eq!(ControlRecord::from_key(&[0, 0, 0, 0]), Ok(ControlRecord::Abort));
        assert_eq!(ControlRecord::from_key(&[0, 1, 0, 1, 9]), Ok(ControlRecord::Commit));
        assert_eq!(ControlRecord::from_key(&[0, 0, 0, 7]), Ok(ControlRecord::Other(7)));
        for key in [&[][..], &[0, 0, 0], &[0xff, 0xff, 0, 1]] {
            assert!(ControlRecord::from_key(key).is_err());
        }
    }
}
