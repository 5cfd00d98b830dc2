//! Blanks where a client of any protocol may write them without being understood otherwise.

use mailtls::{Limits, Protocol};

/// The same lines with more blanks at both ends and between the words. `None` where that could mean
/// something else: there are quoted strings or literals, a line is broken, or has no room.
///
/// The first line is left as it is, for it may be of another protocol, and so is what is behind the last line end.
pub fn more(protocol: Protocol, input: &[u8], limits: &Limits) -> Option<Vec<u8>> {
    let room = match protocol {
        Protocol::Imap => limits.imap_line,
        Protocol::Pop3 => limits.pop3_line,
        Protocol::Smtp => limits.smtp_line,
    };
    let quoted = protocol == Protocol::Imap && input.iter().any(|b| matches!(b, b'"' | b'{'));
    let mut lines: Vec<&[u8]> = input.split(|&b| b == b'\n').collect();
    let unfinished = lines.pop()?;
    let broken = |line: &&[u8]| {
        let Some(line) = line.strip_suffix(b"\r") else { return true };
        line.iter().any(|b| matches!(b, b'\r' | 0)) || 2 * line.len() + 10 > room.min(limits.sasl_line)
    };
    if quoted || unfinished.contains(&b'\r') || unfinished.contains(&0) || lines.iter().any(broken) {
        return None;
    }
    let mut longer = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match number {
            0 => longer.extend(line),
            _ => write(protocol, line, &mut longer),
        }
        longer.extend(b"\r\n");
    }
    longer.extend(unfinished);
    Some(longer)
}

fn write(protocol: Protocol, line: &[u8], out: &mut Vec<u8>) {
    let word = line.split(|b| matches!(b, b' ' | b'\t')).find(|word| !word.is_empty());
    let is =
        |name: &[u8]| protocol == Protocol::Pop3 && word.is_some_and(|word| word.eq_ignore_ascii_case(name));
    out.extend(b"\t ");
    for &b in line {
        let between = matches!(b, b' ' | b'\t') && !is(b"PASS") && !is(b"USER");
        out.extend(if between { &b" \t"[..] } else { core::slice::from_ref(&b) });
    }
    if !is(b"PASS") {
        out.extend(b" \t");
    }
}
