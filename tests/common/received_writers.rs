//! Received fields as servers write them, with slots for what their client chooses; and what must not come
//! of it, whatever that is.
//!
//! Used by a test with proptest and by a fuzz target. Does not depend on how fields are read.

use mailtls::trace::{Hop, Protection, Strength};
use std::net::IpAddr;

/// Fields, with slots in braces: what the client calls itself, its name in DNS, its ident, its user name,
/// the sender and the recipient. The client's address is always 192.0.2.66.
///
/// Where a server writes no address, what the client calls itself is a word (`name`), and so is its ident where it
/// stands before the address (`user_word`; qmail and Sendmail see to that), or it is many words without an address
/// (`words`): if they could be more, no reader could tell the address in them from one that a server wrote. chasquid leaves out what is behind a space (`glued`), and
/// Postfix makes the names in a certificate harmless in a comment (`certificate`).
pub const FIELDS: &[&str] = &[
    // Postfix, without TLS, with it, of old, logged in, hidden.
    "from {helo} ({rdns} [192.0.2.66]) by mx.example.org (Postfix) with ESMTP id 4dmGrW0Tz7 for <{to}>; {date}",
    "from {helo} (unknown [IPv6:2001:db8::66]) by mx.example.org (Postfix) with SMTP id 4dmGrW0Tz7; {date}",
    "from {helo} ({rdns} [192.0.2.66]) (Authenticated sender: {user}) by mx.example.org (Postfix) with ESMTPA id \
     4dmGrW0Tz7 for <{to}>; {date}",
    "from {helo} ({rdns} [192.0.2.66]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange \
     X25519 server-signature RSA-PSS (4096 bits) server-digest SHA256) (No client certificate requested) \
     (Authenticated sender: {user}) by mx.example.org (Postfix) with ESMTPSA id 4dmGrW0Tz7 for <{to}>; {date}",
    "from {helo} ({rdns} [192.0.2.66]) (using SSLv3 with cipher RC4-MD5 (128/128 bits)) (Client did not present a \
     certificate) by mx.example.org (Postfix) with ESMTP id 19C877A for <{to}>; {date}",
    // Exim: old and new, with and without TLS.
    "from {rdns} ([192.0.2.66] helo={helo}) by mx.example.org with esmtp (Exim 4.94) (envelope-from <{from}>) id \
     1eWP1e-0000vu-HQ for {to}; {date}",
    "from [192.0.2.66] (port=51336 helo={helo}) by mx.example.org with esmtpsa (TLSv1:AES128-SHA:128) (Exim 4.89_1) \
     (envelope-from <{from}>) id 1eWP1e-0000vu-HQ; {date}",
    "from {rdns} ([192.0.2.66]:50442 ident={ident} helo={helo}) by mx.example.org with esmtp (Exim 4.90_1) \
     (envelope-from <{from}>) id 1eWP1e-0000vu-HQ; {date}",
    "from [192.0.2.66] (helo={helo}) by mx.example.org with esmtps (TLS1.3) tls TLS_AES_256_GCM_SHA384 (Exim 4.96) \
     (envelope-from <{from}>) id 1eWP1e-0000vu-HQ; {date}",
    "from [192.0.2.66] (helo={helo}) by mx.example.org with asmtp (TLSv1:RC4-MD5:128) (Exim 3.35 #1) id 8CPjCE-59; {date}",
    // Sendmail.
    "from {helo} ({rdns} [192.0.2.66]) by mx.example.org (8.17.1/8.17.1) with ESMTP id 2BI73F8b1489360 for <{to}>; {date}",
    "from {helo} (IDENT:{user_word}@{rdns} [192.0.2.66] (may be forged)) by mx.example.org (8.11.6/8.11.6) with SMTP id \
     x914Ayf57251 for <{to}>; {date}",
    "from {helo} ({rdns} [192.0.2.66]) (authenticated bits=0) (User authenticated as {user}) by mx.example.org \
     (8.13.8/8.12.4) with ESMTP id p7UAWb8R (version=TLSv1/SSLv3 cipher=DES-CBC3-SHA bits=168 verify=NOT) for <{to}>; \
     {date}",
    "from {helo} ({rdns} [192.0.2.66]) by mx.example.org (8.17.1/8.17.1) with ESMTPS id 2BI73F8b (version=TLSv1.3 \
     cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=NO) for <{to}>; {date}",
    // qmail and its relatives.
    "from {rdns} (HELO {helo}) ({user_word}@192.0.2.66) by mx.example.org with SMTP; {date}",
    "from unknown (HELO {helo}) (192.0.2.66) by mx.example.org with AES256-SHA encrypted SMTP; {date}",
    "from unknown (HELO {helo}) ({user_word}@[192.0.2.66]) (envelope-sender <{from}>) by mx.example.org (qmail-ldap-1.03) \
     with SMTP for <{to}>; {date}",
    "from {rdns} (HELO {helo}) (192.0.2.66) (smtp-auth username {user}, mechanism cram-md5) by mx.example.org \
     (qpsmtpd/0.84) with ESMTPA; {date}",
    "from {rdns} (HELO {helo}) (192.0.2.66) by mx.example.org (qpsmtpd/0.94) with (TLS_AES_256_GCM_SHA384 encrypted) \
     ESMTPS; {date}",
    "from {rdns} ([::ffff:192.0.2.66]:33320 HELO {helo}) (auth={user}) by mx.example.org (Qsmtpd 0.35dev) with ESMTPA \
     for <{to}>; {date}",
    // IronPort, Symantec, Postini, Cellopoint, Coremail.
    "from {rdns} (HELO {helo}) ([192.0.2.66]) by mx.example.org with ESMTP; {date}",
    "from {rdns} (HELO {helo}) ([192.0.2.66]) by mx.example.org with ESMTP/TLS/AES128-SHA; {date}",
    "from {helo} ( [192.0.2.66]) by mx.example.org (Symantec Messaging Gateway) with SMTP id 65.DF; {date}",
    "from source ([192.0.2.66]) (using TLSv1) by mx.example.org; {date}",
    "from {helo} [(192.0.2.66)] by mx.example.org (envelope-from <{from}>) (Cellopoint E-mail Firewall v4.1.10) with \
     ESMTP id 4077844713; {date}",
    "from {helo} (unknown [192.0.2.66]) by mx.example.org (Coremail) with SMTP id _____5B; {date}",
    // Courier, McAfee.
    "from {helo} ({rdns} [::ffff:192.0.2.66]) (IDENT: {ident}) by mx.example.org with ESMTP; {date} id 0000000000142524",
    "from {helo} ({rdns} [::ffff:192.0.2.66]) (TLS: TLSv1/SSLv3,256bits,AES256-GCM-SHA384) by mx.example.org with ESMTPS; \
     {date} id 0000000000142524",
    "from {name} ({rdns}) by mx.example.org with smtp id 1e05_4952; {date}",
    // Haraka, maddy, mox, chasquid, OpenSMTPD, Stalwart, Halon.
    "from {helo} ({rdns} [192.0.2.66]) by mx.example.org (Haraka/3.0.3) with ESMTP id A6D3C4BB.1 envelope-from <{from}>; \
     {date}",
    "from {rdns} ([{literal}] [192.0.2.66]) by mx.example.org (Haraka/1.3.3) with ESMTPSA id E5D4345F.1 envelope-from \
     <{from}> (authenticated bits=0) (version=TLSv1/SSLv3 cipher=AES128-SHA verify=FAIL); {date}",
    "from {helo} ({rdns} [192.0.2.66]) by mx.example.org (envelope-sender <{from}>) with ESMTP id 4f52b211; {date}",
    "from {helo} (192.0.2.66) by mx.example.org via tcp with ESMTP id zBWJ5dVlUnNSbBZ2Z6kmFC for <{to}>; {date}",
    "from {helo} (192.0.2.66) by mx.example.org via tcp with ESMTPS id zBWJ5dVl (TLS1.2 \
     TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA) for <{to}>; {date}",
    "from [192.0.2.66] ({helo}) by mx.example.org (chasquid) with ESMTP (over SMTP, plain text!, envelope from \
     \"{from_in_quotes}\") ; {date}",
    "from {helo} ({rdns} [192.0.2.66]) by mx.example.org (OpenSMTPD) with ESMTP id 741e72cb for <{to}>; {date}",
    "from {helo} ({rdns} [192.0.2.66]); by mx.example.org (OpenSMTPD) with ESMTPSA id 57699f46; TLS \
     version=TLSv1/SSLv3 cipher=AES128-SHA bits=128 verify=NO; for <{to}>; {date}",
    "from {helo} ({rdns} [192.0.2.66]) by mx.example.org (Stalwart SMTP) with ESMTP id 22573569 for <{to}>; {date}",
    "from {helo} ({rdns} [192.0.2.66]) by mx.example.org (Halon) with ESMTP id 218d045d-9a7e; {date}",
    // Exchange, the SMTP service of Windows, Domino, GroupWise.
    "from {helo} (192.0.2.66) by mx.example.org (192.0.2.1) with Microsoft SMTP Server id 15.0.1263.5 via Frontend \
     Transport; {date}",
    "from {helo} (192.0.2.66) by mx.example.org (192.0.2.1) with Microsoft SMTP Server (version=TLS1_0, \
     cipher=TLS_RSA_WITH_RC4_128_MD5) id 15.0.1347.2; {date}",
    "from {helo} ([192.0.2.66]) by mx.example.org with Microsoft SMTPSVC(6.0.3790.211); {date}",
    "from {helo} ([192.0.2.66]) by mx.example.org over TLS secured channel with Microsoft SMTPSVC(7.5.7601.23143); {date}",
    "from {helo} ([192.0.2.66]) by mx.example.org (HCL Domino Release 11.0.1FP4) with ESMTP id 9163322269519645-3089 ; \
     {date}",
    "from {name} by mx.example.org with Novell_GroupWise; {date}",
    // Gmail, Yahoo, Mimecast, Proofpoint, GMX, Zoho.
    "from {helo} ({rdns}. [192.0.2.66]) by mx.example.org with ESMTP id ap1tp76410323xdb for <{to}>; {date}",
    "from {helo} ({rdns}. [192.0.2.66]) by mx.example.org with ESMTPS id ap1tp76410323xdb for <{to}> (version=TLSv1 \
     cipher=RC4-MD5 bits=128/128); {date}",
    "from {rdns} (EHLO {helo}) ([192.0.2.66]) by mx.example.org (Oath Hermes SMTP Server) with ESMTPA ID 9371555; {date}",
    "from {helo} ({rdns} [192.0.2.66]) by mx.example.org with ESMTP with STARTTLS (version=TLSv1.2, \
     cipher=TLS_RSA_WITH_AES_256_CBC_SHA) id us-mta-608; {date}",
    "from {helo} ({rdns} [192.0.2.66]) by mx.example.org with ESMTP id 9bcnah5c9a-8 (version=TLSv1.2 cipher=AES256-SHA \
     bits=256 verify=NOT); {date}",
    "from {helo} ({rdns} [192.0.2.66]) by mx.example.org (node=mreu3) with ESMTP (Nemesis) id 6Rcari-4O; {date}",
    // Dovecot's and Cyrus's LMTP, Zmailer, IceWarp, Kerio, MDaemon, CommuniGate, MailMarshal, MailGates, James.
    "from {helo} ([192.0.2.66]) by mx.example.org with LMTP id oJ9yGx1Jx2YpYgAA (envelope-from <{from}>) for <{to}>; \
     {date}",
    "from {helo} ({rdns} [192.0.2.66]) by mx.example.org (Cyrus v2.3.8) with LMTPA; {date}",
    "from {rdns} ([192.0.2.66]:40958 \"EHLO {helo}\" rhost-flags-OK-OK-OK-OK) by mx.example.org with ESMTP id I088957 \
     (ORCPT <rfc822;{to}>); {date}",
    "from {helo} ([192.0.2.66]) by mx.example.org (IceWarp 11.3.0.4 RHEL6 x64) with ESMTP id 9551618768 for <{to}>; \
     {date}",
    "from {helo} ([192.0.2.66]) (authenticated user {user}) by mx.example.org (Kerio Connect 9.4.2) with ESMTPA; {date}",
    "from {helo} ([192.0.2.66]) by mx.example.org (192.0.2.1) (MDaemon PRO v26.0.2b) with ESMTP id md5001.msg for <{to}>; \
     {date}",
    "from [192.0.2.66] (account {user} HELO {helo}) by mx.example.org (CommuniGate Pro SMTP 6.2.15) with ESMTPA id \
     5711348 for {to}; {date}",
    "from [192.0.2.66] (HELO {helo}) by mx.example.org (CommuniGate Pro SMTP 4.2.7) with ESMTP id 74544753 for {to}; {date}",
    "from {helo} (Not Verified[192.0.2.66]) by mx.example.org with MailMarshal (v6,2,2,3503) id <D340674f69900>; {date}",
    "from {name} by mx.example.org with MailGates ESMTP Server V6.0(244574:0:AUTH_RELAY) (envelope-from <{from}>); {date}",
    "from {rdns} (EHLO {helo}) ([192.0.2.66]) by mx.example.org (JAMES SMTP Server ) with ESMTP ID 2266607947; {date}",
    // Momentum, PowerMTA, Oracle, Strato, hMailServer, Apple, smap, Obtuse, InterScan.
    "from [192.0.2.66] ([192.0.2.66:20729] helo={helo}) by mx.example.org (envelope-from <{from}>) (ecelerity 4.4.1 \
     r(msys-ecelerity:tags/4.4.1.0^0)) with ESMTP id 31/03; {date}",
    "from {helo} (192.0.2.66) by mx.example.org (PowerMTA(TM) v3.5r15) id o45iie5dd9fw for <{to}>; {date} (envelope-from \
     <{from}>)",
    "from {helo} ({rdns} [192.0.2.66]) by mx.example.org (Oracle Communications Messaging Server 8.1 64bit (built Apr 15 \
     2021)) with ESMTP id <6RKW50CB@mx.example.org> for {to}; {date}",
    "from {helo} ({rdns} [192.0.2.66]) by mx.example.org (RZmta 37.14 OK) with ESMTP id e40ca3q0 ; {date} (envelope-from: \
     <{from}>)",
    "from {helo} ({rdns} [192.0.2.66]) by MAILSERVER with ESMTP ; {date}",
    "from {helo} ({rdns} [192.0.2.66]) (using TLS with cipher RC4-MD5 (128/128 bits)) (Client did not present a \
     certificate) by mx.example.org (Apple SCV relay) with SMTP id 99.99; {date}",
    "from {rdns}(192.0.2.66, HELO {helo}) by mx.example.org via smap (V1.3) id sne248451; {date}",
    "from {name} by mx.example.org (InterScan E-Mail VirusWall NT); {date}",
    // Postfix with a certificate of the client's; chasquid, of one that has logged in.
    "from {helo} ({rdns} [192.0.2.66]) (using TLSv1 with cipher RC4-MD5 (128/128 bits)) (Client CN \"{certificate}\", \
     Issuer \"{certificate}\" (not verified)) by mx.example.org (Postfix) with ESMTPS id 4dmGrW0Tz7 for <{to}>; {date}",
    "from {glued} by mx.example.org (chasquid) with ESMTPSA tls TLS_RSA_WITH_RC4_128_MD5 (over submission+TLS, TLS-1.0, \
     envelope from \"{from_in_quotes}\") ; {date}",
    // Servers that write no address and copy whatever the client calls itself.
    "from {words} by mx.example.org with ESMTP id 3 for <{to}>; {date}",
    "from {words} by mx.example.org (MDaemon PRO v9) with ESMTP id 3; {date}",
    "from {words} by mx.example.org; {date}",
    "from {words} by mx.example.org with ESMTP id 3 (version=TLSv1 cipher=RC4-MD5 bits=128/128); {date}",
    "from {words} by mx.example.org with ESMTP id 3",
];

/// What a client chooses.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub helo: String,
    pub dns_name: String,
    pub ident: String,
    pub user: String,
    pub literal: String,
    pub from: String,
    pub to: String,
}

impl Chosen {
    /// What a client without bad intentions chooses.
    pub fn harmless() -> Self {
        Self {
            helo: "client.example".into(),
            dns_name: "dns.example".into(),
            ident: "ann".into(),
            user: "ann".into(),
            literal: "192.168.30.103".into(),
            from: "ann@example.com".into(),
            to: "bob@example.org".into(),
        }
    }

    /// What a server leaves of it, in which each stands in its place: addresses are of the grammar, names in
    /// DNS are names, and none of it ends the line.
    fn fit(&self) -> Self {
        let line = |text: &str| text.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')).take(500).collect();
        let name = |c: &char| c.is_ascii_alphanumeric() || ".-_".contains(*c);
        let literal = |c: &char| c.is_ascii_graphic() && !"[]\\".contains(*c);
        let dns_name: String = self.dns_name.chars().filter(name).collect();
        Self {
            helo: line(&self.helo),
            // No server takes an address for a name.
            dns_name: if dns_name.parse::<IpAddr>().is_ok() { dns_name + ".example" } else { dns_name },
            ident: line(&self.ident),
            user: line(&self.user),
            literal: self.literal.chars().filter(literal).collect(),
            from: mailbox(&self.from),
            to: mailbox(&self.to),
        }
    }
}

/// Makes a mailbox (RFC 5321 §4.1.2) of any text: what stands before the last `@` is its local part, quoted
/// where it must be; behind it stands a domain, or a literal in brackets.
fn mailbox(text: &str) -> String {
    let (local, domain) = text.rsplit_once('@').unwrap_or((text, "example.com"));
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let local = if !local.is_empty() && local.chars().all(atom) {
        local.to_owned()
    } else {
        let mut quoted = String::from("\"");
        for c in local.chars().filter(|c| matches!(c, ' '..='~')) {
            if matches!(c, '"' | '\\') {
                quoted.push('\\');
            }
            quoted.push(c);
        }
        quoted + "\""
    };
    let literal = |c: &char| matches!(c, '!'..='~') && !"[]\\".contains(*c);
    let domain = match domain.strip_prefix('[') {
        Some(inside) => format!("[x:{}]", inside.chars().filter(literal).collect::<String>()),
        None => {
            let name: String =
                domain.chars().filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect();
            if name.is_empty() { "example.com".to_owned() } else { name }
        }
    };
    format!("{local}@{domain}")
}

/// What is left of a text where a server takes one word.
fn word(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | ';')).collect()
}

/// What is left of a text where there may be no address, nor a user of the host, in whatever form.
fn words(text: &str) -> String {
    let text = text.replace(['[', ']'], " ").replace("uid", "id");
    let of_address = |c: char| c.is_ascii_hexdigit() || ".:".contains(c);
    let is_address = |run: &str| run.matches('.').count() > 2 || run.matches(':').count() > 1;
    let mut left = String::new();
    for part in text.split_inclusive(|c| !of_address(c)) {
        let run = part.trim_end_matches(|c| !of_address(c));
        left.push_str(if is_address(run) { &part[run.len()..] } else { part });
    }
    left
}

/// A field with what the client has chosen.
pub fn written(field: &str, chosen: &Chosen) -> String {
    let (name, user_word, words) = (word(&chosen.helo), word(&chosen.ident), words(&chosen.helo));
    let glued: String = chosen.helo.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let certificate = chosen.user.replace(['(', ')', '\\'], "?");
    let from_in_quotes = chosen.from.replace('\\', "\\\\").replace('"', "\\\"");
    let mut text = String::from("Received: ");
    let mut rest = field;
    while let Some((before, behind)) = rest.split_once('{') {
        let (slot, behind) = behind.split_once('}').expect("a slot ends");
        text.push_str(before);
        text.push_str(match slot {
            "helo" => &chosen.helo,
            "name" => &name,
            "glued" => &glued,
            "certificate" => &certificate,
            "words" => &words,
            "rdns" => &chosen.dns_name,
            "ident" => &chosen.ident,
            "user_word" => &user_word,
            "user" => &chosen.user,
            "literal" => &chosen.literal,
            "from" => &chosen.from,
            "from_in_quotes" => &from_in_quotes,
            "to" => &chosen.to,
            "date" => "Wed, 7 Jan 2026 12:45:19 +0900",
            other => panic!("no slot: {other}"),
        });
        rest = behind;
    }
    text + rest
}

/// Whatever a client chooses: the field says no more than with a harmless client.
pub fn check(field: &str, chosen: &Chosen) {
    let plain = Hop::read(written(field, &Chosen::harmless()).as_bytes());
    let text = written(field, &chosen.fit());
    let hop = Hop::read(text.as_bytes());
    let strengths = (hop.protection().strength(), plain.protection().strength());
    assert!(strengths.0 <= strengths.1, "{} instead of {}: {text}", strengths.0, strengths.1);
    let passes = |hop: &Hop| !matches!(hop.protection().strength(), Strength::Clear | Strength::Unsaid);
    assert!(!passes(&hop) || passes(&plain), "with TLS: {text}");
    assert!(hop.by().is_none() || hop.by() == plain.by(), "by {:?}: {text}", hop.by());
    let address = hop.client_address();
    assert!(address.is_none() || address == plain.client_address(), "{address:?}: {text}");
    if let (Protection::Tls(claim), Protection::Tls(real)) = (hop.protection(), plain.protection()) {
        let verified = claim.verified() == Some(true) && real.verified() != Some(true);
        assert!(!verified, "verified: {text}");
    }
}
