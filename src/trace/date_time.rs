//! Date and time (RFC 5322 §3.3, without its obsolete forms: RFC 5321 §4.4).

use super::cursor::{Cursor, Result};
use super::grammar_error::GrammarError;
use super::token::from_str;
use core::fmt;
use time::{Date, Month, UtcOffset, Weekday};

const DAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];

pub(super) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The Julian day of the first day of 1970.
const UNIX_EPOCH_JULIAN_DAY: i64 = 2_440_588;

/// `date-time`: a day that exists, from 1900 to 9999, a time of day, and a zone.
///
/// ```
/// use mailtls::trace::DateTime;
/// let date: DateTime = "Thu, 26 Nov 2026 15:34:24 +0100".parse()?;
/// assert_eq!(date.unix_seconds(), 1_795_703_664);
/// assert_eq!(DateTime::from_unix_seconds(1_795_703_664, 60), Some(date));
/// assert_eq!(date.to_string(), "Thu, 26 Nov 2026 15:34:24 +0100");
/// # Ok::<(), mailtls::trace::GrammarError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    date: Date,
    /// The seconds may be 60.
    time: (u8, u8, u8),
    zone: Zone,
}

/// How the time of day stands to UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    /// So many minutes later than UTC, from -5999 to 5999.
    Minutes(i16),
    /// `-0000`: the time is UTC, and nothing is said of the place (RFC 5322 §3.3).
    Unknown,
}

impl Zone {
    fn minutes(self) -> i16 {
        match self {
            Self::Minutes(minutes) => minutes,
            Self::Unknown => 0,
        }
    }
}

impl DateTime {
    /// The moment so many seconds after the beginning of 1970 in UTC, as a clock shows it that is so many
    /// minutes ahead of UTC. `None` outside the years 1900 to 9999 there, and where no clock is so far
    /// ahead or behind (a day).
    pub fn from_unix_seconds(seconds: i64, zone_minutes: i16) -> Option<Self> {
        let offset = UtcOffset::from_whole_seconds(i32::from(zone_minutes) * 60).ok()?;
        let local = time::OffsetDateTime::from_unix_timestamp(seconds).ok()?.checked_to_offset(offset)?;
        let (hour, minute, second) = local.to_hms();
        let date = Some(local.date()).filter(|date| (1900..=9999).contains(&date.year()))?;
        Some(Self { date, time: (hour, minute, second), zone: Zone::Minutes(zone_minutes) })
    }

    /// `None` where there is no such time of day.
    pub(super) fn of(date: Date, time: (u8, u8, u8), zone: Zone) -> Option<Self> {
        (time.0 < 24 && time.1 < 60 && time.2 <= 60).then_some(Self { date, time, zone })
    }

    /// So many seconds after the beginning of 1970 in UTC; a leap second is the same as the one after it.
    pub fn unix_seconds(&self) -> i64 {
        let (hour, minute, second) = self.time;
        let days = i64::from(self.date.to_julian_day()) - UNIX_EPOCH_JULIAN_DAY;
        days * 86_400 + i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)
            - i64::from(self.zone.minutes()) * 60
    }

    /// The zone.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// `date-time = [ day-of-week "," ] date time [CFWS]`, without white space around it.
    pub(super) fn read(from: &mut Cursor<'_>) -> Result<Self> {
        let start = from.at();
        let day_name = day_of_week(from)?;
        let date = date(from)?;
        if day_name.is_some_and(|day| day != date.weekday()) {
            return Err(GrammarError::because(start, "day-of-week", "it was another day"));
        }
        let time = time_of_day(from)?;
        from.fws()?;
        Ok(Self { date, time, zone: zone(from)? })
    }
}

/// `[ day-of-week "," ]`
fn day_of_week(from: &mut Cursor<'_>) -> Result<Option<Weekday>> {
    if !from.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
        return Ok(None);
    }
    let name = from.rest().get(..3).unwrap_or_default();
    let Some((_, day)) = DAYS.iter().find(|day| day.0.eq_ignore_ascii_case(name)) else {
        return from.wanted("day-name");
    };
    (0..3).for_each(|_| _ = from.take());
    from.expect_char(',', "day-of-week")?;
    from.gap();
    Ok(Some(*day))
}

/// `date = day month year`, up to the time.
fn date(from: &mut Cursor<'_>) -> Result<Date> {
    let start = from.at();
    let day = from.digits(1, 2, "day")?;
    from.fws()?;
    let name = from.rest().get(..3).unwrap_or_default();
    let Some(month) = (1u8..).zip(MONTHS).find(|month| month.1.eq_ignore_ascii_case(name)) else {
        return from.wanted("month-name");
    };
    (0..3).for_each(|_| _ = from.take());
    from.fws()?;
    let at = from.at();
    let year = from.digits(4, usize::MAX, "year")?;
    if !(1900..=9999).contains(&year) {
        return Err(GrammarError::because(at, "year", "before 1900 or after 9999"));
    }
    from.fws()?;
    calendar(year, month.0, day).ok_or(GrammarError::because(start, "day", "there is no such day"))
}

pub(super) fn calendar(year: u32, month: u8, day: u32) -> Option<Date> {
    let month = Month::try_from(month).ok()?;
    Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()
}

/// `time-of-day = hour ":" minute [ ":" second ]`
fn time_of_day(from: &mut Cursor<'_>) -> Result<(u8, u8, u8)> {
    let hour = below(from, 24, "hour")?;
    from.expect_char(':', "time-of-day")?;
    let minute = below(from, 60, "minute")?;
    // A leap second is the 61st.
    let second = if from.take_char(':') { below(from, 61, "second")? } else { 0 };
    Ok((hour, minute, second))
}

fn below(from: &mut Cursor<'_>, end: u8, production: &'static str) -> Result<u8> {
    let at = from.at();
    let value = from.digits(2, 2, production)?;
    let value = u8::try_from(value).ok().filter(|value| *value < end);
    value.ok_or(GrammarError::because(at, production, "too large a number"))
}

/// `zone = ( "+" / "-" ) 4DIGIT`
fn zone(from: &mut Cursor<'_>) -> Result<Zone> {
    let at = from.at();
    let west = from.take_char('-');
    if !west {
        from.expect_char('+', "zone")?;
    }
    let digits = i16::try_from(from.digits(4, 4, "zone")?).unwrap_or(0);
    let (hours, minutes) = (digits / 100, digits % 100);
    if minutes > 59 {
        return Err(GrammarError::because(at, "zone", "an hour has 60 minutes"));
    }
    Ok(match (west, hours * 60 + minutes) {
        (true, 0) => Zone::Unknown,
        (true, minutes) => Zone::Minutes(-minutes),
        (false, minutes) => Zone::Minutes(minutes),
    })
}

from_str!(DateTime = "date-time");

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weekday = self.date.weekday();
        let day_name = DAYS.iter().find(|day| day.1 == weekday).map_or("", |day| day.0);
        let month = MONTHS.get(usize::from(u8::from(self.date.month())) - 1).unwrap_or(&"");
        let (hour, minute, second) = self.time;
        write!(f, "{day_name}, {} {month} {} ", self.date.day(), self.date.year())?;
        write!(f, "{hour:02}:{minute:02}:{second:02} ")?;
        let minutes = self.zone.minutes();
        let west = self.zone == Zone::Unknown || minutes < 0;
        let minutes = minutes.unsigned_abs();
        write!(f, "{}{:02}{:02}", if west { '-' } else { '+' }, minutes / 60, minutes % 60)
    }
}
