use std::fmt;
use std::str::FromStr;

/// 16 bytes, shown as Kafka shows them: 22 characters of URL-safe base64 without padding.
///
/// Topic ids (KIP-516), directory ids and KIP-848 member ids are of this type; [`Uuid::ZERO`] means *none*.
///
/// ```
/// use kafka_sdk_protocol::wire::Uuid;
/// let id: Uuid = "AAAAAAAAAAAAAAAAAAAAAQ".parse()?;
/// assert_eq!(id, Uuid([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]));
/// # Ok::<(), kafka_sdk_protocol::wire::ParseUuidError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uuid(pub [u8; 16]);

impl Uuid {
    /// No id.
    pub const ZERO: Self = Self([0; 16]);

    /// Whether this is [`Uuid::ZERO`].
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl fmt::Display for Uuid {
    #[allow(clippy::indexing_slicing, reason = "six bits")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 128 bits in 22 groups of 6: the last group holds the last 2 bits and 4 zeros.
        let bits = u128::from_be_bytes(self.0);
        let mut text = [0u8; 22];
        for (i, character) in text.iter_mut().enumerate() {
            let six = if i < 21 { bits >> (122 - 6 * i) } else { bits << 4 };
            *character = ALPHABET[(six & 63) as usize];
        }
        f.write_str(&text.iter().map(|&c| char::from(c)).collect::<String>())
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not 22 characters of URL-safe base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a Kafka uuid: 22 characters of URL-safe base64 are expected")]
pub struct ParseUuidError;

impl FromStr for Uuid {
    type Err = ParseUuidError;

    fn from_str(text: &str) -> Result<Self, ParseUuidError> {
        if text.len() != 22 {
            return Err(ParseUuidError);
        }
        let mut bits = 0u128;
        for (i, c) in text.bytes().enumerate() {
            let six = ALPHABET.iter().position(|&a| a == c).ok_or(ParseUuidError)? as u128;
            match i {
                21 if six & 15 != 0 => return Err(ParseUuidError),
                21 => bits = (bits << 2) | (six >> 4),
                _ => bits = (bits << 6) | six,
            }
        }
        Ok(Self(bits.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_agree_with_kafka() {
        // As Java's Uuid prints the two halves 0x0123456789abcdef and 0xfedcba9876543210.
        let id = Uuid(0x0123_4567_89ab_cdef_fedc_ba98_7654_3210_u128.to_be_bytes());
        assert_eq!(id.to_string(), "ASNFZ4mrze_-3LqYdlQyEA");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(Uuid::ZERO.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
        assert!("ASNFZ4mrze_-3LqYdlQyEB".parse::<Uuid>().is_err(), "the last four bits must be zero");
        assert!("short".parse::<Uuid>().is_err());
    }
}
