/// What the reader says to the fetcher.
#[derive(Debug)]
pub(super) enum Request {
    /// There is room again for what was left out.
    Drained,
    /// What was fetched from this offset on is of no use: fetch it again, in a new round.
    Rewind { slot: usize, offset: i64, round: u64 },
}
