//! A certificate octet by octet, signed by nobody.
//!
//! Must never know what is made of it.

/// An element of DER.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let used = length.iter().position(|&octet| octet != 0).unwrap_or(length.len() - 1);
    let mut der = vec![tag];
    if content.len() >= 0x80 {
        der.push(0x80 | u8::try_from(length.len() - used).expect("eight at the most"));
    }
    der.extend(&length[used..]);
    der.extend(content);
    der
}

/// What stands in every one of them: version and serial number, the algorithms, the time, the key.
const VERSION_AND_SERIAL: &[u8] = &[0xa0, 3, 2, 1, 2, 2, 1, 1];
const ECDSA_SHA256: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const EC_P256: &[u8] =
    &[0x30, 19, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
/// commonName.
pub const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ALTERNATIVE_NAMES: &[u8] = &[6, 3, 0x55, 0x1d, 0x11];
const DNS_SRV: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 8, 7];

/// The key of all of them, as SubjectPublicKeyInfo.
pub fn key() -> Vec<u8> {
    let point = [&[0, 4][..], &[7; 64]].concat();
    element(0x30, &[EC_P256, &element(3, &point)].concat())
}

/// A dNSName.
pub fn dns(name: &[u8]) -> Vec<u8> {
    element(0x82, name)
}

/// A SRVName.
pub fn srv(name: &[u8]) -> Vec<u8> {
    element(0xa0, &[DNS_SRV, &element(0xa0, &element(0x16, name))].concat())
}

/// An iPAddress.
pub fn address(octets: &[u8]) -> Vec<u8> {
    element(0x87, octets)
}

/// A uniformResourceIdentifier.
pub fn uri(text: &[u8]) -> Vec<u8> {
    element(0x86, text)
}

/// An attribute of a name: object identifier, tag, and octets.
pub type Attribute<'a> = (&'a [u8], u8, &'a [u8]);

/// A name of these attributes, each in a relative distinguished name of its own.
fn name(attributes: &[Attribute]) -> Vec<u8> {
    let part = |(kind, tag, value): &Attribute| {
        element(0x31, &element(0x30, &[element(6, kind), element(*tag, value)].concat()))
    };
    element(0x30, &attributes.iter().flat_map(part).collect::<Vec<_>>())
}

/// A certificate with these names, and no alternative ones.
pub fn named(subject: &[Attribute], issuer: &[Attribute]) -> Vec<u8> {
    made(&name(subject), &name(issuer), &[])
}

/// A certificate with these common names and this content of its alternative names.
pub fn with(common_names: &[&[u8]], alternative: &[u8]) -> Vec<u8> {
    let subject: Vec<Attribute> = common_names.iter().map(|text| (COMMON_NAME, 0x0c, *text)).collect();
    let names = element(4, &element(0x30, alternative));
    let extension = element(0x30, &[ALTERNATIVE_NAMES, &names].concat());
    let extensions = element(0xa3, &element(0x30, &extension));
    made(&name(&subject), &name(&[]), &extensions)
}

/// A certificate of these parts in DER.
fn made(subject: &[u8], issuer: &[u8], extensions: &[u8]) -> Vec<u8> {
    let time = |text: &[u8]| element(0x17, text);
    let validity = element(0x30, &[time(b"260101000000Z"), time(b"270101000000Z")].concat());
    let parts = [VERSION_AND_SERIAL, ECDSA_SHA256, issuer, &validity, subject, &key(), extensions].concat();
    element(0x30, &[&element(0x30, &parts), ECDSA_SHA256, &[3, 2, 0, 0]].concat())
}
