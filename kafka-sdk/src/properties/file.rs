//! The syntax of Java's `.properties` files, in UTF-8.

use std::iter::Peekable;
use std::str::Chars;

/// The pairs of a file, in their order.
///
/// # Errors
/// What is wrong, and in which line.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes.iter().take(error.valid_up_to()).filter(|&&byte| byte == b'\n').count();
        format!("line {line} is not UTF-8; other letters can be written as \\uXXXX")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut pairs = Vec::new();
    let mut lines = Lines { rest: text, number: 0 };
    while let Some((number, line)) = lines.next_logical() {
        pairs.push(pair(&line).map_err(|why| format!("line {number}: {why}"))?);
    }
    Ok(pairs)
}

const BLANKS: [char; 3] = [' ', '\t', '\x0c'];

/// Lines as they stand in the file, and what they are together where one ends in a backslash.
struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    /// The next line of the file, without what is blank before it.
    fn next_natural(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.strip_prefix("\r\n").or_else(|| rest.get(1..)).unwrap_or_default();
        Some(line.trim_start_matches(BLANKS))
    }

    /// The next line that says something, and the number of its first part.
    fn next_logical(&mut self) -> Option<(usize, String)> {
        let first = loop {
            let line = self.next_natural()?;
            if !line.is_empty() && !line.starts_with(['#', '!']) {
                break line;
            }
        };
        let number = self.number;
        let mut whole = String::new();
        let mut part = first;
        while let Some(begun) = continued(part) {
            whole.push_str(begun);
            part = self.next_natural().unwrap_or_default();
        }
        whole.push_str(part);
        Some((number, whole))
    }
}

/// The line without its last backslash, if that is not itself behind one.
fn continued(line: &str) -> Option<&str> {
    let backslashes = line.len() - line.trim_end_matches('\\').len();
    line.strip_suffix('\\').filter(|_| backslashes % 2 == 1)
}

fn pair(line: &str) -> Result<(String, String), String> {
    let mut letters = line.chars().peekable();
    let name = unescaped(&mut letters, |letter| BLANKS.contains(&letter) || matches!(letter, '=' | ':'))?;
    let blank = |letter: &char| BLANKS.contains(letter);
    while letters.next_if(blank).is_some() {}
    if letters.next_if(|letter| matches!(letter, '=' | ':')).is_some() {
        while letters.next_if(blank).is_some() {}
    }
    let value = unescaped(&mut letters, |_| false)?;
    Ok((name, value))
}

/// Up to a letter that ends it, or to the end.
fn unescaped(letters: &mut Peekable<Chars<'_>>, ends: fn(char) -> bool) -> Result<String, String> {
    // \uXXXX is a unit of UTF-16: two of them may be one letter.
    let mut units = Vec::new();
    while let Some(letter) = letters.next_if(|letter| !ends(*letter)) {
        let letter = match letter {
            '\\' => match letters.next() {
                None => break,
                Some('u') => {
                    units.push(unit(letters)?);
                    continue;
                }
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('f') => '\x0c',
                Some(other) => other,
            },
            plain => plain,
        };
        units.extend_from_slice(letter.encode_utf16(&mut [0; 2]));
    }
    String::from_utf16(&units).map_err(|_| "half of a surrogate pair".to_owned())
}

fn unit(letters: &mut Peekable<Chars<'_>>) -> Result<u16, String> {
    let mut unit = 0;
    for _ in 0..4 {
        let digit = letters.next().and_then(|letter| letter.to_digit(16));
        let digit = digit.and_then(|digit| u16::try_from(digit).ok());
        unit = unit << 4 | digit.ok_or("\\u without four hexadecimal digits")?;
    }
    Ok(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        parse(text.as_bytes()).unwrap()
    }

    fn one(text: &str) -> (String, String) {
        let pairs = read(text);
        assert_eq!(pairs.len(), 1, "{pairs:?}");
        pairs.into_iter().next().unwrap()
    }

    fn is(text: &str, name: &str, value: &str) {
        assert_eq!(one(text), (name.to_owned(), value.to_owned()), "{text:?}");
    }

    #[test]
    fn names_end_at_the_first_separator() {
        for text in
            ["a.b=c d", "a.b:c d", "a.b c d", "a.b = c d", "  a.b\t:  c d", "a.b\x0cc d", "a.b=c d\r\n"]
        {
            is(text, "a.b", "c d");
        }
        is("a==b", "a", "=b");
        is("a=b=c:d", "a", "b=c:d");
        is("a", "a", "");
        is("a=", "a", "");
        is("=b", "", "b");
        is(r"a\=b\:c\ d=e", "a=b:c d", "e");
    }

    #[test]
    fn comments_and_empty_lines_say_nothing() {
        assert_eq!(read("# a=b\n ! c=d\n\n   \n\r\n\t# e\\\n"), []);
        is("# a \\\nb=c", "b", "c");
        is("a=b # c", "a", "b # c");
        assert_eq!(read(""), []);
    }

    #[test]
    fn a_backslash_at_the_end_joins_lines() {
        is("a=b,\\\n   c", "a", "b,c");
        is("a\\\r\n=b", "a", "b");
        is("a=b\\\\\n", "a", "b\\");
        is("a=b\\\\\\\nc", "a", "b\\c");
        is("a=b\\", "a", "b");
        is("a=b\\\n# c", "a", "b# c");
        assert_eq!(read("a=b\\\n\nc=d").len(), 2);
        assert_eq!(read("a=b\rc=d\r\ne=f\n").len(), 3);
    }

    #[test]
    fn escapes_are_javas() {
        is(r"a=\t\n\r\f\q\\", "a", "\t\n\r\x0cq\\");
        is(r"a=\u00e9\uD83D\uDE00", "a", "é😀");
        is("a=é😀", "a", "é😀");
        is("a=$b ${c}", "a", "$b ${c}");
        is("\u{feff}a=b", "a", "b");
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let error = |text: &[u8]| parse(text).unwrap_err();
        assert_eq!(error(b"a=b\nc=\\u12x4"), "line 2: \\u without four hexadecimal digits");
        assert_eq!(error(b"\\u12"), "line 1: \\u without four hexadecimal digits");
        assert_eq!(error(b"\n\na=\\uD83D"), "line 3: half of a surrogate pair");
        assert!(error(b"a=b\nc=\xe9").starts_with("line 2 is not UTF-8"));
    }

    #[test]
    fn no_input_panics() {
        let mut random = fastrand::Rng::with_seed(7);
        let letters: Vec<char> = " \t\n\r\x0c\\\\\\=:#!uabc019é😀\u{feff}".chars().collect();
        for _ in 0..20_000 {
            let bytes: Vec<u8> = (0..random.usize(0..40)).map(|_| random.u8(..)).collect();
            let _ = parse(&bytes);
            let text: String = (0..random.usize(0..40)).map(|_| *random.choice(&letters).unwrap()).collect();
            let _ = parse(text.as_bytes());
        }
    }
}
