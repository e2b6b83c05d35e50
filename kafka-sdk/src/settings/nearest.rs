//! What somebody may have meant by a name that nobody knows.

/// The one of `names` that is most like `name`, or begins with it; none, if no one is like it at all.
pub(crate) fn nearest(name: &str, names: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    let wanted = name.to_lowercase().replace(['_', '-'], ".");
    let letters: Vec<char> = wanted.chars().collect();
    if letters.len() > LONGEST {
        return None;
    }
    let begins = |known: &str| {
        letters.len() > 2 && known.strip_prefix(&wanted).is_some_and(|rest| rest.starts_with('.'))
    };
    let like = |known| match distance(&letters, known) {
        far if far <= (letters.len() / 4).max(1) => Some(far),
        _ if begins(known) => Some(letters.len()),
        _ => None,
    };
    names.into_iter().filter_map(|known| Some((like(known)?, known))).min().map(|(_, known)| known)
}

/// No name is as long; comparing costs the product of the lengths.
const LONGEST: usize = 100;

/// How many letters are to be changed, put in or left out until `a` is `b`.
fn distance(a: &[char], b: &str) -> usize {
    let mut above: Vec<usize> = (0..=a.len()).collect();
    for (index, letter) in b.chars().enumerate() {
        let mut row = vec![index + 1];
        for (own, pair) in a.iter().zip(above.windows(2)) {
            let &[diagonal, up] = pair else { continue };
            let left = row.last().copied().unwrap_or_default();
            row.push((left.min(up) + 1).min(diagonal + usize::from(*own != letter)));
        }
        above = row;
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted_in_letters() {
        let of = |a: &str, b| distance(&a.chars().collect::<Vec<_>>(), b);
        assert_eq!((of("", ""), of("abc", ""), of("", "abc")), (0, 3, 3));
        assert_eq!((of("kitten", "sitting"), of("linger.ms", "linger.ms")), (3, 0));
    }

    #[test]
    fn what_was_meant_is_found_and_nothing_where_nothing_is_like_it() {
        let names = ["acks", "batch.size", "group.id", "linger.ms", "bootstrap.servers"];
        let of = |name| nearest(name, names);
        assert_eq!(of("group.idd"), Some("group.id"));
        assert_eq!(of("LINGER_MS"), Some("linger.ms"));
        assert_eq!(of("bootstrap.server"), Some("bootstrap.servers"));
        assert_eq!(of("ack"), Some("acks"));
        assert_eq!(of("linger"), Some("linger.ms"));
        assert_eq!(of("opts"), None);
        assert_eq!(of("service.host"), None);
        assert_eq!(of(""), None);
        assert_eq!(of(&"x".repeat(1 << 20)), None);
    }
}
