//! Dates as they are met: with the obsolete forms of RFC 5322 §4.3, and in other orders.

use super::date_time::{DateTime, MONTHS, Zone, calendar};

/// Hours from UTC of the zones that have a name (RFC 5322 §4.3).
const ZONES: [(&str, i16); 11] = [
    ("UT", 0),
    ("GMT", 0),
    ("UTC", 0),
    ("EST", -5),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
];

/// A date has no more words than this.
const MOST_WORDS: usize = 16;

impl DateTime {
    /// Reads a date in whose words the name of the month, the day before the year, a time and perhaps a
    /// zone can be told, in any order. The name of the day is not looked at; a year of two digits is of
    /// 1950 to 2049 (RFC 5322 §4.3); a zone that is not known is [`Zone::Unknown`].
    ///
    /// ```
    /// use mailtls::trace::DateTime;
    /// let date = DateTime::read_obsolete("Thu, 26 Nov 26 15:34:24 EST");
    /// assert_eq!(date.map(|date| date.to_string()).as_deref(), Some("Thu, 26 Nov 2026 15:34:24 -0500"));
    /// ```
    pub fn read_obsolete(text: &str) -> Option<Self> {
        let mut found = Found::default();
        let words = text.split([' ', '\t', ',']).filter(|word| !word.is_empty());
        for word in words.take(MOST_WORDS) {
            if word.starts_with(['+', '-']) {
                found.zone = found.zone.or(numeric_zone(word));
            } else {
                word.split('-').for_each(|piece| found.piece(piece));
            }
        }
        let [Some(day), Some(year)] = found.numbers else { return None };
        let date = calendar(full_year(year)?, found.month?, day.parse().ok()?)?;
        Self::of(date, found.time?, found.zone.unwrap_or(Zone::Unknown))
    }
}

#[derive(Default)]
struct Found<'a> {
    /// The day and the year.
    numbers: [Option<&'a str>; 2],
    month: Option<u8>,
    time: Option<(u8, u8, u8)>,
    zone: Option<Zone>,
}

impl<'a> Found<'a> {
    fn piece(&mut self, piece: &'a str) {
        if piece.contains(':') {
            self.time = self.time.or(time_of_day(piece));
        } else if !piece.is_empty() && piece.bytes().all(|c| c.is_ascii_digit()) {
            if let Some(free) = self.numbers.iter_mut().find(|number| number.is_none()) {
                *free = Some(piece);
            }
        } else if let Some(hours) = ZONES.iter().find(|zone| zone.0.eq_ignore_ascii_case(piece)) {
            self.zone = self.zone.or(Some(Zone::Minutes(hours.1 * 60)));
        } else if let Some(start) = piece.get(..3) {
            let month = (1u8..).zip(MONTHS).find(|month| month.1.eq_ignore_ascii_case(start));
            self.month = self.month.or(month.map(|month| month.0));
        }
    }
}

fn full_year(digits: &str) -> Option<u32> {
    let year: u32 = digits.parse().ok()?;
    let year = match (digits.len(), year) {
        (2, 0..50) => year + 2000,
        (2 | 3, _) => year + 1900,
        _ => year,
    };
    (1900..=9999).contains(&year).then_some(year)
}

fn time_of_day(text: &str) -> Option<(u8, u8, u8)> {
    let mut parts = text.split(':').map(|part| part.split('.').next().unwrap_or_default().parse::<u8>());
    let hour = parts.next()?.ok()?;
    let minute = parts.next()?.ok()?;
    let second = parts.next().unwrap_or(Ok(0)).ok()?;
    Some((hour, minute, second))
}

fn numeric_zone(text: &str) -> Option<Zone> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits: i16 = if digits.len() == 4 { digits.parse().ok()? } else { return None };
    let minutes = digits / 100 * 60 + digits % 100;
    match (text.starts_with('-'), minutes) {
        _ if digits % 100 > 59 => None,
        (true, 0) => Some(Zone::Unknown),
        (true, minutes) => Some(Zone::Minutes(-minutes)),
        (false, minutes) => Some(Zone::Minutes(minutes)),
    }
}
