//! Makes throwaway certificates for the demo and the tests: `make-certificates DIRECTORY`.
//!
//! It writes, in PEM, `ca.pem`; `server.pem` (leaf first, then an intermediate authority) and
//! `server.key` for localhost, mail.example and 127.0.0.1; `expired.*` for the same names, out
//! of date; `other.*` for other.example; `revoked.*` for the same names again, which the list
//! `revoked.crl.pem` names; `own.*`, which has signed itself and says that it is an authority, for
//! the same names; and `other-ca.pem`, which has issued none of them. For
//! clients it writes `client-ca.pem`, and of that authority `client.*` for the user tim, and
//! `client-expired.*`, out of date; and `client-other.*` for the same user, of another authority.
//! Nothing but tests may ever trust them. It knows nothing of mailtls.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber,
    date_time_ymd,
};
use std::error::Error;
use std::fs::{create_dir_all, write};
use std::path::Path;

/// What the demo and most tests connect to.
const NAMES: [&str; 3] = ["localhost", "mail.example", "127.0.0.1"];

/// Whom the clients' certificates are for: the common name, and the address.
const USER: (&str, &str) = ("tim", "tim@mail.example");

type Done = Result<(), Box<dyn Error>>;

/// An authority, and its own certificate in PEM.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn root(name: &str) -> Result<Self, rcgen::Error> {
        let (params, key) = (authority_params(name, 1), KeyPair::generate()?);
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    fn intermediate(&self, name: &str) -> Result<Self, rcgen::Error> {
        let (params, key) = (authority_params(name, 0), KeyPair::generate()?);
        let pem = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// Issues a server's certificate; writes `STEM.pem` and `STEM.key`.
    fn issue(&self, stem: &Path, names: &[&str], expired: bool) -> Done {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let params = leaf_params(CertificateParams::new(names)?, "mailtls test server");
        self.sign(stem, params, ExtendedKeyUsagePurpose::ServerAuth, expired)
    }

    /// Issues a certificate for the user; writes `STEM.pem` and `STEM.key`.
    fn issue_to_user(&self, stem: &Path, expired: bool) -> Done {
        let (name, address) = USER;
        let mut params = leaf_params(CertificateParams::default(), name);
        params.subject_alt_names = vec![SanType::Rfc822Name(address.try_into()?)];
        self.sign(stem, params, ExtendedKeyUsagePurpose::ClientAuth, expired)
    }

    /// Issues a server's certificate and revokes it; writes `STEM.crl.pem` as well.
    fn issue_and_revoke(&self, stem: &Path, names: &[&str]) -> Done {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = leaf_params(CertificateParams::new(names)?, "mailtls test server");
        let serial_number = SerialNumber::from(4711);
        params.serial_number = Some(serial_number.clone());
        self.sign(stem, params, ExtendedKeyUsagePurpose::ServerAuth, false)?;
        let revoked = RevokedCertParams {
            serial_number,
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(2100, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![revoked],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        write(stem.with_extension("crl.pem"), list.signed_by(&self.issuer)?.pem()?)?;
        Ok(())
    }

    fn sign(
        &self,
        stem: &Path,
        mut params: CertificateParams,
        usage: ExtendedKeyUsagePurpose,
        expired: bool,
    ) -> Done {
        params.extended_key_usages = vec![usage];
        if expired {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = KeyPair::generate()?;
        let leaf = params.signed_by(&key, &self.issuer)?;
        write(stem.with_extension("pem"), leaf.pem() + &self.pem)?;
        write(stem.with_extension("key"), key.serialize_pem())?;
        Ok(())
    }
}

/// What people make themselves, as by `openssl req -x509`; writes `STEM.pem` and `STEM.key`.
fn sign_itself(stem: &Path) -> Done {
    let names: Vec<String> = NAMES.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "mailtls test server of one's own");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate()?;
    write(stem.with_extension("pem"), params.self_signed(&key)?.pem())?;
    write(stem.with_extension("key"), key.serialize_pem())?;
    Ok(())
}

fn leaf_params(mut params: CertificateParams, common_name: &str) -> CertificateParams {
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params
}

/// `below` is how many authorities there may be between this one and a leaf.
fn authority_params(name: &str, below: u8) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params
}

fn main() -> Done {
    let directory = std::env::args_os().nth(1).ok_or("usage: make-certificates DIRECTORY")?;
    let directory = Path::new(&directory);
    create_dir_all(directory)?;
    let root = Authority::root("mailtls throwaway authority")?;
    let authority = root.intermediate("mailtls throwaway intermediate")?;
    write(directory.join("ca.pem"), &root.pem)?;
    write(directory.join("other-ca.pem"), Authority::root("another throwaway authority")?.pem)?;
    authority.issue(&directory.join("server"), &NAMES, false)?;
    authority.issue(&directory.join("expired"), &NAMES, true)?;
    authority.issue(&directory.join("other"), &["other.example"], false)?;
    authority.issue_and_revoke(&directory.join("revoked"), &NAMES)?;
    sign_itself(&directory.join("own"))?;

    let root = Authority::root("mailtls throwaway authority of clients")?;
    let authority = root.intermediate("mailtls throwaway intermediate of clients")?;
    write(directory.join("client-ca.pem"), &root.pem)?;
    authority.issue_to_user(&directory.join("client"), false)?;
    authority.issue_to_user(&directory.join("client-expired"), true)?;
    let other = Authority::root("another throwaway authority of clients")?;
    other.issue_to_user(&directory.join("client-other"), false)
}
