//! DNS responses: a known one octet by octet, and what is refused.

use super::*;
use crate::account::srv::Endpoint;
use hickory_proto::op::Query;
use hickory_proto::rr::rdata::{A, CNAME, SRV};
use proptest::collection::vec;
use proptest::prelude::*;

const QUESTION: &str = "_imaps._tcp.example.org.";

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn response(answers: &[(&str, RData)]) -> Message {
    let mut message = Message::new();
    message.set_message_type(MessageType::Response);
    message.add_query(Query::query(name(QUESTION), RecordType::SRV));
    for (owner, data) in answers {
        message.add_answer(Record::from_rdata(name(owner), 60, data.clone()));
    }
    message
}

fn srv(port: u16, target: &str) -> RData {
    RData::SRV(SRV::new(1, 2, port, name(target)))
}

fn read(octets: &[u8]) -> Result<Vec<String>, ResponseProblem> {
    let mut answers = Answers::new("example.org").unwrap();
    let before = answers.clone();
    let outcome = answers.add_response(Service::Imaps, octets, Dnssec::Unsigned);
    if outcome.is_err() {
        assert_eq!(answers, before);
    }
    outcome.map(|()| answers.endpoints().iter().map(Endpoint::to_string).collect())
}

fn of(message: &Message) -> Result<Vec<String>, ResponseProblem> {
    read(&message.to_vec().unwrap())
}

#[test]
fn a_response_octet_by_octet() {
    let octets = [
        &b"\x12\x34\x81\x80\0\x01\0\x02\0\0\0\0"[..],
        b"\x06_imaps\x04_tcp\x07example\x03org\0\0\x21\0\x01",
        b"\xc0\x0c\0\x21\0\x01\0\0\x0e\x10\0\x15\0\x05\0\x0a\x03\xe1\x01a\x07eXample\x03org\0",
        b"\xc0\x0c\0\x21\0\x01\0\0\x0e\x10\0\x08\0\x06\0\0\x03\xe2\xc0\x18",
    ]
    .concat();
    assert_eq!(read(&octets), Ok(vec!["imaps a.example.org 993".into(), "imaps example.org 994".into()]));
    for cut in 0..octets.len() {
        assert!(read(&octets[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn no_record_is_an_answer() {
    assert_eq!(of(&response(&[])), Ok(vec![]));
    let mut nothing = response(&[]);
    nothing.set_response_code(ResponseCode::NXDomain);
    assert_eq!(of(&nothing), Ok(vec![]));
    let mut answers = Answers::new("example.org").unwrap();
    answers.add_response(Service::Imaps, &nothing.to_vec().unwrap(), Dnssec::Unsigned).unwrap();
    assert!(answers.is_answered(Service::Imaps));
    let dot = response(&[(QUESTION, srv(0, "."))]);
    answers.add_response(Service::Imaps, &dot.to_vec().unwrap(), Dnssec::Unsigned).unwrap();
    assert_eq!(answers.not_offered().collect::<Vec<_>>(), [Service::Imaps]);
}

#[test]
fn only_what_answers_the_question_counts() {
    let alias = |to: &str| RData::CNAME(CNAME(name(to)));
    let spaced = Name::from_labels([&b"a b"[..], b"example"]).unwrap();
    let one = Ok(vec!["imaps a.example.org 993".to_owned()]);
    let a = || srv(993, "a.example.org.");
    for (answers, outcome) in [
        (vec![("_IMAPS._tcp.Example.org.", a())], one.clone()),
        (vec![(QUESTION, alias("x.example.")), ("x.example.", a())], one.clone()),
        (vec![("x.example.", a()), (QUESTION, alias("x.example."))], one),
        (vec![("_imaps._tcp.evil.example.", a())], Ok(vec![])),
        (vec![(QUESTION, RData::A(A::new(192, 0, 2, 1)))], Ok(vec![])),
        (vec![(QUESTION, alias(QUESTION)), ("other.example.", a())], Ok(vec![])),
        (vec![(QUESTION, RData::SRV(SRV::new(1, 2, 993, spaced)))], Err(ResponseProblem::Target)),
        (vec![(QUESTION, a()), (QUESTION, srv(0, "b.example.org."))], Err(ResponseProblem::Target)),
    ] {
        assert_eq!(of(&response(&answers)), outcome);
    }
}

#[test]
fn what_is_no_answer() {
    use ResponseProblem as P;
    let changed = |change: &dyn Fn(&mut Message)| {
        let mut message = response(&[(QUESTION, srv(993, "a.example.org."))]);
        change(&mut message);
        of(&message).unwrap_err()
    };
    assert_eq!(
        changed(&|m| {
            m.set_message_type(MessageType::Query);
        }),
        P::NotAResponse
    );
    assert_eq!(
        changed(&|m| {
            m.set_truncated(true);
        }),
        P::Truncated
    );
    assert_eq!(
        changed(&|m| {
            m.set_response_code(ResponseCode::ServFail);
        }),
        P::Failed(2)
    );
    assert_eq!(
        changed(&|m| {
            m.take_queries();
        }),
        P::AnotherQuestion
    );
    let another = Query::query(name("_imap._tcp.example.org."), RecordType::SRV);
    assert_eq!(
        changed(&|m| {
            m.take_queries();
            m.add_query(another.clone());
        }),
        P::AnotherQuestion
    );
    let txt = Query::query(name(QUESTION), RecordType::TXT);
    assert_eq!(
        changed(&|m| {
            m.take_queries();
            m.add_query(txt.clone());
        }),
        P::AnotherQuestion
    );
    assert_eq!(read(&vec![0; 70_000]), Err(P::Malformed));
    assert_eq!(Error::from(P::Truncated).code(), ErrorCode::InvalidArgument);
    let many: Vec<_> = (0..300).map(|i| (QUESTION, srv(i + 1, "a.example.org."))).collect();
    assert_eq!(of(&response(&many)), Err(P::TooMany));
}

proptest! {
    /// Whatever comes, what is taken of it are records of the service, at possible hosts and ports.
    #[test]
    fn any_octets_give_records_or_a_problem(places in vec(any::<(prop::sample::Index, u8)>(), 0..6)) {
        let answers = [(QUESTION, srv(993, "a.example.org.")), (QUESTION, srv(994, "b.example."))];
        let mut octets = response(&answers).to_vec().unwrap();
        for (place, octet) in places {
            let place = place.index(octets.len());
            octets[place] = octet;
        }
        for endpoint in read(&octets).unwrap_or_default() {
            let endpoint: Endpoint = endpoint.parse().unwrap();
            prop_assert_eq!(endpoint.service, Service::Imaps);
        }
    }
}
