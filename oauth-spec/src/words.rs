//! Small words for pages and messages.

/// A length of time in its largest whole unit: `12 hours`.
pub(crate) fn duration(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0 => return "no time".to_owned(),
        _ if seconds.is_multiple_of(86400) => (seconds / 86400, "day"),
        _ if seconds.is_multiple_of(3600) => (seconds / 3600, "hour"),
        _ if seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    match count {
        1 => format!("1 {unit}"),
        _ => format!("{count} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_duration_is_told_in_its_largest_whole_unit() {
        for (seconds, words) in [
            (1, "1 second"),
            (90, "90 seconds"),
            (3600, "1 hour"),
            (86400 * 60, "60 days"),
        ] {
            assert_eq!(super::duration(seconds), words);
        }
    }
}
