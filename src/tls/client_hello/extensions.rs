//! What the extensions say that are looked into. The others are kept as they are.

use super::parse::Cursor;
use super::{Extension, Flaw, Part};
use crate::tls::registry::{Group, SignatureScheme, Version};

pub(super) const SERVER_NAME: u16 = 0;
pub(super) const SUPPORTED_GROUPS: u16 = 10;
pub(super) const SIGNATURE_ALGORITHMS: u16 = 13;
pub(super) const ALPN: u16 = 16;
pub(super) const PRE_SHARED_KEY: u16 = 41;
pub(super) const SUPPORTED_VERSIONS: u16 = 43;
pub(super) const KEY_SHARE: u16 = 51;
pub(super) const RENEGOTIATION_INFO: u16 = 0xff01;

/// `NameType.host_name`, the only one there is (RFC 6066 §3).
const HOST_NAME: u8 = 0;

/// What was found in the extensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) versions: Vec<Version>,
    pub(super) server_name: Option<String>,
    pub(super) alpn: Vec<Vec<u8>>,
    pub(super) groups: Vec<Group>,
    pub(super) key_shares: Vec<Group>,
    pub(super) signature_schemes: Vec<SignatureScheme>,
}

impl Facts {
    pub(super) fn of(extensions: &[Extension]) -> Result<Self, Flaw> {
        let mut facts = Self::default();
        for Extension { kind, content } in extensions {
            let mut content = Cursor::new(content, Part::Extension(*kind));
            match *kind {
                SERVER_NAME => facts.server_name = server_name(&mut content)?,
                SUPPORTED_GROUPS => facts.groups = list16(&mut content)?.into_iter().map(Group).collect(),
                SIGNATURE_ALGORITHMS => {
                    facts.signature_schemes =
                        list16(&mut content)?.into_iter().map(SignatureScheme).collect();
                }
                ALPN => facts.alpn = alpn(&mut content)?,
                SUPPORTED_VERSIONS => {
                    let list = content.vector8()?;
                    facts.versions = content.codes(list)?.into_iter().map(Version).collect();
                }
                KEY_SHARE => facts.key_shares = key_shares(&mut content)?,
                _ => continue,
            }
            content.end()?;
        }
        Ok(facts)
    }
}

fn list16(content: &mut Cursor) -> Result<Vec<u16>, Flaw> {
    let list = content.vector16()?;
    content.codes(list)
}

/// `ServerNameList`. Names of other types than host_name are passed over, which have the same form.
fn server_name(content: &mut Cursor) -> Result<Option<String>, Flaw> {
    let part = Part::Extension(SERVER_NAME);
    let mut list = Cursor::new(content.vector16()?, part);
    if list.is_empty() {
        return Err(list.flaw());
    }
    let mut found = None;
    while !list.is_empty() {
        let [kind] = list.array()?;
        let name = list.vector16()?;
        if kind == HOST_NAME {
            // RFC 6066 §3: no more than one name of a type; and HostName<1..2^16-1>.
            if name.is_empty() || found.replace(name).is_some() {
                return Err(list.flaw());
            }
        }
    }
    Ok(found.and_then(dns_name))
}

/// A DNS name, no IP address (RFC 6066 §3). There must be no final dot; where there is one it is left
/// off, as TLS libraries do.
fn dns_name(name: &[u8]) -> Option<String> {
    let name = name.strip_suffix(b".").unwrap_or(name);
    let label = |label: &[u8]| {
        let fits = |b: &u8| b.is_ascii_alphanumeric() || b"-_".contains(b);
        (1..=63).contains(&label.len())
            && label.iter().all(fits)
            && !label.starts_with(b"-")
            && !label.ends_with(b"-")
    };
    let good = name.len() <= 253 && name.split(|&b| b == b'.').all(label);
    // A last label of digits makes it an IPv4 address, or what may be taken for one (RFC 1123 §2.1).
    let last_is_number = name.rsplit(|&b| b == b'.').next()?.iter().all(u8::is_ascii_digit);
    if !good || last_is_number {
        return None;
    }
    core::str::from_utf8(name).ok().map(str::to_ascii_lowercase)
}

/// `ProtocolNameList` (RFC 7301 §3.1).
fn alpn(content: &mut Cursor) -> Result<Vec<Vec<u8>>, Flaw> {
    let mut list = Cursor::new(content.vector16()?, Part::Extension(ALPN));
    let mut names = Vec::new();
    while !list.is_empty() {
        let name = list.vector8()?;
        if name.is_empty() {
            return Err(list.flaw());
        }
        names.push(name.to_vec());
    }
    if names.is_empty() { Err(list.flaw()) } else { Ok(names) }
}

/// `KeyShareClientHello`, which may be empty (RFC 9846 §4.3.8).
fn key_shares(content: &mut Cursor) -> Result<Vec<Group>, Flaw> {
    let mut list = Cursor::new(content.vector16()?, Part::Extension(KEY_SHARE));
    let mut groups = Vec::new();
    while !list.is_empty() {
        groups.push(Group(list.u16()?));
        if list.vector16()?.is_empty() {
            return Err(list.flaw());
        }
    }
    Ok(groups)
}
