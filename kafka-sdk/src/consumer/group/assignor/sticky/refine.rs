//! From a good distribution to the best one.
//!
//! Members are the nodes of a graph. An edge from one to another is the best place that could go that way: what it changes
//! is its price. One node more, the pool, stands for loads: from the pool to a member is one place less there, from a
//! member to the pool one more. A cycle whose prices sum up to less than nothing is an exchange that makes things better.
//! A distribution without such a cycle is the best there is (minimum-cost flow with convex costs): no other one has more
//! equal numbers, or as equal ones with fewer replicas in another rack, or the same with fewer moves.

use super::balance::{Place, Task};
use std::collections::HashMap;

/// A matrix of 12 bytes for each pair of members is kept.
const MOST_MEMBERS: usize = 1_024;
/// How many edges are looked at, about a second's worth: a leader that thinks for longer than the rebalance timeout is
/// thrown out. What is found by then is good enough.
const MOST_STEPS: usize = 1 << 30;
const NO_EDGE: i64 = i64::MAX / 4;
const NOBODY: usize = usize::MAX;

pub(super) struct Refine<'t> {
    task: &'t Task,
    takers: &'t mut [usize],
    loads: Vec<i64>,
    /// What each member has: places that are alike together.
    held: Vec<Vec<(Place, Vec<usize>)>>,
    edges: Vec<i64>,
    /// Of which of the groups in `held` the edge is.
    via: Vec<u32>,
    steps: usize,
}

impl<'t> Refine<'t> {
    pub(super) fn new(task: &'t Task, takers: &'t mut [usize]) -> Self {
        let mut grouped: Vec<HashMap<Place, Vec<usize>>> = vec![HashMap::new(); task.members];
        let mut loads = vec![0; task.members];
        for (index, (place, taker)) in task.places.iter().zip(takers.iter()).enumerate() {
            grouped[*taker].entry(*place).or_default().push(index);
            loads[*taker] += 1;
        }
        let in_order = |groups: HashMap<Place, Vec<usize>>| {
            let mut groups: Vec<(Place, Vec<usize>)> = groups.into_iter().collect();
            groups.sort_unstable_by_key(|(_, indices)| indices.first().copied());
            groups
        };
        let held = grouped.into_iter().map(in_order).collect();
        Self { task, takers, loads, held, edges: Vec::new(), via: Vec::new(), steps: 0 }
    }

    /// Until nothing can be better.
    pub(super) fn run(&mut self) {
        let members = self.task.members;
        if members > MOST_MEMBERS {
            return;
        }
        self.edges = vec![NO_EDGE; members * members];
        self.via = vec![0; members * members];
        (0..members).for_each(|member| self.look_at(member));
        while self.steps < MOST_STEPS
            && let Some(cycle) = self.better()
        {
            self.exchange(&cycle);
        }
    }

    /// A replica in another rack costs more than all the moves of a cycle.
    fn price(&self, place: Place, member: usize) -> i64 {
        i64::from(self.task.is_mismatch(place, member)) * self.weight()
            + i64::from(Task::is_move(place, member))
    }

    /// More than a cycle can sum up to.
    fn weight(&self) -> i64 {
        2 * self.task.members as i64 + 2
    }

    /// What one more costs a member that has `load`: the sum of squares is least where loads are most equal.
    fn one_more(&self, load: i64) -> i64 {
        (2 * load + 1) * self.weight() * self.weight()
    }

    /// Finds the edges from a member anew.
    fn look_at(&mut self, member: usize) {
        let row = member * self.task.members;
        self.edges[row..row + self.task.members].fill(NO_EDGE);
        for (number, (place, indices)) in (0..).zip(&self.held[member]) {
            if indices.is_empty() {
                continue;
            }
            let here = self.price(*place, member);
            for other in self.task.audience(*place) {
                let price = self.price(*place, *other) - here;
                if *other != member && price < self.edges[row + other] {
                    self.edges[row + other] = price;
                    self.via[row + other] = number;
                }
            }
        }
    }

    /// A cycle of negative price, by Bellman and Ford: its edges.
    fn better(&mut self) -> Option<Vec<(usize, usize)>> {
        let members = self.task.members;
        let pool = members;
        let (mut prices, mut parents) = (vec![0_i64; members + 1], vec![NOBODY; members + 1]);
        for _ in 0..=members + 1 {
            self.steps += members * members;
            let mut changed = false;
            for (member, load) in self.loads.iter().enumerate().filter(|(_, load)| **load > 0) {
                let price = prices[pool] - self.one_more(load - 1);
                if price < prices[member] {
                    (prices[member], parents[member], changed) = (price, pool, true);
                }
            }
            for (member, row) in self.edges.chunks_exact(members).enumerate() {
                for (other, edge) in row.iter().enumerate() {
                    let price = prices[member] + edge;
                    if price < prices[other] && *edge != NO_EDGE {
                        (prices[other], parents[other], changed) = (price, member, true);
                    }
                }
            }
            for (member, load) in self.loads.iter().enumerate() {
                let price = prices[member] + self.one_more(*load);
                if price < prices[pool] {
                    (prices[pool], parents[pool], changed) = (price, member, true);
                }
            }
            if !changed {
                return None;
            }
            if let Some(cycle) = cycle_of(&parents) {
                return Some(cycle);
            }
        }
        None
    }

    fn exchange(&mut self, cycle: &[(usize, usize)]) {
        let members = self.task.members;
        let inside = cycle.iter().filter(|(from, to)| *from < members && *to < members);
        let moves: Vec<(usize, usize, u32)> =
            inside.map(|(from, to)| (*from, *to, self.via[from * members + to])).collect();
        for (from, to, group) in &moves {
            let (place, indices) = &mut self.held[*from][*group as usize];
            let (place, Some(index)) = (*place, indices.pop()) else { continue };
            self.takers[index] = *to;
            self.loads[*from] -= 1;
            self.loads[*to] += 1;
            match self.held[*to].iter_mut().find(|(other, _)| *other == place) {
                Some((_, indices)) => indices.push(index),
                None => self.held[*to].push((place, vec![index])),
            }
        }
        for (from, to, _) in &moves {
            self.look_at(*from);
            self.look_at(*to);
        }
    }
}

/// The edges of a cycle of parents, if there is one.
fn cycle_of(parents: &[usize]) -> Option<Vec<(usize, usize)>> {
    let mut seen_from = vec![NOBODY; parents.len()];
    for start in 0..parents.len() {
        let mut node = start;
        while node != NOBODY && seen_from[node] == NOBODY {
            seen_from[node] = start;
            node = parents[node];
        }
        if node != NOBODY && seen_from[node] == start {
            let mut cycle = vec![(parents[node], node)];
            let mut at = parents[node];
            while at != node {
                cycle.push((parents[at], at));
                at = parents[at];
            }
            return Some(cycle);
        }
    }
    None
}
