//! Makes ClientHellos, for tests and for programs that look at servers.

use super::extensions::{
    ALPN, KEY_SHARE, SERVER_NAME, SIGNATURE_ALGORITHMS, SUPPORTED_GROUPS, SUPPORTED_VERSIONS,
};
use super::write::{codes, vector8, vector16};
use super::{ClientHello, Extension, Flaw, MAX_MESSAGE, Part, parse};
use crate::tls::registry::{CipherSuite, Group, SignatureScheme, Version};

/// Makes a [`ClientHello`]; begins with one of TLS 1.3 and 1.2 with a suite of each.
///
/// Extensions are sent in the order of the calls; one that is given again takes the place of the first.
#[derive(Clone, Debug)]
pub struct ClientHelloBuilder {
    hello: ClientHello,
    /// What was too long for its length.
    too_long: Option<Part>,
}

impl ClientHello {
    /// Begins one.
    ///
    /// ```
    /// use mailtls::tls::client_hello::ClientHello;
    /// use mailtls::tls::registry::Version;
    ///
    /// let old = ClientHello::builder()
    ///     .legacy_version(Version(0x0302))
    ///     .without_extensions()
    ///     .build()?;
    /// assert_eq!(old.highest_version().and_then(Version::name), Some("TLSv1.1"));
    /// # Ok::<(), mailtls::tls::client_hello::Flaw>(())
    /// ```
    pub fn builder() -> ClientHelloBuilder {
        let hello = Self {
            record_version: Version(0x0301),
            legacy_version: Version::TLS_1_2,
            random: [0; 32],
            session_id: Vec::new(),
            cipher_suites: vec![CipherSuite(0x1301), CipherSuite(0xc02b)],
            compression_methods: vec![0],
            extensions: None,
            facts: super::Facts::default(),
        };
        ClientHelloBuilder { hello, too_long: None }.supported_versions(&[Version::TLS_1_3, Version::TLS_1_2])
    }
}

impl ClientHelloBuilder {
    /// The version in the headers of records.
    #[must_use]
    pub fn record_version(mut self, version: Version) -> Self {
        self.hello.record_version = version;
        self
    }

    /// `legacy_version`.
    #[must_use]
    pub fn legacy_version(mut self, version: Version) -> Self {
        self.hello.legacy_version = version;
        self
    }

    /// The random; without this call it is of zeros, which no client may send in earnest.
    #[must_use]
    pub fn random(mut self, random: [u8; 32]) -> Self {
        self.hello.random = random;
        self
    }

    /// `legacy_session_id`, of 32 octets at most.
    #[must_use]
    pub fn session_id(mut self, id: &[u8]) -> Self {
        self.hello.session_id = id.to_vec();
        self
    }

    /// The cipher suites, one at least.
    #[must_use]
    pub fn cipher_suites(mut self, suites: &[CipherSuite]) -> Self {
        self.hello.cipher_suites = suites.to_vec();
        self
    }

    /// The compression methods, one at least.
    #[must_use]
    pub fn compression_methods(mut self, methods: &[u8]) -> Self {
        if methods.len() > usize::from(u8::MAX) {
            self.too_long = Some(Part::CompressionMethods);
        }
        self.hello.compression_methods = methods.to_vec();
        self
    }

    /// Not even an empty list of extensions, as clients before TLS 1.2 send it.
    #[must_use]
    pub fn without_extensions(mut self) -> Self {
        self.hello.extensions = None;
        self
    }

    /// An extension as it is.
    #[must_use]
    pub fn extension(mut self, kind: u16, content: &[u8]) -> Self {
        let extensions = self.hello.extensions.get_or_insert_default();
        let content = content.to_vec();
        match extensions.iter_mut().find(|extension| extension.kind == kind) {
            Some(extension) => extension.content = content,
            None => extensions.push(Extension { kind, content }),
        }
        self
    }

    /// supported_versions.
    #[must_use]
    pub fn supported_versions(self, versions: &[Version]) -> Self {
        let mut content = Vec::new();
        vector8(&mut content, &codes(versions.iter().map(|version| version.0)));
        self.extension(SUPPORTED_VERSIONS, &content)
    }

    /// SNI.
    #[must_use]
    pub fn server_name(self, name: &str) -> Self {
        let mut entry = vec![0];
        vector16(&mut entry, name.as_bytes());
        self.extension_of_list(SERVER_NAME, &entry)
    }

    /// ALPN.
    #[must_use]
    pub fn alpn(mut self, names: &[&[u8]]) -> Self {
        if names.iter().any(|name| name.len() > usize::from(u8::MAX)) {
            self.too_long = Some(Part::Extension(ALPN));
        }
        let mut list = Vec::new();
        for name in names {
            vector8(&mut list, name);
        }
        self.extension_of_list(ALPN, &list)
    }

    /// supported_groups.
    #[must_use]
    pub fn groups(self, groups: &[Group]) -> Self {
        self.extension_of_list(SUPPORTED_GROUPS, &codes(groups.iter().map(|group| group.0)))
    }

    /// signature_algorithms.
    #[must_use]
    pub fn signature_schemes(self, schemes: &[SignatureScheme]) -> Self {
        self.extension_of_list(SIGNATURE_ALGORITHMS, &codes(schemes.iter().map(|scheme| scheme.0)))
    }

    /// key_share.
    #[must_use]
    pub fn key_shares(self, shares: &[(Group, &[u8])]) -> Self {
        // A share that is too long for its length is too long for the message.
        let mut list = Vec::new();
        for (group, share) in shares {
            list.extend(group.0.to_be_bytes());
            vector16(&mut list, share);
        }
        self.extension_of_list(KEY_SHARE, &list)
    }

    fn extension_of_list(self, kind: u16, list: &[u8]) -> Self {
        let mut content = Vec::new();
        vector16(&mut content, list);
        self.extension(kind, &content)
    }

    /// The ClientHello, read from what was written.
    ///
    /// # Errors
    /// What the reader would say of it.
    pub fn build(self) -> Result<ClientHello, Flaw> {
        if let Some(part) = self.too_long {
            return Err(Flaw::Length(part));
        }
        let message = self.hello.to_message();
        if message.len() > MAX_MESSAGE {
            return Err(Flaw::TooLong(message.len()));
        }
        parse::message(self.hello.record_version, &message)
    }
}
