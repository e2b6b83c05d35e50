use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// Binds this thread to a core.
///
/// # Errors
/// There is no such core.
pub fn pin_thread(core: usize) -> nix::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    sched_setaffinity(Pid::from_raw(0), &cores)
}

/// Does something bound to a core, such as starting a program that is to stay there.
///
/// # Errors
/// There is no such core.
pub fn on_core<T>(core: usize, work: impl FnOnce() -> T) -> nix::Result<T> {
    let before = sched_getaffinity(Pid::from_raw(0))?;
    pin_thread(core)?;
    let result = work();
    sched_setaffinity(Pid::from_raw(0), &before)?;
    Ok(result)
}
