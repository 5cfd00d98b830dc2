//! Certificates, keys and revocation lists in PEM, as users give them.
//!
//! Does not depend on mailtls's reader of PEM: it compares that with rustls's.

use mailtls::{ClientConfig, Connection, Error, ErrorCode, ServerConfig, Service};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName};
use std::sync::{Arc, OnceLock};

const CHAIN: &[u8] = include_bytes!("../../tests/data/mistakes/server.pem");
const KEY: &[u8] = include_bytes!("../../tests/data/mistakes/server.key");

/// The longest input: a chain of a few certificates, which fits into one TLS record.
const LONGEST: usize = 8000;

/// The low bits of the first byte decide what the rest is: 0 the chain of `server.key`, 1 the key of
/// `server.pem` (both in tests/data/mistakes), 2 a chain and its key in one text, 3 trusted certificates,
/// 4 a revocation list.
pub fn pem(data: &[u8]) {
    let [what, text @ ..] = data else { return };
    if text.len() > LONGEST {
        return;
    }
    let what = What::of(*what);
    let outcome = what.load(text);
    if let Err(error) = &outcome {
        assert!(what.codes().contains(&error.code()), "{error}");
        check_reason(error.reason(), text);
    }
    // A list may be DER, which no octet can be added to.
    let der = matches!(what, What::List) && text.starts_with(b"0");
    if !der && lines(text).iter().any(|line| line.starts_with(b"-----BEGIN ")) {
        whatever_surrounds_it(what, text, &outcome);
        if let Ok(server) = outcome {
            as_rustls_reads_it(what, text, server);
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum What {
    Chain,
    Key,
    Both,
    Trusted,
    List,
}

impl What {
    fn of(byte: u8) -> Self {
        [Self::Chain, Self::Key, Self::Both, Self::Trusted, Self::List][usize::from(byte & 7) % 5]
    }

    fn codes(self) -> &'static [ErrorCode] {
        match self {
            Self::Chain | Self::Key | Self::Both => &[ErrorCode::NoCertificate, ErrorCode::NoPrivateKey],
            Self::Trusted => &[ErrorCode::NoTrustAnchor],
            Self::List => &[ErrorCode::InvalidArgument],
        }
    }

    /// The server's configuration with it, where it is one's.
    fn load(self, text: &[u8]) -> Result<Option<ServerConfig>, Error> {
        let server = |chain: &[u8], key: &[u8]| {
            let mut builder = ServerConfig::builder();
            let built = builder.certificate_pem(chain, key)?.build();
            Ok(Some(built.expect("the certificate is all that it needs")))
        };
        match self {
            Self::Chain => server(text, KEY),
            Self::Key => server(CHAIN, text),
            Self::Both => server(text, text),
            Self::Trusted => ClientConfig::builder().ca_pem(text).map(|_| None),
            Self::List => ClientConfig::builder().revocation_list(text).map(|_| None),
        }
    }
}

/// One line in words, with nothing of a private key and no `Debug` output.
fn check_reason(reason: &str, text: &[u8]) {
    assert!(crate::is_line(reason), "not a line: {reason:?}");
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(&one_form(text)).filter_map(Result::ok).collect();
    for debug in ["Other(", "Error {", "Err(", "Some(", "::"] {
        // The name in a certificate may hold anything.
        let given = certificates.iter().any(|der| contains(der, debug.as_bytes()));
        assert!(given || !reason.contains(debug), "{debug} in {reason:?}");
    }
    let (keys, others) = private_keys(text);
    let shown = reason.as_bytes().windows(16).filter(|part| part.iter().all(|&octet| is_base64(octet)));
    for part in shown {
        let of_key = keys.iter().any(|key| contains(key, part));
        let of_other = others.iter().any(|other| contains(other, part));
        assert!(of_other || !of_key, "a part of the private key in {reason:?}");
    }
}

fn is_base64(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=')
}

/// The pieces of a text that are in sections of private keys, however broken these are, and the others.
fn private_keys(text: &[u8]) -> (Vec<&[u8]>, Vec<&[u8]>) {
    const LABEL: &[u8] = b"PRIVATE KEY";
    let (mut keys, mut others) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some(at) = find(rest, LABEL) {
        let (other, key) = rest.split_at(at + LABEL.len());
        others.push(other);
        let (key, next) = key.split_at(find(key, b"-----END").unwrap_or(key.len()));
        keys.push(key);
        // The label is at the end as well.
        rest = next.strip_prefix(b"-----END").unwrap_or(next);
        let end = find(rest, b"-----").unwrap_or(0);
        rest = &rest[end..];
    }
    others.push(rest);
    (keys, others)
}

/// What does not count: ends of lines, blanks at them, a byte order mark, and words before.
fn whatever_surrounds_it(what: What, text: &[u8], outcome: &Result<Option<ServerConfig>, Error>) {
    let told = |outcome: &Result<_, Error>| outcome.as_ref().err().map(|error| error.reason().to_owned());
    let lf = replace(text, b"\r\n", b"\n");
    let crlf = replace(&lf, b"\n", b"\r\n");
    let blanks = replace(text, b"\n", b" \t\n");
    for same in [lf, crlf, blanks] {
        assert_eq!(told(&what.load(&same)), told(outcome), "from {}", same.escape_ascii());
    }
    if outcome.is_ok() {
        let bare = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        for before in [&b"\xef\xbb\xbf"[..], b"Bag Attributes\n    friendlyName: mail\n", b"\n\r\n"] {
            let more = [before, bare, b" \n\n"].concat();
            assert_eq!(told(&what.load(&more)), None, "from {}", more.escape_ascii());
        }
    }
}

/// Where rustls reads what was accepted, it reads the same.
fn as_rustls_reads_it(what: What, text: &[u8], server: Option<ServerConfig>) {
    let text = one_form(text);
    match what {
        What::Chain | What::Both => {
            let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
            let Ok(read) = read else { return };
            let sent = sent_chain(&server.expect("it is a server's"));
            assert_eq!(sent.first().map(Vec::as_slice), read.first().map(AsRef::as_ref), "the leaf");
            let mut read: Vec<_> = read.iter().map(|der| der.to_vec()).collect();
            let mut sent = sent;
            // Authorities are sent in their order, whatever that of the text is.
            read.sort();
            sent.sort();
            assert!(read == sent, "other certificates than rustls reads");
        }
        What::Key => {
            let Ok(key) = PrivateKeyDer::from_pem_slice(&text) else { return };
            let label = match key {
                PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
                PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
                _ => "PRIVATE KEY",
            };
            let again = what.load(written(label, [key.secret_der()]).as_bytes());
            assert!(again.is_ok(), "another key than rustls reads: {:?}", again.err());
        }
        What::Trusted => {
            let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
            let Ok(read) = read else { return };
            let again = what.load(written("CERTIFICATE", read.iter().map(AsRef::as_ref)).as_bytes());
            assert!(again.is_ok(), "other certificates than rustls reads: {:?}", again.err());
        }
        What::List => {
            let read: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(&text).collect();
            let Ok(read) = read else { return };
            let again = what.load(written("X509 CRL", read.iter().map(AsRef::as_ref)).as_bytes());
            assert!(again.is_ok(), "other lists than rustls reads: {:?}", again.err());
        }
    }
}

/// The text with LF and nothing else around its lines, and with the usual label: rustls's reader knows no other.
fn one_form(text: &[u8]) -> Vec<u8> {
    replace(&lines(text).join(&b'\n'), b" X509 CERTIFICATE-----", b" CERTIFICATE-----")
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    text.split(|octet| matches!(octet, b'\n' | b'\r')).map(<[u8]>::trim_ascii).collect()
}

fn written<'a>(label: &str, sections: impl IntoIterator<Item = &'a [u8]>) -> String {
    use base64::Engine as _;
    let section = |der| {
        let base64 = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
    };
    sections.into_iter().map(section).collect()
}

fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let (mut replaced, mut rest) = (Vec::new(), text);
    while let Some(at) = find(rest, old) {
        replaced.extend([&rest[..at], new].concat());
        rest = &rest[at + old.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    find(text, part).is_some()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// The chain as it goes to a client. TLS 1.2 sends it in clear (RFC 5246 §7.4.2).
fn sent_chain(server: &ServerConfig) -> Vec<Vec<u8>> {
    let mut connection = Connection::server(server, Service::Imaps, 0).expect("there is a certificate");
    connection.handle_input(client_hello(), 0).expect("a good client");
    let mut messages = Vec::new();
    let mut records = connection.poll_transmit();
    while let [22, _, _, high, low, rest @ ..] = records {
        let (payload, next) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        messages.extend_from_slice(payload);
        records = next;
    }
    let mut rest = &messages[..];
    while let [message, length @ ..] = rest {
        let (body, next) = counted(length);
        if *message == 11 {
            let (mut list, _) = counted(body);
            let mut chain = Vec::new();
            while !list.is_empty() {
                let (certificate, next) = counted(list);
                chain.push(certificate.to_vec());
                list = next;
            }
            return chain;
        }
        rest = next;
    }
    panic!("no Certificate was sent");
}

/// What a length of three bytes is before, and what follows it.
fn counted(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = bytes.split_at(3);
    rest.split_at(length.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)))
}

/// A ClientHello for TLS 1.2.
fn client_hello() -> &'static [u8] {
    static HELLO: OnceLock<Vec<u8>> = OnceLock::new();
    HELLO.get_or_init(|| {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider);
        let builder =
            builder.with_protocol_versions(&[&rustls::version::TLS12]).expect("the provider has it");
        let config = builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
        let name = ServerName::try_from("mail.example").expect("a name");
        let mut client =
            rustls::ClientConnection::new(Arc::new(config), name).expect("the configuration is good");
        let mut hello = Vec::new();
        client.write_tls(&mut hello).expect("memory");
        hello
    })
}
