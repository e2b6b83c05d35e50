//! What a consumer is to read: one call of its builder says so.

use crate::consumer::group::Wish;
use crate::error::{Error, ErrorKind, Result};
use crate::model::TopicPartition;
use std::fmt::{self, Display};

/// A call that names what is to be read.
pub(super) enum What {
    Subscribed(Wish),
    Assigned(Vec<TopicPartition>),
}

/// The only one of these.
///
/// # Errors
/// Kind [`ErrorKind::Settings`]: one is not legal, there is none or more than one, or it names nothing.
pub(super) fn the_only_one(wishes: Vec<Result<What>>) -> Result<What> {
    let wishes: Vec<What> = wishes.into_iter().collect::<Result<_>>()?;
    match <[What; 1]>::try_from(wishes) {
        Ok([what]) if what.is_empty() => {
            let advice = match what {
                What::Subscribed(_) => "name the topics to subscribe to",
                What::Assigned(_) => "name the partitions to read",
            };
            refuse(format!("nothing to read: {what} is empty; {advice}"))
        }
        Ok([what]) => Ok(what),
        Err(several) => refuse(contradiction(&several)),
    }
}

fn refuse<T>(text: String) -> Result<T> {
    Err(Error::new(ErrorKind::Settings, text))
}

fn contradiction(calls: &[What]) -> String {
    let advice = if calls.is_empty() {
        return "nothing to read: name topics with topics(..) or topics_matching(..), or partitions with assign(..); one \
                of them"
            .to_owned();
    } else if calls.iter().all(What::is_a_list) {
        "name all topics in one call of topics(..)"
    } else if calls.iter().all(What::is_given) {
        "name all partitions in one call of assign(..)"
    } else if calls.iter().any(What::is_given) {
        "call only assign(..) to read exactly these partitions, as no member of the group; or leave it out to share \
         topics with the group's members"
    } else {
        "call one of them; a pattern can have alternatives, as in \"^(orders|refunds)$\""
    };
    let named: Vec<String> = calls.iter().map(ToString::to_string).collect();
    format!("a consumer is told once what to read, and this one by {}: {advice}", named.join(" and "))
}

impl What {
    fn is_a_list(&self) -> bool {
        matches!(self, Self::Subscribed(Wish::Topics(_)))
    }

    fn is_given(&self) -> bool {
        matches!(self, Self::Assigned(_))
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Subscribed(Wish::Topics(names)) => names.is_empty(),
            Self::Subscribed(Wish::Matching(_)) => false,
            Self::Assigned(partitions) => partitions.is_empty(),
        }
    }
}

/// As it was called; of long lists the beginning.
impl Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscribed(Wish::Topics(names)) => {
                write!(f, "topics([{}])", beginning(names.iter().map(|name| format!("{name:?}"))))
            }
            Self::Subscribed(Wish::Matching(pattern)) => write!(f, "topics_matching({:?})", pattern.as_str()),
            Self::Assigned(partitions) => {
                let pair = |one: &TopicPartition| format!("({:?}, {})", one.topic(), one.partition());
                write!(f, "assign([{}])", beginning(partitions.iter().map(pair)))
            }
        }
    }
}

fn beginning(items: impl ExactSizeIterator<Item = String>) -> String {
    const MOST: usize = 3;
    let more = if items.len() > MOST { ", .." } else { "" };
    let shown: Vec<String> = items.take(MOST).collect();
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(names: &[&str]) -> Result<What> {
        Wish::topics(names).map(What::Subscribed)
    }

    fn matching(pattern: &str) -> Result<What> {
        Wish::matching(pattern).map(What::Subscribed)
    }

    fn assigned(partitions: &[(&str, i32)]) -> Result<What> {
        Ok(What::Assigned(partitions.iter().copied().map(Into::into).collect()))
    }

    fn refusal(wishes: impl IntoIterator<Item = Result<What>>) -> String {
        the_only_one(wishes.into_iter().collect()).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn one_call_that_names_something_is_taken() {
        for wish in [topics(&["a"]), matching("^a"), assigned(&[("a", 0)])] {
            assert_eq!(refusal([wish]), "");
        }
    }

    #[test]
    fn calls_that_name_nothing_say_what_is_missing() {
        assert!(refusal([]).starts_with("nothing to read: name topics with topics(..)"));
        assert_eq!(
            refusal([topics(&[])]),
            "nothing to read: topics([]) is empty; name the topics to subscribe to"
        );
        assert_eq!(
            refusal([assigned(&[])]),
            "nothing to read: assign([]) is empty; name the partitions to read"
        );
        assert!(
            refusal([topics(&["not legal"]), assigned(&[])]).contains("\"not legal\""),
            "that comes first"
        );
    }

    #[test]
    fn calls_that_contradict_each_other_are_shown_with_what_to_call_instead() {
        let text = refusal([topics(&["orders"]), assigned(&[("orders", 0)])]);
        let both = "told once what to read, and this one by topics([\"orders\"]) and assign([(\"orders\", 0)]): call only \
                    assign(..)";
        assert!(text.contains(both), "{text}");
        let text = refusal([topics(&["a", "b", "c", "d"]), topics(&["e"])]);
        assert!(
            text.contains(
                "topics([\"a\", \"b\", \"c\", ..]) and topics([\"e\"]): name all topics in one call"
            ),
            "{text}"
        );
        let text = refusal([assigned(&[("a", 0)]), assigned(&[])]);
        assert!(
            text.contains("assign([(\"a\", 0)]) and assign([]): name all partitions in one call"),
            "{text}"
        );
        let text = refusal([topics(&["a"]), matching("^b$")]);
        assert!(text.contains("topics([\"a\"]) and topics_matching(\"^b$\"): call one of them"), "{text}");
    }
}
