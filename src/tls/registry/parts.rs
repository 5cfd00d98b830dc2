//! What a cipher suite is made of, and what IANA's «Recommended» column says.
//!
//! Words only; what they are worth is for the policy to say.

/// Makes an enum of the words and gives each its text.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $word:ident = $text:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$doc])* $word,)+ }

        impl $name {
            /// As IANA's names have it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$word => $text,)+ }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
pub(super) use words;

words! {
    /// How the key of the session comes about.
    KeyExchange {
        /// Not said by the suite: TLS 1.3 negotiates it apart.
        Any = "any",
        /// None (`TLS_NULL_WITH_NULL_NULL`).
        Null = "NULL",
        /// RSA key transport.
        Rsa = "RSA",
        /// Static finite-field Diffie-Hellman.
        Dh = "DH",
        /// Ephemeral finite-field Diffie-Hellman.
        Dhe = "DHE",
        /// Static elliptic-curve Diffie-Hellman.
        Ecdh = "ECDH",
        /// Ephemeral elliptic-curve Diffie-Hellman.
        Ecdhe = "ECDHE",
        /// A pre-shared key.
        Psk = "PSK",
        /// A pre-shared key with ephemeral Diffie-Hellman.
        DhePsk = "DHE_PSK",
        /// A pre-shared key with RSA key transport.
        RsaPsk = "RSA_PSK",
        /// A pre-shared key with ephemeral elliptic-curve Diffie-Hellman.
        EcdhePsk = "ECDHE_PSK",
        /// Kerberos (RFC 2712).
        Krb5 = "KRB5",
        /// Secure Remote Password (RFC 5054).
        Srp = "SRP",
        /// RFC 8492.
        Eccpwd = "ECCPWD",
        /// GOST R 34.10 (RFC 9189).
        Gost = "GOST",
    }
}

words! {
    /// What the server shows who it is with.
    Authentication {
        /// Not said by the suite: TLS 1.3 negotiates it apart.
        Any = "any",
        /// None (`TLS_NULL_WITH_NULL_NULL`).
        Null = "NULL",
        /// Nobody shows anything.
        Anonymous = "anon",
        /// An RSA certificate.
        Rsa = "RSA",
        /// A DSA certificate.
        Dss = "DSS",
        /// An ECDSA or EdDSA certificate (RFC 8422 §5.10).
        Ecdsa = "ECDSA",
        /// A pre-shared key.
        Psk = "PSK",
        /// Kerberos.
        Krb5 = "KRB5",
        /// A password by SRP.
        Srp = "SRP",
        /// A password by RFC 8492.
        Eccpwd = "ECCPWD",
        /// A GOST certificate.
        Gost = "GOST",
    }
}

words! {
    /// The cipher.
    Algorithm {
        /// No encryption.
        Null = "NULL",
        /// RC4.
        Rc4 = "RC4",
        /// RC2.
        Rc2 = "RC2",
        /// IDEA.
        Idea = "IDEA",
        /// DES.
        Des = "DES",
        /// Triple DES.
        TripleDes = "3DES",
        /// SEED (RFC 4162).
        Seed = "SEED",
        /// AES.
        Aes = "AES",
        /// ARIA (RFC 6209).
        Aria = "ARIA",
        /// Camellia (RFC 5932).
        Camellia = "CAMELLIA",
        /// ChaCha20.
        ChaCha20 = "CHACHA20",
        /// SM4 (RFC 8998).
        Sm4 = "SM4",
        /// GOST 28147-89.
        Gost28147 = "28147",
        /// Kuznyechik (RFC 7801).
        Kuznyechik = "KUZNYECHIK",
        /// Magma (RFC 8891).
        Magma = "MAGMA",
        /// AEGIS.
        Aegis = "AEGIS",
        /// Ascon.
        Ascon = "ASCON",
    }
}

words! {
    /// How the cipher is used.
    Mode {
        /// There is no cipher.
        None = "NULL",
        /// As a stream, with a MAC beside it.
        Stream = "STREAM",
        /// Cipher block chaining, with a MAC beside it.
        Cbc = "CBC",
        /// AEAD: Galois/counter mode.
        Gcm = "GCM",
        /// AEAD: counter with CBC-MAC.
        Ccm = "CCM",
        /// AEAD: the same with a tag of eight octets.
        Ccm8 = "CCM_8",
        /// AEAD: Poly1305.
        Poly1305 = "POLY1305",
        /// AEAD: multilinear Galois mode.
        Mgm = "MGM",
        /// AEAD: AEGIS's own.
        Aegis = "AEGIS",
        /// AEAD: Ascon's own.
        Ascon = "ASCON",
    }
}

impl Mode {
    /// Whether what is encrypted is authenticated by the same operation (RFC 5116).
    pub fn is_aead(self) -> bool {
        !matches!(self, Self::None | Self::Stream | Self::Cbc)
    }
}

words! {
    /// The hash of the MAC, or, of a suite whose cipher is AEAD, that of the key schedule.
    Hash {
        /// None (`TLS_NULL_WITH_NULL_NULL`).
        Null = "NULL",
        /// MD5.
        Md5 = "MD5",
        /// SHA-1.
        Sha1 = "SHA",
        /// SHA-256.
        Sha256 = "SHA256",
        /// SHA-384.
        Sha384 = "SHA384",
        /// SHA-512.
        Sha512 = "SHA512",
        /// SM3.
        Sm3 = "SM3",
        /// Streebog (RFC 6986).
        Streebog256 = "STREEBOG256",
        /// Ascon-Hash256.
        AsconHash256 = "ASCONHASH256",
    }
}

/// What the IETF recommends (RFC 8447, RFC 9847).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recommended {
    /// Recommended.
    Yes,
    /// Not looked into, or of limited use. Not a judgement.
    No,
    /// Discouraged.
    Discouraged,
}
