//! What the tables say is accepted is accepted, and what is beside it is refused: each row of each role.

use super::TABLES;
use crate::error::{Error, ErrorKind};
use crate::settings::Names;

fn set(table: &dyn Names, name: &str, value: &str) -> Result<(), Error> {
    table.check_pairs(&[(name.to_owned(), value.to_owned())])
}

fn refused(table: &dyn Names, name: &str, value: &str, accepts: &str) {
    let error = set(table, name, value).expect_err(&format!("{name} is {value}, and not refused"));
    assert_eq!(error.kind(), ErrorKind::Settings);
    let (bare, text) = (value.trim_matches('"'), error.to_string());
    let named = [format!("{name} is {bare}, and"), format!("{name} is \"{bare}\", and")];
    assert!(named.iter().any(|start| text.starts_with(start)), "{text}");
    assert!(text.ends_with(&format!("must be {accepts}")), "{text}");
}

/// `1` and `9` of "a level from 1 to 9, or -1".
fn range(accepts: &str) -> Option<(i128, i128)> {
    let (_, range) = accepts.split_once(" from ")?;
    let (least, most) = range.split_once(" to ")?;
    Some((least.parse().ok()?, most.split(',').next()?.parse().ok()?))
}

/// -1 of "a level from 1 to 9, or -1".
fn words_beside_the_range(accepts: &str) -> Vec<i128> {
    let words = accepts.split_once(", or ").map_or("", |(_, words)| words);
    words.split(' ').filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn every_range_is_kept_at_both_ends() {
    let mut ranges = 0;
    for table in TABLES {
        for line in table.lines() {
            let Some((least, most)) = range(&line.accepts) else { continue };
            ranges += 1;
            for inside in [least, most] {
                set(*table, line.name, &inside.to_string()).unwrap();
            }
            // 0 is librdkafka's word for the system's choice.
            let below = if line.accepts.ends_with("the system's choice") { -2 } else { least - 1 };
            let also = words_beside_the_range(&line.accepts);
            let below = (0..).map(|n| below - n).find(|n| !also.contains(n)).unwrap();
            for outside in [below, most + 1, i128::MAX] {
                refused(*table, line.name, &outside.to_string(), &line.accepts);
            }
            for no_number in ["", "many", "1.5", "1 000"] {
                refused(*table, line.name, no_number, &line.accepts);
            }
        }
    }
    assert!(ranges >= 25, "{ranges} rows with a range");
}

#[test]
fn every_word_is_taken_in_any_case_and_no_other() {
    let mut choices = 0;
    for table in TABLES {
        for line in table.lines() {
            let all_words = |text: &str| text.replace(" or ", ", ").split(", ").map(str::to_owned).collect();
            let words: Vec<String> = all_words(&line.accepts);
            if words.len() < 2 || words.iter().any(|word| word.contains(' ')) {
                continue;
            }
            choices += 1;
            for word in &words {
                // A codec may not be built in, but that is told when all settings are known.
                set(*table, line.name, word).unwrap();
                set(*table, line.name, &word.to_uppercase()).unwrap();
            }
            refused(*table, line.name, "perhaps", &line.accepts);
        }
    }
    assert!(choices >= 10, "{choices} rows with words");
}
