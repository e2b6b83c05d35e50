//! A task whose next step others can do, when they have just given it something to do: it is done here and now then, and
//! not when the runtime comes to it, which may be asleep on another core.
//!
//! ```text
//! runtime ──poll──> Helped ──┐
//!                            ├──> the future, one at a time; it is woken as a task of the runtime, whoever polls it
//! anybody ──help──> Helper ──┘
//! ```

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst, fence};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError, Weak};
use std::task::{Context, Poll, Waker};
use tokio::runtime::Handle;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How many steps one call of [`Helper::help`] does at most: to send takes two, and more are those of others.
const STEPS: u32 = 4;

thread_local! {
    /// How many steps who helps in this thread may still do; none where nobody does.
    static LEFT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// To be awaited between the steps of a task that is helped: who helps goes away after a few, however much there is to
/// do, and the runtime goes on.
pub(crate) fn end_of_step() -> impl Future<Output = ()> {
    poll_fn(|cx| match LEFT.get() {
        None => Poll::Ready(()),
        Some(0) => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        Some(left) => {
            LEFT.set(Some(left - 1));
            Poll::Ready(())
        }
    })
}

/// The task, to be spawned. When it is dropped, so is its future: by who helps, where somebody does at the moment.
pub(crate) struct Helped(Arc<Shared>);

/// Does a step of the task. Clones are of the same one.
#[derive(Clone, Debug)]
pub(crate) struct Helper(Weak<Shared>);

/// Whether there was help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Help {
    /// The task has seen all that there was before the call.
    Done,
    /// The task has not begun, has ended, or is being polled: it has to be woken.
    Busy,
}

struct Shared {
    runtime: Handle,
    state: Mutex<State>,
    /// The runtime wanted to poll the task while a helper did.
    passed_over: AtomicBool,
}

struct State {
    /// None: it has ended.
    work: Option<Work>,
    /// Of the runtime's task; none before its first poll.
    waker: Option<Waker>,
}

/// The future as a task of this runtime, and who can help it.
pub(crate) fn helped(runtime: Handle, work: impl Future<Output = ()> + Send + 'static) -> (Helped, Helper) {
    let state = Mutex::new(State { work: Some(Box::pin(work)), waker: None });
    let shared = Arc::new(Shared { runtime, state, passed_over: AtomicBool::new(false) });
    let helper = Helper(Arc::downgrade(&shared));
    (Helped(shared), helper)
}

impl Helper {
    /// Does a few steps of the task in this thread, if nobody else is at it. Never waits.
    pub(crate) fn help(&self) -> Help {
        let Some(shared) = self.0.upgrade() else { return Help::Busy };
        // A thread that is at its end can enter no runtime any more.
        if Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed()) {
            return Help::Busy;
        }
        let Some(mut state) = shared.try_state() else { return Help::Busy };
        let State { work: Some(work), waker: Some(waker) } = &mut *state else { return Help::Busy };
        let waker = waker.clone();
        let _runtime = shared.runtime.enter();
        let before = LEFT.replace(Some(STEPS));
        // As a task's panic, it is not that of who helps.
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(&mut Context::from_waker(&waker))));
        LEFT.set(before);
        let ended = if matches!(polled, Ok(Poll::Pending)) { None } else { state.work.take() };
        drop(state);
        fence(SeqCst);
        if shared.passed_over.swap(false, SeqCst) || ended.is_some() {
            waker.wake();
        }
        Help::Done
    }
}

impl Shared {
    fn try_state(&self) -> Option<MutexGuard<'_, State>> {
        match self.state.try_lock() {
            Ok(state) => Some(state),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl Future for Helped {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let shared = &self.0;
        let mut state = match shared.try_state() {
            Some(state) => state,
            None => {
                shared.passed_over.store(true, SeqCst);
                // The helper may have looked at that just before: with the fences, one of both sees what the other did.
                fence(SeqCst);
                match shared.try_state() {
                    Some(state) => state,
                    None => return Poll::Pending,
                }
            }
        };
        let State { work: Some(work), waker } = &mut *state else { return Poll::Ready(()) };
        if waker.as_ref().is_none_or(|waker| !waker.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
        let polled = work.as_mut().poll(cx);
        let ended = if polled.is_ready() { state.work.take() } else { None };
        drop(state);
        drop(ended);
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::thread;
    use tokio::sync::Notify;
    use tokio::task::yield_now;

    /// Counts its polls, and ends when told to.
    fn counting(
        polls: &Arc<AtomicUsize>,
        end: &Arc<AtomicBool>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (polls, end) = (polls.clone(), end.clone());
        poll_fn(move |_| {
            polls.fetch_add(1, SeqCst);
            if end.load(SeqCst) { Poll::Ready(()) } else { Poll::Pending }
        })
    }

    #[tokio::test]
    async fn a_step_is_done_by_who_helps() {
        let (polls, end) = (Arc::default(), Arc::default());
        let (helped, helper) = helped(Handle::current(), counting(&polls, &end));
        assert_eq!(helper.help(), Help::Busy, "it has not begun");
        let task = tokio::spawn(helped);
        yield_now().await;
        let other = helper.clone();
        assert_eq!(thread::spawn(move || other.help()).join().unwrap(), Help::Done);
        assert_eq!(polls.load(SeqCst), 2);
        end.store(true, SeqCst);
        assert_eq!(helper.help(), Help::Done);
        task.await.unwrap();
        assert_eq!((polls.load(SeqCst), helper.help()), (3, Help::Busy));
    }

    #[tokio::test]
    async fn what_is_waited_for_in_a_step_wakes_the_task_of_the_runtime() {
        let (begin, done) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
        let work = {
            let (begin, done) = (begin.clone(), done.clone());
            let begun = move || {
                poll_fn({
                    let begin = begin.clone();
                    move |_| if begin.load(SeqCst) { Poll::Ready(()) } else { Poll::Pending }
                })
            };
            async move {
                begun().await;
                done.notified().await;
            }
        };
        let (helped, helper) = helped(Handle::current(), work);
        let task = tokio::spawn(helped);
        yield_now().await;
        begin.store(true, SeqCst);
        thread::spawn(move || assert_eq!(helper.help(), Help::Done)).join().unwrap();
        done.notify_one();
        task.await.unwrap();
    }

    #[tokio::test]
    async fn who_helps_while_helping_is_told_to_wake_it() {
        let own: Arc<Mutex<Option<Helper>>> = Arc::default();
        let (inner, seen) = (own.clone(), Arc::new(Mutex::new(Vec::new())));
        let saw = seen.clone();
        let work = poll_fn(move |_| {
            let helper = inner.lock().unwrap().clone();
            saw.lock().unwrap().extend(helper.map(|helper| helper.help()));
            Poll::Pending
        });
        let (helped, helper) = helped(Handle::current(), work);
        *own.lock().unwrap() = Some(helper.clone());
        let task = tokio::spawn(helped);
        yield_now().await;
        assert_eq!(helper.help(), Help::Done);
        assert_eq!(*seen.lock().unwrap(), [Help::Busy, Help::Busy]);
        task.abort();
    }

    #[tokio::test]
    async fn a_task_that_the_runtime_gives_up_is_dropped_whoever_could_help() {
        struct Dropped(Arc<AtomicBool>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                self.0.store(true, SeqCst);
            }
        }
        let dropped = Arc::new(AtomicBool::new(false));
        let held = Dropped(dropped.clone());
        let (helped, helper) = helped(Handle::current(), async move {
            std::future::pending::<()>().await;
            drop(held);
        });
        let task = tokio::spawn(helped);
        yield_now().await;
        task.abort();
        let _ = task.await;
        assert!(dropped.load(SeqCst));
        assert_eq!(helper.help(), Help::Busy);
    }

    #[tokio::test]
    async fn who_helps_goes_away_after_a_few_steps_and_the_runtime_goes_on() {
        let steps = Arc::new(AtomicUsize::new(0));
        let done = steps.clone();
        let (helped, helper) = helped(Handle::current(), async move {
            yield_now().await;
            loop {
                done.fetch_add(1, SeqCst);
                end_of_step().await;
                if done.load(SeqCst) == 100 {
                    return;
                }
            }
        });
        let task = tokio::spawn(helped);
        yield_now().await;
        assert_eq!(thread::spawn(move || helper.help()).join().unwrap(), Help::Done);
        assert_eq!(steps.load(SeqCst), STEPS as usize + 1);
        task.await.unwrap();
        assert_eq!(steps.load(SeqCst), 100);
    }

    #[tokio::test]
    async fn a_task_that_is_dropped_while_somebody_helps_is_dropped_by_him() {
        let (helping, dropped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (go_on, wait) = std::sync::mpsc::sync_channel::<()>(1);
        let (begun, told) = (helping.clone(), dropped.clone());
        struct Tell(Arc<Notify>);
        impl Drop for Tell {
            fn drop(&mut self) {
                self.0.notify_one();
            }
        }
        let (tell, wait) = (Tell(told), Mutex::new(wait));
        let mut polls = 0;
        let (helped, helper) = helped(
            Handle::current(),
            poll_fn(move |_| {
                let _held = &tell;
                polls += 1;
                if polls == 2 {
                    begun.notify_one();
                    let _ = wait.lock().unwrap().recv();
                }
                Poll::Pending
            }),
        );
        let task = tokio::spawn(helped);
        yield_now().await;
        let other = helper.clone();
        let thread = thread::spawn(move || other.help());
        helping.notified().await;
        assert_eq!(helper.help(), Help::Busy, "somebody else helps");
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        go_on.send(()).unwrap();
        dropped.notified().await;
        assert_eq!((thread.join().unwrap(), helper.help()), (Help::Done, Help::Busy));
    }

    #[tokio::test]
    async fn a_panic_ends_the_task_and_not_who_helps() {
        let polls = AtomicUsize::new(0);
        let work = poll_fn(move |_| {
            assert_eq!(polls.fetch_add(1, SeqCst), 0);
            Poll::Pending
        });
        let (helped, helper) = helped(Handle::current(), work);
        let task = tokio::spawn(helped);
        yield_now().await;
        let _ = helper.help();
        task.await.unwrap();
        assert_eq!(helper.help(), Help::Busy);
    }
}
