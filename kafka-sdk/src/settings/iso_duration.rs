//! Durations of ISO 8601 in days and less, as Java reads them: `PT1H`, `P2DT3H4M5.5S`.

use std::time::Duration;

/// None: it is no duration, or one too long to be told.
pub(crate) fn iso_duration(text: &str) -> Option<Duration> {
    let text = text.to_ascii_uppercase();
    let text = text.strip_prefix('P')?;
    let (days, time) = text.split_once('T').unwrap_or((text, ""));
    if text.is_empty() || text.ends_with('T') {
        return None;
    }
    let whole = sum(days, &[('D', 24 * 60 * 60)])?;
    whole.checked_add(sum(time, &[('H', 60 * 60), ('M', 60), ('S', 1)])?)
}

/// What is in `text`, of units with their seconds, each at most once and in this order.
fn sum(mut text: &str, units: &[(char, u64)]) -> Option<Duration> {
    let mut sum = Duration::ZERO;
    for (unit, seconds) in units {
        let Some((number, rest)) = text.split_once(*unit) else { continue };
        sum = sum.checked_add(of(number, *seconds)?)?;
        text = rest;
    }
    text.is_empty().then_some(sum)
}

/// So many times so many seconds; a fraction is for single seconds only.
fn of(number: &str, seconds: u64) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let fits =
        digits(whole) && digits(fraction) && fraction.len() <= 9 && (seconds == 1 || !number.contains('.'));
    let whole: u64 = fits.then(|| whole.parse().ok())??;
    let nanos: u32 = format!("{fraction:0<9}").parse().ok()?;
    Some(Duration::new(whole.checked_mul(seconds)?, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_java_reads_them() {
        let seconds = |text| iso_duration(text).map(|duration| duration.as_secs_f64());
        assert_eq!(seconds("PT1H"), Some(3_600.0));
        assert_eq!(seconds("P2D"), Some(172_800.0));
        assert_eq!(seconds("p1dt2h3m4.5s"), Some(93_784.5));
        assert_eq!(seconds("PT0.000000001S"), Some(1e-9));
        assert_eq!(seconds("PT90M"), Some(5_400.0));
    }

    #[test]
    fn what_is_no_duration_is_none() {
        let wrong = [
            "", "P", "PT", "P1DT", "1H", "P1H", "PT1D", "PT1S1M", "PT1M1M", "PT-1H", "PT1.5H", "PT.5S",
            "PT1.S",
        ];
        for text in wrong {
            assert_eq!(iso_duration(text), None, "{text}");
        }
        assert_eq!(iso_duration("PT99999999999999999999H"), None);
        assert_eq!(iso_duration("P18446744073709551615D"), None);
        assert_eq!(iso_duration("PT18446744073709551615S1"), None);
    }
}
