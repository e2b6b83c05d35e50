//! Eager and cooperative rebalancing (KIP-429).

/// How the members of a group change over from one assignment to the next. Later ones are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RebalanceProtocol {
    /// Everybody gives up everything first: an assignment can be any.
    Eager,
    /// Everybody goes on with what they have, and gives up only what goes to another member (KIP-429). An assignment must
    /// not give a partition to a member while another one [owns](super::Member::owned) it: it leaves it out, the owner gives it
    /// up and joins again, and the next assignment gives it away.
    Cooperative,
}

impl RebalanceProtocol {
    /// The best one that all of these assignors support; none where there is none, and without assignors.
    pub(crate) fn common<'a>(supported: impl IntoIterator<Item = &'a [Self]>) -> Option<Self> {
        let mut assignors = supported.into_iter().peekable();
        assignors.peek()?;
        let (mut eager, mut cooperative) = (true, true);
        for supported in assignors {
            eager &= supported.contains(&Self::Eager);
            cooperative &= supported.contains(&Self::Cooperative);
        }
        if cooperative { Some(Self::Cooperative) } else { eager.then_some(Self::Eager) }
    }
}

#[cfg(test)]
mod tests {
    use super::RebalanceProtocol::{self, Cooperative, Eager};

    #[test]
    fn the_best_protocol_that_all_assignors_support_is_the_one() {
        let common =
            |supported: &[&[RebalanceProtocol]]| RebalanceProtocol::common(supported.iter().copied());
        assert_eq!(common(&[&[Eager], &[Eager, Cooperative]]), Some(Eager));
        assert_eq!(common(&[&[Cooperative, Eager]]), Some(Cooperative));
        assert_eq!(common(&[&[Eager], &[Cooperative]]), None);
        assert_eq!(common(&[]), None);
    }
}
