use super::job::Job;
use crate::data::random;
use std::fs;

/// How many different records there are.
pub const POOL: usize = 1_024;

/// Values that are all different, in turn. A program in another language makes its own, of the same sizes.
pub struct Payloads {
    values: Vec<Vec<u8>>,
    partitions: i32,
    next: usize,
    partition: i32,
}

impl Payloads {
    /// Those that a job asks for.
    ///
    /// # Panics
    /// If the file of values cannot be read.
    #[must_use]
    pub fn of(job: &Job) -> Self {
        let Some(file) = &job.values else { return Self::new(job.record_size, job.partitions) };
        let text = fs::read_to_string(file).expect("the file of values is there");
        let values: Vec<Vec<u8>> = text.lines().map(|line| line.as_bytes().to_vec()).collect();
        assert_eq!(values.len(), POOL, "there are as many values as in each program");
        Self { values, ..Self::new(0, job.partitions) }
    }

    #[must_use]
    pub fn new(size: usize, partitions: i32) -> Self {
        Self { values: random(POOL, size), partitions, next: 0, partition: 0 }
    }

    /// A value, and the partition whose turn it is.
    #[inline]
    pub fn take(&mut self) -> (&[u8], i32) {
        let (at, partition) = (self.next, self.partition);
        self.next = (at + 1) % POOL;
        self.partition = if partition + 1 == self.partitions { 0 } else { partition + 1 };
        (&self.values[at], partition)
    }
}
