//! Which patterns brokers match by themselves. Pure.
//!
//! They match whole names in the syntax of RE2/J, this client anywhere in a name in that of the `regex` crate. Most of
//! what is written means the same to both; what may not is matched here, by what is known of the cluster.

use std::iter::Peekable;
use std::str::Chars;
use std::sync::Arc;

/// RE2/J repeats no more often.
const MOST_REPEATED: u32 = 1_000;

/// As a broker is to have it; none where it might understand something else.
///
/// Of a valid pattern of the `regex` crate.
pub(in super::super) fn for_brokers(pattern: &str) -> Option<Arc<str>> {
    let mut rest = pattern.chars().peekable();
    let mut repeats = Repeats::Nothing;
    while let Some(next) = rest.next() {
        repeats = match next {
            '*' | '+' => repeats.again()?,
            '?' => repeats.again_or_lazily()?,
            '{' => {
                counts(&mut rest)?;
                repeats.again()?
            }
            '\\' => {
                escaped(&mut rest)?;
                Repeats::Something
            }
            '[' => {
                class(&mut rest)?;
                Repeats::Something
            }
            '(' => {
                group(&mut rest)?;
                Repeats::Nothing
            }
            '|' => Repeats::Nothing,
            '^' | '$' | '.' | ')' => Repeats::Something,
            plain if is_plain(plain) => Repeats::Something,
            _ => return None,
        };
    }
    Some(format!(".*(?:{pattern}).*").into())
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_-,:;=@#%&~/!'\"<> ".contains(letter)
}

/// What a repetition would be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeats {
    Nothing,
    Something,
    /// A repetition, which can be made lazy.
    Repetition,
}

impl Repeats {
    /// RE2/J has no repetition of a repetition.
    fn again(self) -> Option<Self> {
        (self == Self::Something).then_some(Self::Repetition)
    }

    fn again_or_lazily(self) -> Option<Self> {
        match self {
            Self::Repetition => Some(Self::Nothing),
            other => other.again(),
        }
    }
}

/// `{3}`, `{3,}` or `{3,5}`, after the brace.
fn counts(rest: &mut Peekable<Chars<'_>>) -> Option<()> {
    let inner: String = rest.by_ref().take_while(|&letter| letter != '}').collect();
    let (least, most) = inner.split_once(',').unwrap_or((&inner, ""));
    let small = |count: &str| count.parse::<u32>().is_ok_and(|count| count <= MOST_REPEATED);
    let digits = |count: &str| count.bytes().all(|byte| byte.is_ascii_digit());
    (digits(least) && digits(most) && small(least) && (most.is_empty() || small(most))).then_some(())
}

/// After the backslash.
fn escaped(rest: &mut Peekable<Chars<'_>>) -> Option<()> {
    let letter = rest.next()?;
    // `\<` and `\>` are ends of words here.
    let is_punctuation = letter.is_ascii_punctuation() && !"<>".contains(letter);
    ("dDsSwW".contains(letter) || is_punctuation).then_some(())
}

/// After the parenthesis: a group, with a number or without.
fn group(rest: &mut Peekable<Chars<'_>>) -> Option<()> {
    if rest.next_if_eq(&'?').is_some() {
        rest.next_if_eq(&':')?;
    }
    Some(())
}

/// After the bracket. Sets of sets, which only the `regex` crate has, are left to it.
fn class(rest: &mut Peekable<Chars<'_>>) -> Option<()> {
    rest.next_if_eq(&'^');
    let mut before = ' ';
    loop {
        match rest.next()? {
            ']' => return Some(()),
            '\\' => {
                escaped(rest)?;
                before = ' ';
            }
            letter if letter.is_ascii_alphanumeric() || "_.-".contains(letter) => {
                if letter == '-' && before == '-' {
                    return None;
                }
                before = letter;
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    #[test]
    fn what_both_understand_goes_to_the_broker_as_a_match_of_the_whole_name() {
        for pattern in [
            "",
            "orders",
            "^orders-",
            r"^orders\.[a-z0-9_-]+$",
            "a|b",
            "^(eu|us)-.*",
            "(?:a|b){2,3}",
            "a+?",
            "x{3}",
            r"\d+\w*\.",
            "[^a-c]$",
            r"[\w.-]",
            "^a{0,1000}$",
        ] {
            assert!(Regex::new(pattern).is_ok(), "{pattern}");
            let whole = for_brokers(pattern).unwrap_or_else(|| panic!("{pattern}"));
            let [here, there] = [pattern, &format!("^(?:{whole})$")].map(|text| Regex::new(text).unwrap());
            for name in
                ["", "orders", "orders-1", "my.orders-1", "orders.a", "a", "b", "eu-x", "aba", "xxx", "7."]
            {
                assert_eq!(here.is_match(name), there.is_match(name), "{pattern} and {name}");
            }
        }
    }

    #[test]
    fn what_may_mean_something_else_there_is_matched_here() {
        for pattern in [
            r"[a-z&&[^b]]",
            r"[a--b]",
            "[a[bc]]",
            "[[:alpha:]]",
            r"\bx",
            r"\b{start}x",
            r"\x41",
            r"\p{L}",
            "(?i)x",
            "(?P<n>x)",
            "(?x) a # b",
            "a{,3}",
            "a{2,1001}",
            "a**",
            "a{2}{3}",
            "a+*",
            "é",
            r"\A",
            r"\<x",
        ] {
            assert_eq!(for_brokers(pattern), None, "{pattern}");
        }
    }
}
