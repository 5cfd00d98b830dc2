//! Certificates with alternative names of every form, right and wrong.

use rcgen::{CertificateParams, CustomExtension, DistinguishedName, DnType, KeyPair};
use std::sync::OnceLock;

/// An alternative name, octet by octet.
#[derive(Clone, Debug)]
pub(crate) enum San {
    Dns(&'static str),
    DnsOctets(Vec<u8>),
    Srv(&'static str),
    /// id-on-dnsSRV with this value.
    SrvValue(Vec<u8>),
    Ip(Vec<u8>),
    Uri(&'static str),
    Mail(&'static str),
}

pub(crate) fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len();
    let header = match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => vec![tag, short],
        Ok(long) => vec![tag, 0x81, long],
        Err(_) => vec![tag, 0x82, u8::try_from(length >> 8).unwrap(), u8::try_from(length & 255).unwrap()],
    };
    [header, value.to_vec()].concat()
}

impl San {
    fn der(&self) -> Vec<u8> {
        const DNS_SRV: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 8, 7];
        let other = |value: &[u8]| tlv(0xa0, &[DNS_SRV, &tlv(0xa0, value)].concat());
        match self {
            Self::Dns(name) => tlv(0x82, name.as_bytes()),
            Self::DnsOctets(name) => tlv(0x82, name),
            Self::Srv(name) => other(&tlv(0x16, name.as_bytes())),
            Self::SrvValue(value) => other(value),
            Self::Ip(octets) => tlv(0x87, octets),
            Self::Uri(text) => tlv(0x86, text.as_bytes()),
            Self::Mail(text) => tlv(0x81, text.as_bytes()),
        }
    }
}

/// A certificate of a subject with these common names, for these names.
pub(crate) fn certificate(common_names: &[&str], names: &[San]) -> Vec<u8> {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Example");
    for name in common_names {
        params.distinguished_name.push(DnType::CommonName, *name);
    }
    if !names.is_empty() {
        let names = tlv(0x30, &names.iter().flat_map(San::der).collect::<Vec<_>>());
        params.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 17], names));
    }
    params.self_signed(KEY.get_or_init(|| KeyPair::generate().unwrap())).unwrap().der().to_vec()
}
