//! Both roles before TLS: against each other, and in any chunking.

use super::*;
use crate::dialogue::StartTlsUse;
use crate::error::ErrorCode;
use crate::tls::policy::Confidential;

const CLEAR: Protection = Protection::Clear { starttls: true };

/// A client whose host, should it be asked, tries to authenticate and logs out.
fn run_client(starttls: StartTlsUse, chunks: &[&[u8]]) -> Transcript {
    let settings = ClientSettings { starttls, ..ClientSettings::default() };
    let attempts = MECHANISMS.map(|m| Credentials::new(m, "tim", "pw".into())).into();
    let client = Client::new(Arc::new(settings), CLEAR);
    drive(client, &[chunks, &[b""]].concat(), Offered(Attempts(attempts, true)))
}

fn run_server(starttls: bool, chunks: &[&[u8]]) -> Transcript {
    drive(server(Protection::Clear { starttls }), &[chunks, &[b""]].concat(), Decisions(vec![]))
}

/// Lets both talk in clear until neither has more to say; what each did. As many chunks reach an
/// end as the other has spoken times: each time, it is driven from the beginning.
fn talk(starttls: bool, starttls_use: StartTlsUse) -> (Transcript, Transcript) {
    let (mut to_client, mut to_server): (Vec<String>, Vec<String>) = (vec![], vec![]);
    let bytes = |said: &[String]| said.iter().map(|s| s.as_bytes().to_vec()).collect::<Vec<_>>();
    let news = |all: &str, said: &[String]| all[said.concat().len()..].to_owned();
    loop {
        let heard = bytes(&to_server);
        let server = run_server(starttls, &heard.iter().map(Vec::as_slice).collect::<Vec<_>>());
        to_client.push(news(&server.output, &to_client));
        let heard = bytes(&to_client);
        let client = run_client(starttls_use, &heard.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let more = news(&client.output, &to_server);
        if more.is_empty() {
            return (server, client);
        }
        to_server.push(more);
    }
}

#[test]
fn client_and_server_get_to_tls_and_on_inside() {
    for starttls_use in [StartTlsUse::Required, StartTlsUse::Opportunistic] {
        let (server, client) = talk(true, starttls_use);
        assert_eq!(
            server.output,
            "+OK ready\r\n+OK capability list follows\r\nSTLS\r\nRESP-CODES\r\n.\r\n+OK begin TLS\r\n"
        );
        assert_eq!(client.output, "CAPA\r\nSTLS\r\n");
        assert!(server.events.is_empty() && client.events.is_empty());
        assert_eq!((server.ending, client.ending), (Ending::StartsTls(vec![]), Ending::StartsTls(vec![])));
    }
    let inside = Protection::Confidential { proof: Confidential::for_test(), greeting: false };
    for mechanism in MECHANISMS {
        let tim = Credentials::new(mechanism, "tim", "tanstaaftanstaaf".into());
        assert_eq!(converse_on(inside, vec![tim.clone()], vec![Decision::Accept]), (vec![tim], 0));
    }
}

#[test]
fn client_and_server_without_tls() {
    let (server, client) = talk(false, StartTlsUse::Required);
    assert_eq!((client.output.as_str(), client.events.len()), ("CAPA\r\n", 0));
    let fault = Fault::new(ErrorCode::StartTlsRefused, "the server does not offer STLS");
    assert_eq!((server.ending, client.ending), (Ending::WaitsForPeer, Ending::Failed(fault)));

    let (server, client) = talk(false, StartTlsUse::Opportunistic);
    assert_eq!(client.output, "CAPA\r\nQUIT\r\n");
    assert_eq!(client.events, ["NotConfidential(\"the server does not offer STLS\")"]);
    assert_eq!((server.ending, client.ending), (Ending::Ended, Ending::Ended));
}

/// The same in both chunkings, with one exception, which cannot be otherwise: a machine that has
/// agreed on TLS is gone. What comes later in clear meets the TLS handshake, and is no TLS.
fn same(whole: &Transcript, split: &Transcript) -> Result<(), TestCaseError> {
    match (&whole.ending, &split.ending) {
        (Ending::Failed(fault), Ending::StartsTls(rest)) => {
            prop_assert_eq!(fault.code, ErrorCode::DataBeforeTls);
            prop_assert!(!rest.is_empty());
            prop_assert_eq!(&whole.events, &split.events);
        }
        _ => prop_assert_eq!(whole, split),
    }
    Ok(())
}

const CLEAR_REPLIES: &[&str] = &[
    "+OK\r\n",
    "+OK hi <1.2@x>\r\n",
    "-ERR no\r\n",
    "STLS\r\n",
    "USER\r\n",
    "SASL PLAIN\r\n",
    ".\r\n",
    "+OK\r\n+OK\r\nSTLS\r\n.\r\n",
    "+OK\r\n+OK\r\n.\r\n",
    "+OK\r\n-ERR\r\n",
    "+",
    "\r",
    "\n",
];

proptest! {
    #[test]
    fn anything_to_a_server(input in flavoured(COMMANDS), sizes in sizes(), starttls: bool) {
        let whole = run_server(starttls, &[&input]);
        prop_assert!(whole.events.is_empty(), "{:?}", whole);
        prop_assert!(!matches!(&whole.ending, Ending::HandedOff(_) | Ending::WaitsForHost));
        same(&whole, &run_server(starttls, &split(&input, &[1])))?;
        same(&whole, &run_server(starttls, &split(&input, &sizes)))?;
    }

    #[test]
    fn anything_to_a_client(input in flavoured(CLEAR_REPLIES), sizes in sizes(), required: bool) {
        let starttls = if required { StartTlsUse::Required } else { StartTlsUse::Opportunistic };
        let whole = run_client(starttls, &[&input]);
        prop_assert!(whole.events.iter().all(|event| event.starts_with("NotConfidential")), "{:?}", whole);
        prop_assert!(!required || whole.events.is_empty());
        prop_assert!(!whole.output.contains("AUTH") && !whole.output.contains("USER"));
        same(&whole, &run_client(starttls, &split(&input, &[1])))?;
        same(&whole, &run_client(starttls, &split(&input, &sizes)))?;
    }
}
