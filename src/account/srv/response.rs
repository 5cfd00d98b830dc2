//! SRV answers from a DNS response as it came from a name server (RFC 1035 §4, RFC 2782).
//!
//! The message is read by hickory-proto; here is what of it counts. Must never know what is done with
//! the records.

use super::{Answers, Dnssec};
use crate::error::{Error, ErrorCode};
use crate::service::Service;
use core::fmt;
use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

/// Why a DNS response is not an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseProblem {
    /// It is not a DNS message, or longer than one can be.
    Malformed,
    /// It is a question.
    NotAResponse,
    /// It answers another question.
    AnotherQuestion,
    /// It has been cut off: it has to be asked for again over TCP (RFC 2181 §9).
    Truncated,
    /// The name server has failed, with this RCODE (RFC 1035 §4.1.1).
    Failed(u16),
    /// There are too many records.
    TooMany,
    /// A record has an impossible target, or port 0.
    Target,
}

impl fmt::Display for ResponseProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a DNS message",
            Self::NotAResponse => "a DNS query, not a response",
            Self::AnotherQuestion => "the DNS response is to another question",
            Self::Truncated => "the DNS response is cut off; ask again over TCP",
            Self::Failed(rcode) => return write!(f, "the name server failed with RCODE {rcode}"),
            Self::TooMany => "too many SRV records",
            Self::Target => "an SRV record with an impossible target or port 0",
        })
    }
}

impl core::error::Error for ResponseProblem {}

impl From<ResponseProblem> for Error {
    fn from(problem: ResponseProblem) -> Self {
        let code = match problem {
            ResponseProblem::TooMany => ErrorCode::LimitExceeded,
            _ => ErrorCode::InvalidArgument,
        };
        Self::new(code, problem.to_string())
    }
}

/// How many aliases are followed from the name that was asked for.
const ALIASES: usize = 8;

impl Answers {
    /// Adds the records of a DNS response to the question for a service ([`Answers::query`], type SRV),
    /// as it came from the resolver, without the two octets of length that TCP puts before it. That
    /// there is none, or no such name (NXDOMAIN), is an answer too.
    ///
    /// Records of other names are ignored, but for the aliases that lead to those of the question. Which
    /// resolver it came from, and whether its ID is that of the question, is the host's to check, and so
    /// is what `dnssec` says of it.
    ///
    /// # Errors
    /// What is wrong with it; nothing of it has been added then.
    pub fn add_response(
        &mut self,
        service: Service,
        response: &[u8],
        dnssec: Dnssec,
    ) -> Result<(), ResponseProblem> {
        let question = Name::from_ascii(format!("{}.", self.query(service)))
            .map_err(|_| ResponseProblem::AnotherQuestion)?;
        let records = answers(&question, response)?;
        let mut with = self.clone();
        with.add_nothing(service);
        for record in &records {
            let RData::SRV(srv) = record.data() else { continue };
            let (priority, weight, port) = (srv.priority(), srv.weight(), srv.port());
            let target = srv.target().to_ascii();
            with.add(service, priority, weight, port, &target, dnssec).map_err(|e| match e.code() {
                ErrorCode::LimitExceeded => ResponseProblem::TooMany,
                _ => ResponseProblem::Target,
            })?;
        }
        *self = with;
        Ok(())
    }
}

/// The SRV records that answer the question.
fn answers(question: &Name, response: &[u8]) -> Result<Vec<Record>, ResponseProblem> {
    if response.len() > usize::from(u16::MAX) {
        return Err(ResponseProblem::Malformed);
    }
    let mut message = Message::from_vec(response).map_err(|_| ResponseProblem::Malformed)?;
    if message.message_type() != MessageType::Response {
        return Err(ResponseProblem::NotAResponse);
    }
    match message.queries() {
        [asked]
            if asked.name() == question
                && asked.query_type() == RecordType::SRV
                && asked.query_class() == DNSClass::IN => {}
        _ => return Err(ResponseProblem::AnotherQuestion),
    }
    if message.truncated() {
        return Err(ResponseProblem::Truncated);
    }
    match message.response_code() {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        failed => return Err(ResponseProblem::Failed(failed.into())),
    }
    let mut records = message.take_answers();
    records.retain(|record| record.dns_class() == DNSClass::IN);
    let mut owner = question.clone();
    for _ in 0..ALIASES {
        let alias = records.iter().find_map(|record| match record.data() {
            RData::CNAME(alias) if *record.name() == owner => Some(alias.0.clone()),
            _ => None,
        });
        let Some(alias) = alias else { break };
        owner = alias;
    }
    records.retain(|record| record.record_type() == RecordType::SRV && *record.name() == owner);
    Ok(records)
}

#[cfg(test)]
mod tests;
