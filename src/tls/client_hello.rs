//! Reads from a ClientHello what a refusal must name: the best version the client offers.
//!
//! The record header's version says nothing of that (RFC 8446 §5.1); `legacy_version` and the
//! supported_versions extension do (§4.1.2, §4.2.1).

use super::registry::Version;

const HANDSHAKE_RECORD: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SUPPORTED_VERSIONS: u16 = 43;

/// The best version offered by the ClientHello at the start of these bytes, which may be spread
/// over several records. `None` when there is no whole ClientHello.
pub(crate) fn best_version(records: &[u8]) -> Option<Version> {
    let message = handshake_bytes(records);
    let (&[kind, a, b, c], rest) = message.split_first_chunk()?;
    let body = rest.get(..u32::from_be_bytes([0, a, b, c]) as usize)?;
    if kind != CLIENT_HELLO {
        return None;
    }
    let (&legacy, rest) = body.split_first_chunk::<2>()?;
    let legacy = Version(u16::from_be_bytes(legacy));
    let (_random, rest) = rest.split_at_checked(32)?;
    let (_session, rest) = vector(rest, 1)?;
    let (_suites, rest) = vector(rest, 2)?;
    let (_compression, rest) = vector(rest, 1)?;
    let extensions = vector(rest, 2).map_or(&[][..], |(extensions, _)| extensions);
    Some(supported_versions(extensions).into_iter().chain([legacy]).max().unwrap_or(legacy))
}

/// The payloads of the handshake records, one after another.
fn handshake_bytes(mut records: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    while let Some((&[HANDSHAKE_RECORD, _, _, high, low], rest)) = records.split_first_chunk() {
        let Some((payload, rest)) = rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))
        else {
            break;
        };
        message.extend_from_slice(payload);
        records = rest;
    }
    message
}

/// The versions of the supported_versions extension; GREASE (RFC 8701) is none.
fn supported_versions(mut extensions: &[u8]) -> Vec<Version> {
    while let Some((&kind, rest)) = extensions.split_first_chunk() {
        let Some((content, rest)) = vector(rest, 2) else { break };
        if u16::from_be_bytes(kind) == SUPPORTED_VERSIONS {
            let list = vector(content, 1).map_or(&[][..], |(list, _)| list);
            let versions = list.chunks_exact(2).map(|v| Version(u16::from_be_bytes([v[0], v[1]])));
            return versions.filter(|version| version.name().is_some()).collect();
        }
        extensions = rest;
    }
    Vec::new()
}

/// A vector with a length of `size` octets before it, and what follows it.
fn vector(bytes: &[u8], size: usize) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(size)?;
    let length = length.iter().fold(0, |sum, &octet| sum << 8 | usize::from(octet));
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hello(legacy: u16, versions: &[u16]) -> Vec<u8> {
        let mut body = legacy.to_be_bytes().to_vec();
        body.extend([7; 32]);
        body.extend([0, 0, 2, 0xc0, 0x13, 1, 0]);
        if !versions.is_empty() {
            let n = u8::try_from(versions.len() * 2).unwrap();
            body.extend([0, n + 9, 0xff, 1, 0, 0, 0, 43, 0, n + 1, n]);
            body.extend(versions.iter().flat_map(|v| v.to_be_bytes()));
        }
        [&[1, 0, 0, u8::try_from(body.len()).unwrap()][..], &body].concat()
    }

    fn records(message: &[u8], size: usize) -> Vec<u8> {
        message
            .chunks(size)
            .flat_map(|c| [&[22, 3, 1, 0, u8::try_from(c.len()).unwrap()][..], c].concat())
            .collect()
    }

    #[test]
    fn the_record_header_says_nothing() {
        for (legacy, versions, best) in [
            (0x0302, &[][..], 0x0302),
            (0x0303, &[], 0x0303),
            (0x0303, &[0x0304, 0x0303], 0x0304),
            (0x0303, &[0x7a7a, 0x0304], 0x0304),
            (0x0301, &[0x0302], 0x0302),
        ] {
            for size in [1, 5, 200] {
                assert_eq!(best_version(&records(&hello(legacy, versions), size)), Some(Version(best)));
            }
        }
    }

    #[test]
    fn a_part_is_not_a_hello() {
        let whole = records(&hello(0x0303, &[0x0304]), 200);
        for cut in 0..whole.len() {
            assert_eq!(best_version(&whole[..cut]), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200), size in 1usize..60) {
            best_version(&bytes);
            best_version(&records(&bytes, size));
        }
    }
}
