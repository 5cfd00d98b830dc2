//! The bytes of a ClientHello.

use super::{ClientHello, parse};

/// RFC 9846 §5.1.
const MAX_RECORD: usize = 16_384;

impl ClientHello {
    /// The handshake message, without records.
    pub fn to_message(&self) -> Vec<u8> {
        let mut body = self.legacy_version.0.to_be_bytes().to_vec();
        body.extend(self.random);
        vector8(&mut body, &self.session_id);
        vector16(&mut body, &codes(self.cipher_suites.iter().map(|suite| suite.0)));
        vector8(&mut body, &self.compression_methods);
        if let Some(extensions) = &self.extensions {
            let mut list = Vec::new();
            for extension in extensions {
                list.extend(extension.kind.to_be_bytes());
                vector16(&mut list, &extension.content);
            }
            vector16(&mut body, &list);
        }
        let [_, a, b, c] = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
        [vec![parse::CLIENT_HELLO, a, b, c], body].concat()
    }

    /// The message in as few records as it takes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut records = Vec::new();
        for part in self.to_message().chunks(MAX_RECORD) {
            records.push(22);
            records.extend(self.record_version.0.to_be_bytes());
            vector16(&mut records, part);
        }
        records
    }
}

pub(super) fn codes(codes: impl IntoIterator<Item = u16>) -> Vec<u8> {
    codes.into_iter().flat_map(u16::to_be_bytes).collect()
}

// A length that does not fit can only come from the builder, which refuses it.

pub(super) fn vector8(out: &mut Vec<u8>, content: &[u8]) {
    out.push(u8::try_from(content.len()).unwrap_or(u8::MAX));
    out.extend(content);
}

pub(super) fn vector16(out: &mut Vec<u8>, content: &[u8]) {
    out.extend(u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend(content);
}
