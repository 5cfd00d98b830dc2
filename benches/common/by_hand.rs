//! rustls's buffered connection with as little of a STARTTLS dialogue as can be written by hand,
//! for both sides. It does what must not be left out: it reads lines and tags, looks for STARTTLS
//! among the capabilities, and sees that nothing came in clear behind the go-ahead. It knows the
//! service, has no limits, no deadlines, and panics where something is not as it should be.
#![allow(dead_code)] // Each benchmark uses a part.

use super::Setup;
use mailtls::{Mode, Protocol, Service};
use std::io::{Read, Write};
use std::sync::Arc;

/// One end of a session.
pub trait End {
    /// What is to be sent before anything has come.
    fn begin(&mut self, output: &mut Vec<u8>);
    /// Takes what has come, and appends what is to be sent.
    fn handle(&mut self, input: &[u8], output: &mut Vec<u8>);
    /// Client: whether the first command inside TLS has been answered.
    fn done(&self) -> bool {
        false
    }
}

/// Lines, in clear or inside TLS.
struct Lines {
    tls: Option<rustls::Connection>,
    heard: Vec<u8>,
}

impl Lines {
    fn receive(&mut self, mut input: &[u8]) {
        let Some(tls) = &mut self.tls else { return self.heard.extend_from_slice(input) };
        while !input.is_empty() {
            tls.read_tls(&mut input).expect("input");
            tls.process_new_packets().expect("TLS");
            // An error is that there is nothing just now; what came before it is kept.
            let _ = tls.reader().read_to_end(&mut self.heard);
        }
    }

    /// The next line, without its end.
    fn line(&mut self) -> Option<Vec<u8>> {
        let end = self.heard.windows(2).position(|pair| pair == b"\r\n")?;
        let line = self.heard[..end].to_vec();
        self.heard.drain(..end + 2);
        Some(line)
    }

    fn say(&mut self, words: &[u8], output: &mut Vec<u8>) {
        match &mut self.tls {
            Some(tls) => tls.writer().write_all(words).expect("plaintext"),
            None => output.extend_from_slice(words),
        }
    }

    /// Goes on inside TLS.
    fn secure(&mut self, tls: rustls::Connection) {
        assert!(self.heard.is_empty(), "words in clear behind STARTTLS");
        self.tls = Some(tls);
    }

    fn flush(&mut self, output: &mut Vec<u8>) {
        while let Some(tls) = self.tls.as_mut().filter(|tls| tls.wants_write()) {
            tls.write_tls(output).expect("output");
        }
    }

    fn is_ready(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| !tls.is_handshaking())
    }
}

fn lines(service: Service, tls: impl FnOnce() -> rustls::Connection) -> Lines {
    let tls = (service.mode() == Mode::ImplicitTls).then(tls);
    Lines { tls, heard: Vec::new() }
}

fn has_tags(service: Service) -> bool {
    service.protocol() == Protocol::Imap
}

fn discovery(service: Service) -> &'static [u8] {
    if has_tags(service) { b"CAPABILITY" } else { b"EHLO client.example" }
}

/// An answer of several lines, of which the last may need a tag before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    before_tag: Vec<u8>,
    behind_tag: Vec<u8>,
}

impl Answer {
    fn with(&self, tag: &[u8]) -> Vec<u8> {
        [&self.before_tag[..], tag, &self.behind_tag].concat()
    }
}

/// What a server of a service says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    pub greeting: Vec<u8>,
    pub in_clear: Answer,
    pub go_ahead: Answer,
    pub inside: Answer,
}

/// A server.
pub struct ByHandServer<'a> {
    config: &'a Arc<rustls::ServerConfig>,
    service: Service,
    words: &'a Words,
    lines: Lines,
    greeted: bool,
    /// Of the commands so far.
    pub verbs: Vec<String>,
}

impl<'a> ByHandServer<'a> {
    pub fn new(config: &'a Arc<rustls::ServerConfig>, service: Service, words: &'a Words) -> Self {
        let lines = lines(service, || Self::tls(config));
        Self { config, service, words, lines, greeted: false, verbs: Vec::new() }
    }

    fn tls(config: &Arc<rustls::ServerConfig>) -> rustls::Connection {
        rustls::ServerConnection::new(Arc::clone(config)).expect("a connection").into()
    }

    fn greet(&mut self, output: &mut Vec<u8>) {
        self.greeted = true;
        self.lines.say(&self.words.greeting, output);
    }

    fn answer(&mut self, line: Vec<u8>, output: &mut Vec<u8>) {
        let tag = if has_tags(self.service) { line.iter().position(|b| *b == b' ') } else { Some(0) };
        let (tag, command) = line.split_at(tag.expect("a tag"));
        let verb = command.trim_ascii_start().split(|b| *b == b' ').next().unwrap_or_default();
        self.verbs.push(String::from_utf8_lossy(verb).to_ascii_uppercase());
        if verb.eq_ignore_ascii_case(b"STARTTLS") && self.lines.tls.is_none() {
            self.lines.say(&self.words.go_ahead.with(tag), output);
            self.lines.secure(Self::tls(self.config));
        } else {
            let answer = if self.lines.tls.is_some() { &self.words.inside } else { &self.words.in_clear };
            self.lines.say(&answer.with(tag), output);
        }
    }
}

impl End for ByHandServer<'_> {
    fn begin(&mut self, output: &mut Vec<u8>) {
        if self.lines.tls.is_none() {
            self.greet(output);
        }
    }

    fn handle(&mut self, input: &[u8], output: &mut Vec<u8>) {
        self.lines.receive(input);
        if !self.greeted && self.lines.is_ready() {
            self.greet(output);
        }
        while let Some(line) = self.lines.line() {
            self.answer(line, output);
        }
        self.lines.flush(output);
    }
}

/// What a client waits for.
#[derive(Clone, Copy, PartialEq)]
enum Awaits {
    Greeting,
    CapabilitiesInClear,
    GoAhead,
    CapabilitiesInside,
    Nothing,
}

/// A client.
pub struct ByHandClient<'a> {
    setup: &'a Setup,
    service: Service,
    lines: Lines,
    awaits: Awaits,
    tags: u8,
    /// The lines of the answer that is still coming.
    answer: Vec<u8>,
    /// What the server has said.
    pub words: Words,
}

impl<'a> ByHandClient<'a> {
    pub fn new(setup: &'a Setup, service: Service) -> Self {
        let lines = lines(service, || setup.client().into());
        let words = Words::default();
        Self { setup, service, lines, awaits: Awaits::Greeting, tags: 0, answer: Vec::new(), words }
    }

    fn command(&mut self, words: &[u8], awaits: Awaits, output: &mut Vec<u8>) {
        self.awaits = awaits;
        self.tags += 1;
        let tag = [b'a', b'0' + self.tags, b' '];
        let tag = if has_tags(self.service) { &tag[..] } else { b"" };
        self.lines.say(&[tag, words, b"\r\n"].concat(), output);
    }

    /// Whether a line is the last of an answer, and how long its tag is.
    fn ends_answer(&self, line: &[u8]) -> Option<usize> {
        match (has_tags(self.service), self.awaits) {
            (true, Awaits::Greeting) => line.starts_with(b"* OK ").then_some(0),
            (true, _) => line.starts_with(&[b'a', b'0' + self.tags, b' ', b'O', b'K', b' ']).then_some(2),
            (false, Awaits::Greeting | Awaits::GoAhead) => line.starts_with(b"220 ").then_some(0),
            (false, _) => line.starts_with(b"250 ").then_some(0),
        }
    }

    fn hear(&mut self, mut line: Vec<u8>, output: &mut Vec<u8>) {
        let tag = self.ends_answer(&line);
        line.extend_from_slice(b"\r\n");
        let Some(tag) = tag else { return self.answer.append(&mut line) };
        let mut answer = Answer { before_tag: core::mem::take(&mut self.answer), behind_tag: line };
        answer.behind_tag.drain(..tag);
        self.answered(answer, output);
    }

    fn answered(&mut self, answer: Answer, output: &mut Vec<u8>) {
        match self.awaits {
            Awaits::Greeting => {
                self.words.greeting = answer.with(b"");
                let awaits = match self.lines.tls {
                    Some(_) => Awaits::CapabilitiesInside,
                    None => Awaits::CapabilitiesInClear,
                };
                self.command(discovery(self.service), awaits, output);
            }
            Awaits::CapabilitiesInClear => {
                let has = |text: &[u8]| text.windows(8).any(|word| word == b"STARTTLS");
                assert!(has(&answer.before_tag) || has(&answer.behind_tag), "no STARTTLS");
                self.words.in_clear = answer;
                self.command(b"STARTTLS", Awaits::GoAhead, output);
            }
            Awaits::GoAhead => {
                self.words.go_ahead = answer;
                self.lines.secure(self.setup.client().into());
                self.command(discovery(self.service), Awaits::CapabilitiesInside, output);
            }
            Awaits::CapabilitiesInside => {
                self.words.inside = answer;
                self.awaits = Awaits::Nothing;
            }
            Awaits::Nothing => panic!("an answer to no command"),
        }
    }
}

impl End for ByHandClient<'_> {
    fn begin(&mut self, output: &mut Vec<u8>) {
        self.lines.flush(output);
    }

    fn handle(&mut self, input: &[u8], output: &mut Vec<u8>) {
        self.lines.receive(input);
        while let Some(line) = self.lines.line() {
            self.hear(line, output);
        }
        self.lines.flush(output);
    }

    fn done(&self) -> bool {
        self.awaits == Awaits::Nothing
    }
}
