//! A round trip that takes a while: what is given comes out later, in order, and nobody waits for it.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

pub(super) struct Delayed<T> {
    due: Sender<(Instant, T)>,
    delay: Duration,
}

impl<T: Send + 'static> Delayed<T> {
    /// A thread that calls `write` with each, `delay` after it was given. It ends with the first error, or when all
    /// has come out and nobody can give any more.
    pub(super) fn by(delay: Duration, write: impl Fn(T) -> io::Result<()> + Send + 'static) -> Self {
        let (sender, due) = channel::<(Instant, T)>();
        thread::spawn(move || {
            // Linux lets a sleeper oversleep by 50 µs unless told otherwise.
            let _ = nix::sys::prctl::set_timerslack(1);
            for (due, item) in due {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                if write(item).is_err() {
                    break;
                }
            }
        });
        Self { due: sender, delay }
    }

    pub(super) fn give(&self, item: T) {
        // Without the thread, the client has gone.
        let _ = self.due.send((Instant::now() + self.delay, item));
    }
}
