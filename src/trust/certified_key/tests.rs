use super::*;

/// A file of `tests/data/mistakes`; `""` is an empty one.
fn file(name: &str) -> Vec<u8> {
    if name.is_empty() {
        return Vec::new();
    }
    let path = format!("{}/tests/data/mistakes/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn reason(chain: &str, key: &str) -> Option<(ErrorCode, String)> {
    let (chain_bytes, key_bytes) = (file(chain), file(key));
    let read = super::read(Given::file(chain, &chain_bytes), Given::file(key, &key_bytes));
    read.err().map(|error| (error.code(), error.reason().to_owned()))
}

#[test]
fn good_files_are_read_whatever_their_line_ends() {
    for chain in ["server.pem", "windows.pem"] {
        assert_eq!(reason(chain, "server.key"), None);
    }
    let old_mac: Vec<u8> =
        file("server.pem").iter().map(|&octet| if octet == b'\n' { b'\r' } else { octet }).collect();
    let key = file("server.key");
    assert!(super::read(old_mac[..].into(), key[..].into()).is_ok());
    // Both in one file, as many programs have them.
    let both = [file("server.pem"), file("server.key")].concat();
    assert!(super::read(both[..].into(), both[..].into()).is_ok());
}

#[test]
fn each_wrong_certificate_has_its_sentence() {
    for (name, expected) in [
        (
            "cut-off.pem",
            "cut-off.pem is cut off: what begins in line 1 has no line -----END CERTIFICATE-----; \
            copy the whole file again",
        ),
        (
            "not-base64.pem",
            "not-base64.pem is damaged: what follows -----BEGIN CERTIFICATE----- in line 1 is \
            not base64; copy the file again",
        ),
        ("damaged.pem", "damaged.pem: certificate 1 in it is damaged; copy it from its authority again"),
        (
            "one-line.pem",
            "one-line.pem is damaged: line 1 has -----BEGIN and more than a label behind it; \
            the line ends may have been lost in copying",
        ),
        (
            "certificate.der",
            "certificate.der is DER; convert it to PEM: openssl x509 -inform der -in FILE \
            -out NEW",
        ),
        (
            "archive.p12",
            "archive.p12 holds PKCS#12 (.p12, .pfx), where a certificate is expected; extract \
            the certificates: openssl pkcs12 -nokeys -in FILE -out NEW",
        ),
        (
            "certificates.p7b",
            "certificates.p7b holds PKCS#7 (.p7b), where a certificate is expected; \
            extract the certificates: openssl pkcs7 -print_certs -in FILE -out NEW",
        ),
        (
            "trusted.pem",
            "trusted.pem holds a certificate in OpenSSL's own form (TRUSTED CERTIFICATE), where \
            a certificate is expected; convert it: openssl x509 -in FILE -out NEW",
        ),
        (
            "request.pem",
            "request.pem holds a certificate request (CSR), where a certificate is expected; \
            use the certificate that the authority made from it",
        ),
        (
            "server.key",
            "server.key holds a private key, where a certificate is expected; certificate and \
            key may have been exchanged",
        ),
        (
            "encrypted.key",
            "encrypted.key holds an encrypted private key, where a certificate is expected; \
            certificate and key may have been exchanged",
        ),
        (
            "key.der",
            "key.der holds a private key, where a certificate is expected; certificate and key may \
            have been exchanged",
        ),
        ("public.pem", "public.pem holds a public key, where a certificate is expected"),
        (
            "list.pem",
            "list.pem holds a certificate revocation list (CRL), where a certificate is expected; \
            use the certificate of the authority that made the list",
        ),
        ("utf-16.pem", "utf-16.pem is UTF-16 text; save it as ASCII or UTF-8"),
        ("make.sh", "make.sh is not PEM: it has no line -----BEGIN CERTIFICATE-----"),
    ] {
        assert_eq!(reason(name, "server.key"), Some((ErrorCode::NoCertificate, expected.into())), "{name}");
    }
}

#[test]
fn each_wrong_key_has_its_sentence() {
    const DECRYPT: &str = "is encrypted, and there is no way to give its passphrase here; decrypt it: openssl pkey -in FILE -out NEW";
    const OTHER_KIND: &str = "which cannot be used here; make a new key (RSA, P-256, P-384, P-521 or Ed25519) \
        and have a certificate made for it";
    for (name, expected) in [
        ("encrypted.key", format!("encrypted.key {DECRYPT}")),
        ("encrypted-old.key", format!("encrypted-old.key {DECRYPT}")),
        (
            "rsa-1024.key",
            "rsa-1024.key is an RSA key of 1024 bits, and at least 2048 are needed; make a new key \
            and have a certificate made for it"
                .into(),
        ),
        ("secp256k1.key", format!("secp256k1.key is a key for secp256k1, {OTHER_KIND}")),
        ("ed448.key", format!("ed448.key is a key for Ed448, {OTHER_KIND}")),
        ("dsa.key", format!("dsa.key is a key for DSA, {OTHER_KIND}")),
        (
            "openssh.key",
            "openssh.key holds a key for OpenSSH, where a private key is expected; convert it: \
            ssh-keygen -p -m PKCS8 -f FILE"
                .into(),
        ),
        ("key.der", "key.der is DER; convert it to PEM: openssl pkey -inform der -in FILE -out NEW".into()),
        (
            "archive.p12",
            "archive.p12 holds PKCS#12 (.p12, .pfx), where a private key is expected; extract the \
            key: openssl pkcs12 -nocerts -nodes -in FILE -out NEW"
                .into(),
        ),
        (
            "public.pem",
            "public.pem holds a public key, where a private key is expected; use the private key \
            that belongs to it"
                .into(),
        ),
        (
            "request.pem",
            "request.pem holds a certificate request (CSR), where a private key is expected; use \
            the private key that the request was made with"
                .into(),
        ),
        (
            "server.pem",
            "server.pem holds a certificate, where a private key is expected; certificate and key \
            may have been exchanged"
                .into(),
        ),
        (
            "other.key",
            "other.key does not belong to the certificate in server.pem (CN=mail.example); use the \
            key that the certificate was requested with"
                .into(),
        ),
        (
            "two.key",
            "the first of the 2 private keys in two.key does not belong to the certificate in \
            server.pem (CN=mail.example); leave only the one that does"
                .into(),
        ),
    ] {
        assert_eq!(reason("server.pem", name), Some((ErrorCode::NoPrivateKey, expected)), "{name}");
    }
}

#[test]
fn a_chain_in_the_wrong_order_names_the_first() {
    let expected = "wrong-order.pem is in the wrong order: the certificate of server.key is number 2 \
        (CN=mail.example) and must be the first, before those of its authorities";
    assert_eq!(reason("wrong-order.pem", "server.key"), Some((ErrorCode::NoPrivateKey, expected.into())));
}

/// Every order of the authorities is sent in the one that TLS 1.2 requires; what is not of the chain stays behind it.
#[test]
fn authorities_are_sent_in_their_order() {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    let key = KeyPair::generate().unwrap();
    let params = |name: &str, is_ca| {
        let mut params = CertificateParams::new(vec!["mail.example".into()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = is_ca;
        params
    };
    let ca = |name| params(name, IsCa::Ca(BasicConstraints::Unconstrained));
    let signed =
        |what: CertificateParams, by| what.signed_by(&key, &Issuer::from_params(&ca(by), &key)).unwrap();
    let leaf = signed(params("leaf", IsCa::NoCa), "low");
    let (low, high) = (signed(ca("low"), "high"), signed(ca("high"), "root"));
    let (root, other) = (ca("root").self_signed(&key).unwrap(), ca("other").self_signed(&key).unwrap());
    let sent = |chain: &[&rcgen::Certificate]| {
        let text: String = chain.iter().map(|certificate| certificate.pem()).collect();
        let read = super::read(text.as_bytes().into(), key.serialize_pem().as_bytes().into()).unwrap();
        read.cert.clone()
    };
    let der = |chain: &[&rcgen::Certificate]| -> Vec<_> { chain.iter().map(|c| c.der().clone()).collect() };
    for (given, expected) in [
        ([&leaf, &low, &high, &root, &other], [&leaf, &low, &high, &root, &other]),
        ([&leaf, &high, &low, &root, &other], [&leaf, &low, &high, &root, &other]),
        ([&leaf, &root, &high, &low, &other], [&leaf, &low, &high, &root, &other]),
        ([&leaf, &other, &root, &low, &high], [&leaf, &low, &high, &root, &other]),
        // With low missing nothing is known of the others, and no certificate is sent only once for being there twice.
        ([&leaf, &root, &high, &other, &root], [&leaf, &root, &high, &other, &root]),
        ([&leaf, &leaf, &root, &low, &low], [&leaf, &low, &leaf, &root, &low]),
    ] {
        assert_eq!(sent(&given), der(&expected));
    }
    // Two that certify each other.
    let (this, that) = (signed(ca("low"), "high"), signed(ca("high"), "low"));
    assert_eq!(sent(&[&leaf, &that, &this]), der(&[&leaf, &this, &that]));
    assert_eq!(sent(&[&root]), der(&[&root]));
}

#[test]
fn what_is_not_from_a_file_has_a_name_too() {
    let (chain, key) = (file("server.pem"), file("server.key"));
    let reason = |chain: &[u8], key: &[u8]| {
        super::read(chain.into(), key.into()).err().map(|error| error.reason().to_owned())
    };
    assert_eq!(
        reason(b" \r\n", &key).as_deref(),
        Some("the certificate chain is empty; a certificate in PEM is expected")
    );
    assert_eq!(
        reason(&chain, b"").as_deref(),
        Some("the private key is empty; a private key in PEM is expected")
    );
    assert_eq!(
        reason(&chain, b"\0\x01").as_deref(),
        Some("the private key is binary data, neither PEM nor DER")
    );
    let not_a_key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert_eq!(
        reason(&chain, not_a_key).as_deref(),
        Some("the private key is damaged, or holds something else than a private key; copy it again")
    );
}

/// Every prefix of every file is refused with one line, or is whole.
#[test]
fn no_cut_panics() {
    let key = file("server.key");
    for name in
        ["server.pem", "certificate.der", "archive.p12", "certificates.p7b", "key.der", "rsa-1024.key"]
    {
        let whole = file(name);
        for cut in 0..whole.len() {
            for form in [KeyForm::Pkcs1, KeyForm::Sec1, KeyForm::Pkcs8] {
                let _ = KeyKind::of(form, &whole[..cut]);
            }
            let read = super::read(whole[..cut].into(), key[..].into());
            assert!(read.err().is_none_or(|e| !e.reason().contains('\n')));
        }
    }
}
