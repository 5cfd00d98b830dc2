//! The other end of the network where there is no engine: it speaks in clear to a connection
//! whose TLS is the host's.
#![allow(clippy::unused_self)] // It stands in for one that has something to remember.

use super::symbol::Flight;
use crate::{Protocol, Role};

pub(super) struct Identity;

impl Identity {
    pub(super) fn new() -> Self {
        Self
    }
}

pub(super) struct Peers;

impl Peers {
    pub(super) fn new(_: Role, _: Protocol, _: &Identity, _: bool) -> Self {
        Self
    }
}

#[derive(Default)]
pub(super) struct Peer {}

impl Peer {
    pub(super) fn say(&mut self, words: &[u8]) -> Vec<u8> {
        words.to_vec()
    }

    pub(super) fn hear(&mut self, wire: &[u8], _: bool) -> Vec<u8> {
        wire.to_vec()
    }

    pub(super) fn has_half(&self) -> bool {
        false
    }

    pub(super) fn flights(&self) -> usize {
        0
    }

    pub(super) fn flight(&mut self, _: &Peers, _: Flight) -> Vec<u8> {
        Vec::new()
    }

    pub(super) fn close(&mut self) -> Option<Vec<u8>> {
        None
    }
}
