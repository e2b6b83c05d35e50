//! What stands in a field follows from the hash of its place: `golden/Messages.java` is this rule in Java.

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::wire::Uuid;

/// Which values a message is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Case {
    /// Nothing is set.
    Defaults,
    /// Everything that the version has, and nothing as it is by default.
    Full,
    /// Null where the version allows it, the rest as in [`Self::Full`].
    Nulls,
    /// 0, false, empty: also where the default is another.
    Zeros,
    /// As [`Self::Full`], and each struct has tagged fields that nobody knows.
    UnknownTags,
}

impl Case {
    pub(crate) const ALL: [Self; 5] =
        [Self::Defaults, Self::Full, Self::Nulls, Self::Zeros, Self::UnknownTags];

    /// Its name in the vectors.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Defaults => "defaults",
            Self::Full => "full",
            Self::Nulls => "nulls",
            Self::Zeros => "zeros",
            Self::UnknownTags => "unknown-tags",
        }
    }

    fn values(self) -> &'static str {
        if self == Self::UnknownTags { "full" } else { self.name() }
    }
}

/// Case, message, and the names and indices that lead to a field.
pub(crate) struct Place {
    case: Case,
    path: String,
    absent: Absent,
}

/// Paths of fields that a release does not have in versions that it does have: tagged fields can come later.
pub(crate) type Absent = &'static [&'static str];

impl Place {
    pub(crate) fn new(case: Case, path: &str, absent: Absent) -> Self {
        Self { case, path: path.to_owned(), absent }
    }

    fn child(&self, name: &str) -> Self {
        Self { path: format!("{}.{name}", self.path), ..*self }
    }

    /// Fills a field, whose name counts without its underscores.
    pub(crate) fn set<T: Fill>(&self, name: &str, field: &mut T, version: i16) {
        let place = self.field(name);
        if !self.absent.contains(&place.path.as_str()) {
            *field = T::fill(&place, version, Some(field));
        }
    }

    /// As [`Self::set`], for a field that can be null.
    pub(crate) fn set_or_null<T: Fill>(
        &self,
        name: &str,
        field: &mut Option<T>,
        version: i16,
        can_be_null: bool,
    ) {
        let is_null = can_be_null && self.case == Case::Nulls;
        *field = (!is_null).then(|| T::fill(&self.field(name), version, None));
    }

    fn field(&self, name: &str) -> Self {
        self.child(&name.trim_start_matches("r#").replace('_', ""))
    }

    pub(crate) fn is_defaults(&self) -> bool {
        self.case == Case::Defaults
    }

    pub(crate) fn is_zeros(&self) -> bool {
        self.case == Case::Zeros
    }

    /// FNV-1a, and a finish that lets every bit depend on every byte.
    fn hash(&self) -> u64 {
        let text = format!("{}:{}", self.case.values(), self.path);
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        mix(hash)
    }

    /// The two ends, -1, a small one, or anything, in the lowest `bits`.
    fn number(&self, bits: u32) -> u64 {
        let hash = self.hash();
        match hash & 7 {
            _ if self.is_zeros() => 0,
            0 => (1 << (bits - 1)) - 1,
            1 => 1 << (bits - 1),
            2 => u64::MAX,
            3 => hash >> 8 & 63,
            _ => (hash as i64 >> 8) as u64,
        }
    }
}

/// The finish of `MurmurHash3`.
fn mix(mut hash: u64) -> u64 {
    hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}

/// Made from a place.
pub(crate) trait Fill: Sized {
    /// The value of `place`: another one than `unset`, except among [`Case::Zeros`].
    fn fill(place: &Place, version: i16, unset: Option<&Self>) -> Self;

    /// How many an array has.
    fn count(place: &Place) -> usize {
        if place.is_zeros() { 0 } else { 2 }
    }
}

macro_rules! fill_numbers {
    ($($type:ty),*) => {
        $(impl Fill for $type {
            fn fill(place: &Place, _: i16, unset: Option<&Self>) -> Self {
                let value = place.number(<$type>::BITS) as $type;
                if unset == Some(&value) && !place.is_zeros() { 77 } else { value }
            }

            fn count(place: &Place) -> usize {
                match place.hash() & 3 {
                    _ if place.is_zeros() => 0,
                    // The count takes two bytes.
                    3 => 130,
                    _ => 2,
                }
            }
        })*
    };
}
fill_numbers!(i8, i16, u16, i32, i64);

impl Fill for ErrorCode {
    fn fill(place: &Place, version: i16, unset: Option<&Self>) -> Self {
        Self(Fill::fill(place, version, unset.map(|code| &code.0)))
    }
}

impl Fill for bool {
    fn fill(place: &Place, _: i16, unset: Option<&Self>) -> Self {
        !place.is_zeros() && unset != Some(&true)
    }
}

impl Fill for f64 {
    fn fill(place: &Place, _: i16, _: Option<&Self>) -> Self {
        let hash = place.hash();
        match hash & 7 {
            _ if place.is_zeros() => 0.0,
            0 => Self::MAX,
            1 => Self::MIN_POSITIVE,
            2 => Self::NEG_INFINITY,
            _ => Self::from((hash >> 8) as i32) / 8.0,
        }
    }
}

impl Fill for Uuid {
    fn fill(place: &Place, _: i16, _: Option<&Self>) -> Self {
        if place.is_zeros() {
            return Self::ZERO;
        }
        let (high, low) = (place.hash(), mix(place.hash()));
        Self((u128::from(high) << 64 | u128::from(low)).to_be_bytes())
    }
}

impl Fill for String {
    fn fill(place: &Place, _: i16, _: Option<&Self>) -> Self {
        let hash = place.hash();
        let hex = hash >> 32;
        match hash & 3 {
            _ if place.is_zeros() => Self::new(),
            0 => format!("{hex:08x}-Ω-日本-🦀"),
            // The length takes two bytes.
            1 => format!("{hex:08x}{}", "🦀 long ".repeat(20)),
            _ => format!("s{hex:08x}"),
        }
    }
}

impl Fill for Bytes {
    fn fill(place: &Place, _: i16, _: Option<&Self>) -> Self {
        if place.is_zeros() {
            return Self::new();
        }
        let hash = place.hash();
        // The writer shares the longest instead of copying them.
        let length = [1, 20, 200, 1500][(hash & 3) as usize];
        let byte = |i: u64| (hash >> 16).wrapping_add(i.wrapping_mul(hash >> 24 | 1)) as u8;
        (0..length).map(byte).collect()
    }
}

impl<T: Fill> Fill for Vec<T> {
    fn fill(place: &Place, version: i16, _: Option<&Self>) -> Self {
        let element = |i: usize| T::fill(&place.child(&i.to_string()), version, None);
        (0..T::count(place)).map(element).collect()
    }
}

/// Implements [`Fill`] for a struct by its fields and the versions that have them.
macro_rules! fill {
    ($type:ty: $($field:ident in $versions:expr $(, null in $nullable:expr)?;)*) => {
        impl $crate::place::Fill for $type {
            #[allow(unused_mut, unused_variables, reason = "there are structs without fields")]
            fn fill(place: &$crate::place::Place, version: i16, _: Option<&Self>) -> Self {
                let mut it = Self::default();
                if place.is_defaults() {
                    return it;
                }
                $(if ($versions).contains(&version) {
                    fill!(@set it, $field, place, version $(, $nullable)?);
                })*
                it
            }

            fn count(place: &$crate::place::Place) -> usize {
                if place.is_zeros() { 1 } else { 2 }
            }
        }
    };
    (@set $it:ident, $field:ident, $place:ident, $version:ident) => {
        $place.set(stringify!($field), &mut $it.$field, $version)
    };
    (@set $it:ident, $field:ident, $place:ident, $version:ident, $nullable:expr) => {
        $place.set_or_null(
            stringify!($field),
            &mut $it.$field,
            $version,
            ($nullable).contains(&$version),
        )
    };
}
pub(crate) use fill;
