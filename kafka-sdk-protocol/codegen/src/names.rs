//! From Kafka's names to Rust's.

/// `V3AndBelowTopics` -> `v3_and_below_topics`; words are split where a lower-case letter or digit meets an upper-case
/// one, and before the last upper-case letter of a run that goes on in lower case.
pub(crate) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, &c) in chars.iter().enumerate() {
        let starts_word = c.is_uppercase()
            && i > 0
            && (!chars[i - 1].is_uppercase() || chars.get(i + 1).is_some_and(|n| n.is_lowercase()));
        if starts_word {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// A field's name, escaped where it is a keyword.
pub(crate) fn field(name: &str) -> String {
    let name = snake(name);
    match name.as_str() {
        "type" | "match" => format!("r#{name}"),
        _ => name,
    }
}

/// `OffsetFetchRequest` -> `OffsetFetch`.
pub(crate) fn api(message: &str) -> &str {
    message.strip_suffix("Request").or(message.strip_suffix("Response")).unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found() {
        assert_eq!(snake("V3AndBelowTopics"), "v3_and_below_topics");
        assert_eq!(snake("ISRNodes"), "isr_nodes");
        assert_eq!(snake("ThrottleTimeMs"), "throttle_time_ms");
        assert_eq!(snake("KRaftVersion"), "k_raft_version");
        assert_eq!(field("Type"), "r#type");
        assert_eq!(api("OffsetFetchRequest"), "OffsetFetch");
    }
}
