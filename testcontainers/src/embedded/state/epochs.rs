//! Which leader epoch began at which offset (KIP-101, KIP-320).

/// The beginnings of epochs, in ascending order.
#[derive(Debug, Default)]
pub(crate) struct Epochs(Vec<(i32, i64)>);

impl Epochs {
    /// An epoch begins at an offset, unless it has begun. Later beginnings at that offset never held a record.
    pub(crate) fn assign(&mut self, epoch: i32, offset: i64) {
        if self.latest().is_some_and(|latest| latest >= epoch) {
            return;
        }
        self.0.retain(|&(_, start)| start < offset);
        self.0.push((epoch, offset));
    }

    /// The log begins at an offset now: what lay wholly before it is forgotten.
    pub(crate) fn begin_at(&mut self, offset: i64) {
        let before = self.0.iter().filter(|&&(_, start)| start <= offset).count();
        self.0.drain(..before.saturating_sub(1));
        if let Some((_, start)) = self.0.first_mut() {
            *start = offset.max(*start);
        }
    }

    pub(crate) fn latest(&self) -> Option<i32> {
        self.0.last().map(|&(epoch, _)| epoch)
    }

    /// The epoch of the first record, if it is known.
    pub(crate) fn earliest_at(&self, offset: i64) -> Option<i32> {
        self.0.first().filter(|&&(_, start)| start <= offset).map(|&(epoch, _)| epoch)
    }

    /// The largest epoch up to the one asked for, and where it ends; `None` if nothing is known of it.
    pub(crate) fn end_of(&self, asked: i32, log_end: i64) -> Option<(i32, i64)> {
        let latest = self.latest()?;
        if asked == latest {
            return Some((asked, log_end));
        }
        let after = self.0.iter().position(|&(epoch, _)| epoch > asked)?;
        let end = self.0.get(after)?.1;
        let known = after.checked_sub(1).and_then(|at| self.0.get(at));
        Some((known.map_or(asked, |&(epoch, _)| epoch), end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_ends_where_the_next_begins() {
        let mut epochs = Epochs::default();
        [(0, 0), (2, 10), (3, 20)].into_iter().for_each(|(epoch, offset)| epochs.assign(epoch, offset));
        assert_eq!(epochs.end_of(0, 30), Some((0, 10)));
        assert_eq!(epochs.end_of(1, 30), Some((0, 10)));
        assert_eq!(epochs.end_of(2, 30), Some((2, 20)));
        assert_eq!(epochs.end_of(3, 30), Some((3, 30)));
        assert_eq!(epochs.end_of(4, 30), None);
    }

    #[test]
    fn an_epoch_without_records_is_replaced() {
        let mut epochs = Epochs::default();
        [(0, 0), (1, 5), (2, 5)].into_iter().for_each(|(epoch, offset)| epochs.assign(epoch, offset));
        assert_eq!(epochs.end_of(1, 9), Some((0, 5)));
    }

    #[test]
    fn epochs_before_the_start_are_forgotten() {
        let mut epochs = Epochs::default();
        [(0, 0), (1, 5), (2, 8)].into_iter().for_each(|(epoch, offset)| epochs.assign(epoch, offset));
        epochs.begin_at(6);
        assert_eq!(epochs.earliest_at(6), Some(1));
        assert_eq!(epochs.end_of(0, 9), Some((0, 6)));
    }
}
