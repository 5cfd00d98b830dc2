//! The byte queue used for every buffer of a connection.
//!
//! Consumed bytes are wiped, because any of them may have been a password; the memory is given
//! back as soon as the queue is empty, so that an idle connection holds none.
//!
//! Bytes may arrive one at a time and be consumed one at a time. Each is still searched for a line
//! end once and moved a bounded number of times, so that the work grows with the number of bytes.

use zeroize::Zeroize;

/// A queue of bytes: appended at the end, consumed from the front.
#[derive(Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    /// So many bytes at the front have been searched, and hold neither CR nor LF nor NUL.
    searched: usize,
    /// Bytes that [`Buffer::find_line_octet`] has looked at and [`Buffer::reserve`] has moved, ever.
    #[cfg(test)]
    pub(crate) work: usize,
}

impl Buffer {
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    #[cfg(feature = "engine")]
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        // Whoever has it may change what has been searched.
        self.searched = 0;
        &mut self.bytes[self.start..]
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the first CR, LF or NUL is, if it is among the first `limit` bytes. Bytes that an earlier
    /// call has searched are not searched again.
    pub(crate) fn find_line_octet(&mut self, limit: usize) -> Option<usize> {
        let end = limit.min(self.len());
        let unsearched = self.as_slice().get(self.searched..end).unwrap_or_default();
        let found = unsearched.iter().position(|byte| matches!(byte, b'\r' | b'\n' | 0));
        let passed = found.unwrap_or(unsearched.len());
        #[cfg(test)]
        {
            self.work += passed + usize::from(found.is_some());
        }
        self.searched += passed;
        found.map(|_| self.searched)
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
            // Skip empty buffers: wiping a dangling pointer of length 0 is slow on some CPUs.
            return;
        }
        self.bytes[self.start..end].zeroize();
        self.advance(end);
    }

    /// Removes the first `n` bytes (at most all of them) without wiping them: ciphertext.
    pub(crate) fn skip(&mut self, n: usize) {
        self.advance(self.start + n.min(self.len()));
    }

    fn advance(&mut self, start: usize) {
        self.searched = self.searched.saturating_sub(start - self.start);
        self.start = start;
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
    ///
    /// Bytes are moved to the front only when at least as many have been consumed since the last move,
    /// and otherwise to twice the room: a queue that is nearly full would move all for every byte.
    pub(crate) fn reserve(&mut self, more: usize) {
        if self.bytes.capacity() - self.bytes.len() >= more {
            return;
        }
        let len = self.len();
        #[cfg(test)]
        {
            self.work += len;
        }
        if self.start >= len.max(1) && self.bytes.capacity() - len >= more {
            self.bytes.copy_within(self.start.., 0);
            // What lies before the start has been wiped already, or was no secret.
            self.bytes[len.max(self.start)..].zeroize();
            self.bytes.truncate(len);
        } else {
            let mut grown = Vec::with_capacity((len + more).max(len * 2));
            grown.extend_from_slice(self.as_slice());
            if len > 0 {
                self.bytes[self.start..].zeroize();
            }
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

    /// What happens to a queue, step by step.
    #[derive(Clone, Debug)]
    enum Act {
        Push(Vec<u8>),
        Consume(usize),
        Skip(usize),
        Find(usize),
        /// Through the mutable slice.
        Overwrite(usize, u8),
    }

    fn act() -> impl Strategy<Value = Act> {
        let byte = || prop_oneof![8 => Just(b'a'), 1 => Just(b'\r'), 1 => Just(b'\n'), 1 => Just(0)];
        prop_oneof![
            4 => proptest::collection::vec(byte(), 0..40).prop_map(Act::Push),
            1 => (0usize..40).prop_map(Act::Consume),
            1 => (0usize..40).prop_map(Act::Skip),
            2 => (0usize..100).prop_map(Act::Find),
            1 => (0usize..100, byte()).prop_map(|(at, byte)| Act::Overwrite(at, byte)),
        ]
    }

    proptest! {
        #[test]
        fn is_a_queue_that_finds_line_octets(acts in proptest::collection::vec(act(), 0..60)) {
            let (mut buffer, mut model) = (Buffer::default(), VecDeque::new());
            for act in acts {
                match act {
                    Act::Push(bytes) => {
                        buffer.extend(&bytes);
                        model.extend(&bytes);
                    }
                    Act::Consume(n) => {
                        buffer.consume(n);
                        model.drain(..n.min(model.len()));
                    }
                    Act::Skip(n) => {
                        buffer.skip(n);
                        model.drain(..n.min(model.len()));
                    }
                    Act::Find(limit) => {
                        let expected = model.iter().take(limit).position(|b| b"\r\n\0".contains(b));
                        prop_assert_eq!(buffer.find_line_octet(limit), expected);
                    }
                    #[cfg(feature = "engine")]
                    Act::Overwrite(at, byte) => {
                        if let (Some(slot), Some(twin)) = (buffer.as_mut_slice().get_mut(at), model.get_mut(at)) {
                            (*slot, *twin) = (byte, byte);
                        }
                    }
                    #[cfg(not(feature = "engine"))]
                    Act::Overwrite(at, byte) => {
                        let _ = (at, byte);
                    }
                }
                prop_assert_eq!(buffer.as_slice(), model.make_contiguous() as &[u8]);
            }
        }
    }

    /// Bytes that arrive one at a time are searched once each: to begin at the first every time
    /// would be 50 million steps here.
    #[test]
    fn a_line_that_trickles_in_is_searched_once() {
        const LEN: usize = 10_000;
        let mut buffer = Buffer::default();
        for _ in 0..LEN {
            buffer.extend(b"a");
            assert_eq!(buffer.find_line_octet(usize::MAX), None);
        }
        // Growing by doubling moves each byte twice at most.
        assert!(buffer.work <= 3 * LEN, "{} steps", buffer.work);
    }

    /// A queue that is never empty, with one byte in and one out at a time, moves each byte a bounded
    /// number of times, however full it is; and takes no more than about twice the room.
    #[test]
    fn a_full_queue_does_not_move_all_for_each_byte() {
        const HELD: usize = 1000;
        let mut buffer = Buffer::default();
        buffer.extend(&[b'a'; HELD]);
        for _ in 0..100 * HELD {
            buffer.extend(b"a");
            buffer.consume(1);
        }
        assert!(buffer.work <= 200 * HELD, "{} steps", buffer.work);
        assert!(buffer.capacity() <= 2 * HELD + 2, "{} octets", buffer.capacity());
    }
}
