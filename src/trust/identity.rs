//! stub
#[derive(Clone, Debug)]
pub(crate) struct References(String);
impl References {
    pub(crate) fn of_host(host: &str) -> Result<Self, ()> {
        Ok(Self(host.into()))
    }
    pub(crate) fn check(&self, p: &PresentedIdentifiers) -> Result<(), String> {
        if p.0.iter().any(|n| n == &self.0) {
            Ok(())
        } else {
            Err(format!("the certificate is not for {}; it is for {}", self.0, p.0.join(", ")))
        }
    }
}
pub(crate) struct PresentedIdentifiers(Vec<String>);
impl PresentedIdentifiers {
    pub(crate) fn from_der(der: &[u8]) -> Result<Self, crate::Error> {
        super::certificate::CertificateFacts::from_der(der).map(|f| Self(f.dns_names))
    }
}
