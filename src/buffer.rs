//! The byte queue used for every buffer of a connection.
//!
//! Consumed bytes are wiped, because any of them may have been a password; the memory is given
//! back as soon as the queue is empty, so that an idle connection holds none.

use zeroize::Zeroize;

/// A queue of bytes: appended at the end, consumed from the front.
#[derive(Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
}

impl Buffer {
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    #[cfg(feature = "engine")]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..]
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory held, used or not.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    pub(crate) fn extend(&mut self, more: &[u8]) {
        if more.is_empty() {
            return;
        }
        self.reserve(more.len());
        self.bytes.extend_from_slice(more);
    }

    /// Appends `len` zero bytes, lets `fill` write into them, and keeps as many as it says.
    #[cfg(feature = "engine")]
    pub(crate) fn extend_with<E>(
        &mut self,
        len: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<(), E> {
        self.reserve(len);
        let end = self.bytes.len();
        self.bytes.resize(end + len, 0);
        let result = fill(&mut self.bytes[end..]);
        let kept = *result.as_ref().unwrap_or(&0);
        self.bytes.truncate(end + kept.min(len));
        self.give_back_if_empty();
        result.map(|_| ())
    }

    /// Removes the first `n` bytes (at most all of them) and wipes them.
    pub(crate) fn consume(&mut self, n: usize) {
        let end = self.start + n.min(self.len());
        if end == self.start {
            // An empty vector has no address. With that some processors take longer to wipe
            // nothing than a whole record.
            return;
        }
        self.bytes[self.start..end].zeroize();
        self.start = end;
        self.give_back_if_empty();
    }

    /// Removes the first `n` bytes (at most all of them) without wiping them: ciphertext.
    pub(crate) fn skip(&mut self, n: usize) {
        self.start += n.min(self.len());
        self.give_back_if_empty();
    }

    /// Moves up to `out.len()` bytes to `out`; returns how many.
    pub(crate) fn read_into(&mut self, out: &mut [u8]) -> usize {
        let n = out.len().min(self.len());
        out[..n].copy_from_slice(&self.as_slice()[..n]);
        self.consume(n);
        n
    }

    pub(crate) fn clear(&mut self) {
        self.consume(self.len());
    }

    fn give_back_if_empty(&mut self) {
        if self.start == self.bytes.len() {
            self.bytes = Vec::new();
            self.start = 0;
        }
    }

    /// Makes room for `more` bytes. A move to other memory wipes the old one.
    pub(crate) fn reserve(&mut self, more: usize) {
        if self.bytes.capacity() - self.bytes.len() >= more {
            return;
        }
        let len = self.len();
        if self.start > 0 && self.bytes.capacity() - len >= more {
            self.bytes.copy_within(self.start.., 0);
            // What lies before the start has been wiped already, or was no secret.
            self.bytes[len.max(self.start)..].zeroize();
            self.bytes.truncate(len);
        } else {
            let mut grown = Vec::with_capacity((len + more).max(len * 2));
            grown.extend_from_slice(self.as_slice());
            self.consume(len);
            self.bytes = grown;
        }
        self.start = 0;
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    #[test]
    fn gives_its_memory_back_when_empty() {
        let mut buffer = Buffer::default();
        buffer.extend(&[7; 1000]);
        assert!(buffer.capacity() >= 1000);
        buffer.consume(1000);
        assert_eq!(buffer.capacity(), 0);
    }

    #[test]
    fn consumed_bytes_are_wiped_in_place() {
        let mut buffer = Buffer::default();
        buffer.extend(b"passwordrest");
        buffer.consume(8);
        assert_eq!(&buffer.bytes[..8], &[0; 8]);
        assert_eq!(buffer.as_slice(), b"rest");
    }

    proptest! {
        #[test]
        fn is_a_queue(steps in proptest::collection::vec((any::<bool>(), 0usize..40), 0..60)) {
            let (mut buffer, mut model) = (Buffer::default(), VecDeque::new());
            for (i, (push, n)) in (0u8..).zip(steps) {
                if push {
                    let bytes = vec![i; n];
                    buffer.extend(&bytes);
                    model.extend(&bytes);
                } else {
                    buffer.consume(n);
                    model.drain(..n.min(model.len()));
                }
                prop_assert_eq!(buffer.as_slice(), model.make_contiguous() as &[u8]);
            }
        }
    }
}
