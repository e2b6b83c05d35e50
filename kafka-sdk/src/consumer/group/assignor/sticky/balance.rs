//! Who gets how much, and what: numbers only.

use super::refine::Refine;

/// Places to give to members.
pub(super) struct Task {
    pub(super) members: usize,
    /// Sets of members that have the same subscription, as far as it goes; ascending.
    pub(super) audiences: Vec<Vec<usize>>,
    pub(super) places: Vec<Place>,
    /// For each set of racks, whether each member is outside of it; none where racks do not matter.
    pub(super) mismatches: Option<Vec<Vec<bool>>>,
}

/// A partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// Who may have it.
    pub(super) audience: usize,
    /// Who had it, and may keep it.
    pub(super) owner: Option<usize>,
    pub(super) rack_set: usize,
}

impl Task {
    pub(super) fn audience(&self, place: Place) -> &[usize] {
        self.audiences.get(place.audience).map_or(&[], Vec::as_slice)
    }

    pub(super) fn is_mismatch(&self, place: Place, member: usize) -> bool {
        let of_set = self.mismatches.as_ref().and_then(|sets| sets.get(place.rack_set));
        of_set.and_then(|members| members.get(member)).is_some_and(|outside| *outside)
    }

    pub(super) fn is_move(place: Place, member: usize) -> bool {
        place.owner.is_some_and(|owner| owner != member)
    }

    fn is_one_audience(&self) -> bool {
        self.audiences.iter().all(|audience| audience.len() == self.members) && self.mismatches.is_none()
    }
}

/// The member for each place.
///
/// Members keep what they had, up to an equal share; the rest goes to whoever has least. Where everybody may have
/// everything, and racks do not matter, nothing is better than that. Elsewhere [`Refine`] makes it so.
pub(super) fn solve(task: &Task) -> Vec<usize> {
    let mut draft = Draft { task, loads: vec![0; task.members], takers: vec![None; task.places.len()] };
    draft.keep();
    draft.fill();
    // Every place has an audience of one member at least.
    let mut takers: Vec<usize> = draft.takers.into_iter().map(Option::unwrap_or_default).collect();
    if !task.is_one_audience() {
        Refine::new(task, &mut takers).run();
    }
    takers
}

struct Draft<'t> {
    task: &'t Task,
    loads: Vec<usize>,
    takers: Vec<Option<usize>>,
}

impl Draft<'_> {
    fn keep(&mut self) {
        let mut had: Vec<Vec<usize>> = vec![Vec::new(); self.task.members];
        for (index, place) in self.task.places.iter().enumerate() {
            let owner = place.owner.filter(|owner| !self.task.is_mismatch(*place, *owner));
            if let Some(had) = owner.and_then(|owner| had.get_mut(owner)) {
                had.push(index);
            }
        }
        let members = self.task.members.max(1);
        let (share, mut extras) = (self.task.places.len() / members, self.task.places.len() % members);
        for (member, had) in had.iter().enumerate() {
            let with_extra = had.len() > share && extras > 0;
            extras -= usize::from(with_extra);
            for index in had.iter().take(share + usize::from(with_extra)) {
                self.give(*index, member);
            }
        }
    }

    /// First what few may have, and what has to go to somebody new.
    fn fill(&mut self) {
        let open = self.takers.iter().enumerate().filter(|(_, taker)| taker.is_none());
        let mut open: Vec<usize> = open.map(|(index, _)| index).collect();
        open.sort_by_key(|index| {
            let place = self.task.places.get(*index);
            place.map(|place| (self.task.audience(*place).len(), place.owner.is_some()))
        });
        for index in open {
            let Some(place) = self.task.places.get(index).copied() else { continue };
            let cost = |member: &&usize| {
                let load = self.loads.get(**member).copied();
                (load, self.task.is_mismatch(place, **member), Task::is_move(place, **member))
            };
            if let Some(member) = self.task.audience(place).iter().min_by_key(cost).copied() {
                self.give(index, member);
            }
        }
    }

    fn give(&mut self, index: usize, member: usize) {
        if let (Some(taker), Some(load)) = (self.takers.get_mut(index), self.loads.get_mut(member)) {
            *taker = Some(member);
            *load += 1;
        }
    }
}
