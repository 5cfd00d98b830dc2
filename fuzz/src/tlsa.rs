//! TLSA records, as text and as RDATA, and one certificate.
//!
//! Must never know how they are compared, but what must come of it.

use crate::certificate::{dns, key, with};
use mailtls::trust::tlsa::{TlsaRecord, TlsaRecords};
use sha2::{Digest, Sha256, Sha512};

/// Every line is a record as text; the whole input is the RDATA of one, too. `=` in the place of the
/// data stands for what is right for the certificate.
pub fn tlsa(data: &[u8]) {
    let certificate = with(&[], &dns(b"mail.example"));
    let text = String::from_utf8_lossy(data);
    let right = |line: &str| match line.strip_suffix('=') {
        Some(numbers) => completed(numbers, &certificate),
        None => line.to_owned(),
    };
    let mut records: Vec<TlsaRecord> =
        text.lines().take(100).filter_map(|line| right(line).parse().ok()).collect();
    let rdata = TlsaRecord::from_rdata(data);
    assert_eq!(rdata.is_ok(), (4..=65_535).contains(&data.len()));
    if let Ok(record) = rdata {
        assert_eq!(record.to_rdata(), data);
        records.push(record);
    }
    for record in &records {
        assert_eq!(record.to_string().parse().as_ref(), Ok(record));
        assert_eq!(TlsaRecord::from_rdata(&record.to_rdata()).as_ref(), Ok(record));
        assert!(crate::is_line(record.to_string()));
        assert_eq!(record.matches(&certificate), is_about(record, &certificate), "{record}");
    }
    let all = TlsaRecords::dnssec_validated(records.clone());
    assert!(all.iter().eq(&records));
    assert!(all.usable().all(TlsaRecord::is_usable));
    assert_eq!(all.any_usable(), records.iter().any(TlsaRecord::is_usable), "all that count are gone");
}

fn part<'a>(selector: u8, certificate: &'a [u8], key: &'a [u8]) -> Option<&'a [u8]> {
    [certificate, key].get(usize::from(selector)).copied()
}

fn digest(matching_type: u8, part: &[u8]) -> Option<Vec<u8>> {
    match matching_type {
        0 => Some(part.to_vec()),
        1 => Some(Sha256::digest(part).to_vec()),
        2 => Some(Sha512::digest(part).to_vec()),
        _ => None,
    }
}

fn completed(numbers: &str, certificate: &[u8]) -> String {
    let number = |at| numbers.split_whitespace().nth(at).and_then(|word| word.parse().ok()).unwrap_or(9);
    let key = key();
    let data = part(number(1), certificate, &key).and_then(|part| digest(number(2), part));
    let hex: String = data.unwrap_or_default().iter().map(|octet| format!("{octet:02X}")).collect();
    format!("{numbers}{hex}")
}

/// RFC 6698 §2.1, from the RDATA.
fn is_about(record: &TlsaRecord, certificate: &[u8]) -> bool {
    let rdata = record.to_rdata();
    let [usage, selector, matching_type, ref data @ ..] = rdata[..] else { return false };
    let key = key();
    let wanted = part(selector, certificate, &key).and_then(|part| digest(matching_type, part));
    usage < 4 && wanted.as_deref() == Some(data)
}
