//! SRV answers from a DNS response as it came from a name server (RFC 1035 §4, RFC 2782).
//!
//! Names and numbers are read by hickory-proto; this file decides, record by record, which of them count,
//! so that one that cannot be read leaves the others. Does not depend on what is done with the records.

use super::{Answers, Dnssec, RecordProblem, Unusable};
use crate::error::{Error, ErrorCode};
use crate::service::Service;
use core::fmt;
use core::ops::Range;
use hickory_proto::ProtoError;
use hickory_proto::op::{Header, MessageType, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RecordType};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};

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
        })
    }
}

impl core::error::Error for ResponseProblem {}

impl From<ResponseProblem> for Error {
    fn from(problem: ResponseProblem) -> Self {
        let code = match problem {
            ResponseProblem::TooMany => ErrorCode::LimitExceeded,
            _ => ErrorCode::Syntax,
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
    /// Records of other names are ignored, but for the aliases that lead to those of the question.
    /// Unusable ones are set aside with their reasons ([`Answers::unusable`]), and the others used. Which
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
            let Ok(srv) = Srv::read(response, record) else {
                let target = String::new();
                with.add_unusable(Unusable { service, target, port: 0, why: RecordProblem::Malformed });
                continue;
            };
            with.add(service, srv.priority, srv.weight, srv.port, &srv.target, dnssec)
                .map_err(|_| ResponseProblem::TooMany)?;
        }
        *self = with;
        Ok(())
    }
}

/// A record of the answer section: its owner, and where its data stands.
struct Resource {
    owner: Name,
    kind: RecordType,
    class: DNSClass,
    data: Range<usize>,
}

impl Resource {
    /// `NAME TYPE CLASS TTL RDLENGTH RDATA` (RFC 1035 §4.1.3). The data is read later, and only if it counts.
    fn read(decoder: &mut BinDecoder<'_>) -> Result<Self, ProtoError> {
        let owner = Name::read(decoder)?;
        let kind = RecordType::read(decoder)?;
        let class = DNSClass::read(decoder)?;
        decoder.read_u32()?;
        let length = usize::from(decoder.read_u16()?.unverified());
        let start = decoder.index();
        decoder.read_slice(length)?;
        Ok(Self { owner, kind, class, data: start..start + length })
    }

    /// The data up to its end, in a message that names may point back into.
    fn decoder<'a>(&self, response: &'a [u8]) -> Result<BinDecoder<'a>, ProtoError> {
        let message = response.get(..self.data.end).unwrap_or_default();
        let mut decoder = BinDecoder::new(message);
        decoder.read_slice(self.data.start)?;
        Ok(decoder)
    }
}

/// The data of an SRV record (RFC 2782).
struct Srv {
    priority: u16,
    weight: u16,
    port: u16,
    /// With escapes for octets that no host name has.
    target: String,
}

impl Srv {
    fn read(response: &[u8], record: &Resource) -> Result<Self, ProtoError> {
        let mut decoder = record.decoder(response)?;
        let mut number = || decoder.read_u16().map(|number| number.unverified());
        let (priority, weight, port) = (number()?, number()?, number()?);
        let target = Name::read(&mut decoder)?.to_ascii();
        if !decoder.is_empty() {
            return Err("octets behind the target".into());
        }
        Ok(Self { priority, weight, port, target })
    }
}

/// The SRV records that answer the question.
fn answers(question: &Name, response: &[u8]) -> Result<Vec<Resource>, ResponseProblem> {
    if response.len() > usize::from(u16::MAX) {
        return Err(ResponseProblem::Malformed);
    }
    let malformed = |_: ProtoError| ResponseProblem::Malformed;
    let mut decoder = BinDecoder::new(response);
    let header = Header::read(&mut decoder).map_err(malformed)?;
    if header.message_type() != MessageType::Response {
        return Err(ResponseProblem::NotAResponse);
    }
    if header.query_count() != 1 {
        return Err(ResponseProblem::AnotherQuestion);
    }
    let asked = Query::read(&mut decoder).map_err(malformed)?;
    if asked.name() != question
        || asked.query_type() != RecordType::SRV
        || asked.query_class() != DNSClass::IN
    {
        return Err(ResponseProblem::AnotherQuestion);
    }
    if header.truncated() {
        return Err(ResponseProblem::Truncated);
    }
    match header.response_code() {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        failed => return Err(ResponseProblem::Failed(failed.into())),
    }
    // What stands behind the answer section is not looked at.
    let count = header.answer_count();
    let records = (0..count).map(|_| Resource::read(&mut decoder)).collect::<Result<Vec<_>, _>>();
    let mut records = records.map_err(malformed)?;
    records.retain(|record| record.class == DNSClass::IN);
    let mut owner = question.clone();
    for _ in 0..ALIASES {
        let alias = records.iter().find(|record| record.kind == RecordType::CNAME && record.owner == owner);
        let alias = alias.and_then(|alias| Name::read(&mut alias.decoder(response).ok()?).ok());
        let Some(alias) = alias else { break };
        owner = alias;
    }
    records.retain(|record| record.kind == RecordType::SRV && record.owner == owner);
    Ok(records)
}

#[cfg(test)]
mod tests;
