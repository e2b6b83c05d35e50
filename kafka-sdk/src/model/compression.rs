//! The codecs of record batches.

/// How the records of a batch are compressed. Each codec is a cargo feature of the same name; all of them are on by
/// default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip: small, and slow to write.
    Gzip,
    /// Snappy: as large as with lz4, and a little slower.
    Snappy,
    /// LZ4: the fastest.
    Lz4,
    /// Zstandard: as small as with gzip, and several times as fast.
    Zstd,
}
