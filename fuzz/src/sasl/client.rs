//! Messages of a server to a client.

use super::{Feeding, Script, attribute, bare, expand};
use crate::plan::MECHANISMS;
use crate::scram::{self, Hash};
use crate::wire;
use mailtls::{Protocol, Role};

/// What a server says in exchanges, one after another. The client's host decides which.
///
/// Behind the ten digits of [`crate::plan`]:
///
/// | digit | decides |
/// |---|---|
/// | 10 | protocol; +4 IMAP: no initial response; +8 no PLUS is offered |
/// | 11 | not used |
///
/// The rest is messages, cut by 0xFF. In them 0xFE stands for the nonce of the client and 0xFD for
/// the right proof of a server that knows the password. A message that begins with 0xFC is a
/// verdict: of success with `+` behind it, otherwise of refusal.
pub fn sasl_client(data: &[u8]) {
    let Some(script) = Script::decode(data) else { return };
    script.run(Role::Client, |feeding: &mut Feeding<'_>| {
        Server { script: &script, feeding, server_first: Vec::new() }.talk();
    });
}

struct Server<'a, 'b> {
    script: &'a Script<'a>,
    feeding: &'a mut Feeding<'b>,
    /// server-first-message, as it was sent.
    server_first: Vec<u8>,
}

impl Server<'_, '_> {
    fn talk(mut self) {
        self.offer();
        for message in &self.script.messages {
            if self.feeding.is_over() {
                break;
            }
            match message {
                [0xfc, verdict @ ..] => self.verdict(verdict),
                message => self.challenge(message),
            }
        }
    }

    /// Greets, and offers everything.
    fn offer(&mut self) {
        let plus = self.script.flags & 8 == 0;
        let mechanisms = MECHANISMS.iter().filter(|name| plus || !name.ends_with("-PLUS"));
        let mechanisms: Vec<&str> = mechanisms.copied().collect();
        match self.script.service.protocol() {
            Protocol::Imap => {
                let initial = if self.script.flags & 4 == 0 { " SASL-IR" } else { "" };
                let offers = mechanisms.join(" AUTH=");
                let line = format!("* OK [CAPABILITY IMAP4rev2{initial} AUTH={offers}] hi\r\n");
                self.feeding.say(line.as_bytes());
            }
            Protocol::Pop3 => {
                self.feeding.say(b"+OK hi <1.2@x>\r\n");
                let lines = format!("+OK\r\nUSER\r\nSASL {}\r\n.\r\n", mechanisms.join(" "));
                self.feeding.say(lines.as_bytes());
            }
            Protocol::Smtp => {
                self.feeding.say(b"220 x ESMTP\r\n");
                let lines = format!("250-x\r\n250 AUTH {}\r\n", mechanisms.join(" "));
                self.feeding.say(lines.as_bytes());
            }
        }
    }

    fn verdict(&mut self, verdict: &[u8]) {
        let success = verdict.first() == Some(&b'+');
        let line = match self.script.service.protocol() {
            Protocol::Imap => {
                format!("{} {}", self.tag(), if success { "OK done" } else { "NO [AUTHENTICATIONFAILED] no" })
            }
            Protocol::Pop3 => if success { "+OK done" } else { "-ERR [AUTH] no" }.into(),
            Protocol::Smtp => if success { "235 2.7.0 done" } else { "535 5.7.8 no" }.into(),
        };
        self.feeding.say(format!("{line}\r\n").as_bytes());
    }

    /// The tag of the last command: responses have no space in them.
    fn tag(&self) -> String {
        let mut lines = self.feeding.output().rsplit(|&b| b == b'\n');
        let command = lines.find(|line| line.contains(&b' ')).unwrap_or_default();
        let tag = command.split(|&b| b == b' ').next().unwrap_or_default();
        String::from_utf8_lossy(tag).into_owned()
    }

    /// What the client has said last in the exchange.
    fn last_response(&self) -> Vec<u8> {
        let line = wire::last_line(self.feeding.output());
        let word = line.rsplit(|&b| b == b' ').next().unwrap_or_default();
        wire::decoded(word).unwrap_or_default()
    }

    fn challenge(&mut self, message: &[u8]) {
        let response = self.last_response();
        let nonce = attribute(&response, b'r').unwrap_or_default();
        let mut verifier = String::new();
        let said = expand(message, |byte, _| match byte {
            0xfe => nonce.to_vec(),
            _ => {
                verifier = self.verifier(&response);
                verifier.clone().into_bytes()
            }
        });
        let right = [b"v=", verifier.as_bytes()].concat();
        let proves = !verifier.is_empty()
            && said.strip_prefix(right.as_slice()).is_some_and(|rest| matches!(rest, [] | [b',', ..]));
        let begin = if self.script.service.protocol() == Protocol::Smtp { "334" } else { "+" };
        if self.is_client_first(&response) {
            self.server_first.clone_from(&said);
        }
        self.feeding.host.proved = proves;
        self.feeding.say(format!("{begin} {}\r\n", wire::base64(&said)).as_bytes());
        let now = self.last_response();
        if now.starts_with(b"c=") && now != response {
            self.check_client_final(&response, &said);
        }
        let trusted = self.script.plan.limits().sasl_rounds as usize > self.script.messages.len();
        assert!(
            !proves || said != right || !trusted || !self.feeding.host.is_over(),
            "a server that has proved itself is not trusted: {:?}",
            self.feeding.host.trace.events
        );
    }

    fn is_client_first(&self, response: &[u8]) -> bool {
        attribute(response, b'n').is_some()
    }

    /// The client has answered server-first with its proof: it may only have done so for a nonce
    /// that goes on where its own ends, and for as many iterations as are bearable.
    fn check_client_final(&self, client_first: &[u8], server_first: &[u8]) {
        let own = attribute(bare(client_first), b'r').expect("the client has a nonce");
        let whole = attribute(server_first, b'r').expect("the server has a nonce");
        assert!(own.len() == wire::NONCE && whole.starts_with(own) && whole.len() > own.len());
        let iterations = iterations(server_first).expect("there is a number");
        assert!((4096..=self.script.plan.limits().scram_iterations).contains(&iterations));
    }

    /// What proves the server, once the client has proved itself; otherwise nothing.
    fn verifier(&self, client_final: &[u8]) -> String {
        let line = wire::last_line(self.feeding.output());
        let Some(at) = client_final.windows(3).rposition(|w| w == b",p=") else { return String::new() };
        if line.contains(&b' ') || !client_final.starts_with(b"c=") {
            return String::new();
        }
        let mut lines = self.feeding.output().rsplit(|&b| b == b'\n');
        let command = lines.find(|line| wire::holds(line, b" SCRAM-SHA"));
        let command = String::from_utf8_lossy(command.unwrap_or_default()).into_owned();
        let hash = Hash::of(command.split(' ').find(|word| word.starts_with("SCRAM")).unwrap_or_default());
        let salt = attribute(&self.server_first, b's').and_then(wire::decoded).unwrap_or_default();
        let client_first = self.client_first();
        let auth_message = [bare(&client_first), &self.server_first, &client_final[..at]].join(&b","[..]);
        let password = &self.feeding.host.password;
        let (_, key) = scram::keys(hash, password, &salt, iterations(&self.server_first).unwrap_or(1));
        wire::base64(&hash.hmac(&key, &auth_message))
    }

    /// The client's last first message.
    fn client_first(&self) -> Vec<u8> {
        let words = self.feeding.output().rsplit(|b| b" \r\n".contains(b));
        let mut messages = words.filter_map(wire::decoded);
        messages.find(|message| self.is_client_first(message)).unwrap_or_default()
    }
}

fn iterations(server_first: &[u8]) -> Option<u32> {
    core::str::from_utf8(attribute(server_first, b'i')?).ok()?.parse().ok()
}
