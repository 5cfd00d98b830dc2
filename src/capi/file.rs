//! Files that are read at configuration time, once.

use crate::error::{Error, ErrorCode};
use crate::text::printable;
use crate::trust::pem::Given;
use std::io::ErrorKind;
use zeroize::Zeroizing;

/// The content of a file and its name. It may be a private key, so it is wiped.
pub(super) struct Content<'a> {
    name: &'a str,
    bytes: Zeroizing<Vec<u8>>,
}

impl<'a> Content<'a> {
    /// # Errors
    /// [`ErrorCode::FileUnreadable`], with the name and why.
    pub(super) fn read(name: &'a str) -> Result<Self, Error> {
        match std::fs::read(name) {
            Ok(bytes) => Ok(Self { name, bytes: Zeroizing::new(bytes) }),
            Err(error) => {
                let (name, why) = (printable(name.as_bytes()), why(error.kind()));
                Err(Error::new(ErrorCode::FileUnreadable, format!("cannot read {name}: {why}")))
            }
        }
    }

    pub(super) fn given(&self) -> Given<'_> {
        Given::file(self.name, &self.bytes)
    }
}

fn why(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "there is no such file",
        ErrorKind::PermissionDenied => "the user that this program runs as has no permission",
        ErrorKind::IsADirectory => "it is a directory; name the file in it",
        ErrorKind::NotADirectory => "a part of the path is not a directory",
        ErrorKind::OutOfMemory | ErrorKind::FileTooLarge => "it is too large",
        _ => "the system reports an error of input or output",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let reason = |name| Content::read(name).err().map(|e| e.reason().to_owned());
        assert_eq!(
            reason("no/such\nfile").as_deref(),
            Some("cannot read no/such?file: there is no such file")
        );
        assert_eq!(reason("src").as_deref(), Some("cannot read src: it is a directory; name the file in it"));
        let manifest = Some("cannot read Cargo.toml/x: a part of the path is not a directory");
        assert_eq!(reason("Cargo.toml/x").as_deref(), manifest);
        assert_eq!(reason("Cargo.toml"), None);
    }
}
