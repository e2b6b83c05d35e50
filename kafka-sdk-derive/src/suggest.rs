//! What somebody may have meant.

/// The known word that is nearest to `word`, if it is near.
pub(crate) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let far = word.chars().count().max(3) / 3 + 1;
    let (distance, nearest) = known.iter().map(|known| (distance(word, known), *known)).min()?;
    (distance < far.max(2) + 1 && distance < nearest.len()).then_some(nearest)
}

/// How many letters have to be changed, left out, put in or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (row[j] + usize::from(x != y)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

/// `did you mean` and the known ones, for the end of a sentence.
pub(crate) fn hint(word: &str, known: &[&str]) -> String {
    let all = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`? known: {all}"),
        None => format!("known: {all}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_is_seen_and_another_word_is_not() {
        let known = ["topic", "format", "key_format", "type_header"];
        for (word, meant) in [
            ("topics", Some("topic")),
            ("tpoic", Some("topic")),
            ("fromat", Some("format")),
            ("keyformat", Some("key_format")),
            ("banana", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, &known), meant, "{word}");
        }
    }
}
