//! DNS responses: a known one octet by octet, and what is refused.

use super::*;
use crate::account::srv::Endpoint;
use hickory_proto::op::{Message, Query};
use hickory_proto::rr::rdata::{A, CNAME, SRV};
use hickory_proto::rr::{RData, Record};
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
        (vec![("x.example.", a()), (QUESTION, alias("x.example."))], one.clone()),
        (vec![("_imaps._tcp.evil.example.", a())], Ok(vec![])),
        (vec![(QUESTION, RData::A(A::new(192, 0, 2, 1)))], Ok(vec![])),
        (vec![(QUESTION, alias(QUESTION)), ("other.example.", a())], Ok(vec![])),
        (vec![(QUESTION, RData::SRV(SRV::new(1, 2, 993, spaced)))], Ok(vec![])),
        (vec![(QUESTION, a()), (QUESTION, srv(0, "b.example.org."))], one.clone()),
    ] {
        assert_eq!(of(&response(&answers)), outcome);
    }
}

#[test]
fn a_record_that_no_server_can_be_found_by_leaves_the_others() {
    let header = b"\x12\x34\x81\x80\0\x01\0\x02\0\0\0\0";
    let question = b"\x06_imaps\x04_tcp\x07example\x03org\0\0\x21\0\x01";
    let good = b"\xc0\x0c\0\x21\0\x01\0\0\x0e\x10\0\x0a\0\x06\0\0\x03\xe2\x01a\xc0\x18";
    let label = [b'a'; 63];
    let long: Vec<u8> = core::iter::repeat_n([&[63][..], &label].concat(), 5).flatten().chain([0]).collect();
    let with_target = |port: u16, target: &[u8]| [&b"\0\x01\0\x02"[..], &port.to_be_bytes(), target].concat();
    for (data, reason) in [
        (with_target(0, b"\x01b\xc0\x18"), "imaps \"b.example.org\" 0: the port is 0"),
        (
            with_target(993, b"\x03192\x010\x012\x011\0"),
            "imaps \"192.0.2.1\" 993: the target is an address, not a name",
        ),
        (
            with_target(993, b"\x02\xfc\xff\0"),
            "imaps \"\\374\\377\" 993: the target is not the name of a host",
        ),
        (with_target(993, b"\x02\x1b[\0"), "imaps \"\\033\\[\" 993: the target is not the name of a host"),
        (with_target(993, b"\x02b-\0"), "imaps \"b-\" 993: the target is not the name of a host"),
        (
            with_target(0, b"\0"),
            "imaps \".\" 0: it says that there is no server, but there are other records",
        ),
        (with_target(993, &long), "imaps \"\" 0: the data is not that of an SRV record"),
        (with_target(993, b"\x7fb\0"), "imaps \"\" 0: the data is not that of an SRV record"),
        (with_target(993, b"\x01b\0\0"), "imaps \"\" 0: the data is not that of an SRV record"),
        (with_target(993, b"\x05b\0"), "imaps \"\" 0: the data is not that of an SRV record"),
        (b"\0\x01\0".to_vec(), "imaps \"\" 0: the data is not that of an SRV record"),
        (Vec::new(), "imaps \"\" 0: the data is not that of an SRV record"),
    ] {
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let bad = [&b"\xc0\x0c\0\x21\0\x01\xff\xff\xff\xff"[..], &length, &data].concat();
        for records in [[&bad[..], good].concat(), [good, &bad[..]].concat()] {
            let octets = [&header[..], question, &records].concat();
            let mut answers = Answers::new("example.org").unwrap();
            answers.add_response(Service::Imaps, &octets, Dnssec::Unsigned).expect(reason);
            assert_eq!(
                answers.endpoints().iter().map(Endpoint::to_string).collect::<Vec<_>>(),
                ["imaps a.example.org 994"]
            );
            assert_eq!(answers.unusable().iter().map(ToString::to_string).collect::<Vec<_>>(), [reason]);
        }
        // Alone: the service is answered for, and the reason is all there is.
        let octets = [&b"\x12\x34\x81\x80\0\x01\0\x01\0\0\0\0"[..], question, &bad].concat();
        let mut answers = Answers::new("example.org").unwrap();
        answers.add_response(Service::Imaps, &octets, Dnssec::Unsigned).expect(reason);
        let refused = data.ends_with(b"\0\0\0") && data.len() == 7;
        assert!(answers.is_answered(Service::Imaps) && answers.records().next().is_none(), "{reason}");
        assert_eq!(answers.not_offered().next().is_some(), refused, "{reason}");
        assert_eq!(answers.unusable().is_empty(), refused, "{reason}");
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
    assert_eq!(Error::from(P::Truncated).kind(), crate::ErrorKind::Peer);
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
