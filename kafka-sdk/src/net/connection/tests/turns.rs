//! How long a broker has, on made-up time.

use super::super::queue::Until;
use super::super::turns::Turns;
use super::*;

const PATIENCE: Duration = Duration::from_secs(30);
const SIZE: usize = 1_000_000;

/// Requests that are numbered, and when they were taken over.
fn taken(requests: usize, until: fn() -> Until) -> (Turns<usize>, Instant) {
    let (mut turns, start) = (Turns::new(), Instant::now());
    for request in 0..requests {
        turns.take(request, until(), SIZE, PATIENCE, start);
    }
    (turns, start)
}

fn seconds(time: u64) -> Duration {
    Duration::from_secs(time)
}

#[test]
fn on_a_thin_line_time_is_not_up_as_long_as_bytes_go() {
    let (mut turns, start) = taken(5, || Until::Answered);
    let mut now = start;
    for request in 0..5 {
        // Ten seconds for a tenth of a request, and as many for its answer: each far longer than the patience in all.
        for _ in 0..10 {
            now += seconds(10);
            assert!(turns.deadline().unwrap() > now);
            turns.wrote(SIZE / 10, now);
        }
        for _ in 0..10 {
            now += seconds(10);
            assert!(turns.deadline().unwrap() > now);
            turns.read(now);
        }
        assert_eq!(turns.answered(now), Some(request));
    }
    assert_eq!((turns.deadline(), turns.is_empty()), (None, true));
}

#[test]
fn an_answer_gives_the_next_request_its_full_time() {
    let (mut turns, start) = taken(3, || Until::Answered);
    turns.wrote(3 * SIZE, start);
    for request in 0..3 {
        let now = start + seconds(29) * (request as u32 + 1);
        assert_eq!(turns.answered(now), Some(request));
        assert_eq!(turns.deadline(), (request < 2).then(|| now + PATIENCE));
    }
}

#[test]
fn a_broker_that_goes_on_reading_and_never_answers_has_no_more_time() {
    let (mut turns, start) = taken(1, || Until::Answered);
    turns.wrote(SIZE, start + seconds(1));
    for second in 2..30 {
        let now = start + seconds(second);
        turns.take(9, Until::Answered, SIZE, PATIENCE, now);
        turns.wrote(SIZE, now);
    }
    assert_eq!(turns.deadline(), Some(start + seconds(1) + PATIENCE));
}

#[test]
fn a_broker_that_stops_reading_is_out_of_time_after_the_last_byte_that_went() {
    for until in [|| Until::Answered, || Until::Written] {
        let (mut turns, start) = taken(2, until);
        assert_eq!(turns.deadline(), Some(start + PATIENCE), "nothing went at all");
        turns.wrote(SIZE / 2, start + seconds(20));
        assert_eq!(turns.next_written(start + seconds(20)), None);
        assert_eq!(turns.deadline(), Some(start + seconds(20) + PATIENCE));
    }
}

#[test]
fn requests_without_an_answer_are_done_one_by_one_as_they_are_written() {
    let (mut turns, start) = taken(3, || Until::Written);
    turns.wrote(2 * SIZE - 1, start + seconds(1));
    let now = start + seconds(2);
    assert_eq!((turns.next_written(now), turns.next_written(now)), (Some(0), None));
    assert_eq!(turns.deadline(), Some(now + PATIENCE));
    turns.wrote(SIZE + 1, now);
    assert_eq!((turns.next_written(now), turns.next_written(now)), (Some(1), Some(2)));
    assert!(turns.is_empty());
}

#[test]
fn what_was_allowed_for_because_of_a_quota_is_not_taken_back_by_progress() {
    let (mut turns, start) = taken(2, || Until::Answered);
    turns.stand_still(seconds(60));
    turns.wrote(SIZE, start + seconds(1));
    assert_eq!(turns.deadline(), Some(start + seconds(60) + PATIENCE));
    turns.answered(start + seconds(50));
    assert_eq!(turns.deadline(), Some(start + seconds(60) + PATIENCE));
}
