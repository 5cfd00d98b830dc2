//! What the RFCs say of the Received field in prose: constraints that ABNF cannot express, by rule name.

/// The months, as in RFC 5322 §3.3.
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// The days of the week, from that of 1 January 1900, which was a Monday.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Whether `text`, which matches the rule `name`, is as the prose for this rule has it.
pub fn holds(name: &str, text: &[u8]) -> bool {
    match name {
        // RFC 5321 §4.4 and RFC 8314 §4.3: these have rules of their own.
        "clause-name" => !["from", "by", "via", "with", "id", "for", "tls", "group"]
            .iter()
            .any(|own| text.eq_ignore_ascii_case(own.as_bytes())),
        // RFC 5321 §4.1.3: "representing a decimal integer value in the range 0 through 255".
        "Snum" => number(text) <= 255,
        // RFC 5321 §4.1.3: what IPv6 is has its own rule; a bad IPv6 address is not a good general one.
        "Standardized-tag" => !text.eq_ignore_ascii_case(b"IPv6"),
        // RFC 5321 §4.1.3: "No more than 6 groups in addition to the "::" may be present".
        "IPv6-comp" => groups(text) <= 6,
        // RFC 5321 §4.1.3: "No more than 4 groups in addition to the "::" and IPv4-address-literal".
        "IPv6v4-comp" => groups(text) <= 4 + 1,
        "date-time" => Moment::read(text).exists(),
        _ => true,
    }
}

/// What holds for a field as a whole.
pub fn whole_field(field: &[u8]) -> bool {
    // RFC 5322 §2.1.1, and the library's limit of a field.
    // RFC 5322 §3.2.2: no "line of a folded header field is made up entirely of WSP characters and nothing
    // else" by CFWS; §4.2 has lines by two FWS side by side among the obsolete forms.
    let of_white_space = |line: &[u8]| !line.is_empty() && line.iter().all(|octet| b" \t".contains(octet));
    field.len() <= 65536 && lines(field).all(|line| line.len() <= 998 && !of_white_space(line))
}

/// The lines of a field, each without its CRLF.
fn lines(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(field);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.windows(2).position(|pair| pair == b"\r\n");
        rest = end.map(|end| &text[end + 2..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

fn groups(text: &[u8]) -> usize {
    text.split(|octet| *octet == b':').filter(|group| !group.is_empty()).count()
}

fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |sum: u64, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

/// What a `date-time` says.
pub struct Moment {
    day_name: Option<String>,
    day: u64,
    month: String,
    year: u64,
    hour: u64,
    minute: u64,
    second: u64,
    zone_minutes: u64,
}

impl Moment {
    /// Reads a text that matches `date-time`.
    pub fn read(text: &[u8]) -> Self {
        let mut words = Words(text);
        let day_name = words.take(u8::is_ascii_alphabetic);
        words.take(|octet| *octet == b',');
        let day = number(words.take(u8::is_ascii_digit));
        let month = lower(words.take(u8::is_ascii_alphabetic));
        let year = number(words.take(u8::is_ascii_digit));
        let time = words.take(|octet| octet.is_ascii_digit() || *octet == b':');
        let mut time = time.split(|octet| *octet == b':').map(number);
        words.take(|octet| b"+-".contains(octet));
        Self {
            day_name: (!day_name.is_empty()).then(|| lower(day_name)),
            day,
            month,
            year,
            hour: time.next().unwrap_or(0),
            minute: time.next().unwrap_or(0),
            second: time.next().unwrap_or(0),
            zone_minutes: number(words.take(u8::is_ascii_digit)) % 100,
        }
    }

    /// The prose of RFC 5322 §3.3. Years end with 9999: the library's limit.
    fn exists(&self) -> bool {
        (1900..=9999).contains(&self.year)
            && (1..=self.days_of_month()).contains(&self.day)
            && self.hour <= 23
            && self.minute <= 59
            && self.second <= 60
            && self.zone_minutes <= 59
            && self.day_name.as_ref().is_none_or(|name| name == self.week_day())
    }

    fn days_of_month(&self) -> u64 {
        days_of_month(self.year, self.month_number())
    }

    fn month_number(&self) -> usize {
        MONTHS.iter().position(|month| *month == self.month).expect("a month")
    }

    /// The day of the week of this date, if the date exists: a count of the days since 1 January 1900.
    pub fn week_day(&self) -> &'static str {
        let years: u64 = (1900..self.year.min(10000)).map(|year| 365 + u64::from(leap(year))).sum();
        let months: u64 = (0..self.month_number()).map(|month| days_of_month(self.year, month)).sum();
        DAYS[usize::try_from((years + months + self.day + 6) % 7).expect("a day of seven")]
    }
}

fn leap(year: u64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The days of a month that is counted from 0.
fn days_of_month(year: u64, month: usize) -> u64 {
    match month {
        1 => 28 + u64::from(leap(year)),
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

fn lower(text: &[u8]) -> String {
    String::from_utf8_lossy(text).to_ascii_lowercase()
}

/// What is left of a text.
struct Words<'a>(&'a [u8]);

impl<'a> Words<'a> {
    /// Passes white space, then takes the octets that are `of` a kind.
    fn take(&mut self, of: impl Fn(&u8) -> bool) -> &'a [u8] {
        let text = self.0.trim_ascii_start();
        let end = text.iter().position(|octet| !of(octet)).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.0 = rest;
        word
    }
}
