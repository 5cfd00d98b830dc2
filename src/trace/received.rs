//! The Received field (RFC 5321 §4.4), as a value that cannot be wrong.

use super::clause::{AdditionalClause, Commented, OtherClause};
use super::comment::Comment;
use super::date_time::DateTime;
use super::domain::ExtendedDomain;
use super::mailbox::ForAddress;
use super::protocol::WithProtocol;
use super::tls_clause::TlsClause;
use super::token::{Atom, Id};

/// A Received field: who gave the message to whom, how, and when.
///
/// It is read to the letter of the grammar by [`Received::parse`] and written by
/// [`Received::to_field`]; what is written is read as an equal value. What a program says of itself it
/// puts together from [`Received::new`]: each part is of its production, so that whatever comes in it
/// there is no other clause and no other line.
///
/// ```
/// use mailtls::trace::{DateTime, Domain, Received, TlsClause, Transmission};
/// use mailtls::tls::{facts::TlsFacts, registry::{CipherSuite, Version}};
/// let facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1302));
/// let date = DateTime::from_unix_seconds(1_795_703_664, 60).expect("a year with four digits");
/// let by: Domain = "mx.example.org".parse()?;
/// let received = Received::from_client("laptop.example.org", Some([192, 0, 2, 7].into()), None, by, date)
///     .with(Transmission { tls: true, authenticated: true, ..Transmission::ESMTP })
///     .id("4YxQ1k2Zz9".parse()?)
///     .for_address("<ann@example.org>".parse()?)
///     .tls(TlsClause::from(&facts));
/// assert_eq!(received.to_field(), "\
/// Received: from laptop.example.org ([192.0.2.7]) by mx.example.org\r\n\
/// \twith ESMTPSA id 4YxQ1k2Zz9 for <ann@example.org> tls TLS_AES_256_GCM_SHA384;\r\n\
/// \tThu, 26 Nov 2026 15:34:24 +0100\r\n");
/// assert_eq!(Received::parse(received.to_field().as_bytes()), Ok(received));
/// # Ok::<(), mailtls::trace::GrammarError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Received {
    pub(super) from: Commented<ExtendedDomain>,
    pub(super) by: Commented<ExtendedDomain>,
    pub(super) via: Option<Commented<Atom>>,
    pub(super) with: Option<Commented<WithProtocol>>,
    pub(super) id: Option<Commented<Id>>,
    pub(super) for_address: Option<Commented<ForAddress>>,
    pub(super) additional: Vec<Commented<AdditionalClause>>,
    pub(super) date: Commented<DateTime>,
}

impl Received {
    /// A field of what there must be: who gave the message, who took it, and when.
    pub fn new(from: impl Into<ExtendedDomain>, by: impl Into<ExtendedDomain>, date: DateTime) -> Self {
        Self {
            from: from.into().into(),
            by: by.into().into(),
            via: None,
            with: None,
            id: None,
            for_address: None,
            additional: Vec::new(),
            date: date.into(),
        }
    }

    /// `Link`: over what the message came, where that is no TCP.
    #[must_use]
    pub fn via(mut self, link: Atom) -> Self {
        self.via = Some(link.into());
        self
    }

    /// The protocol.
    #[must_use]
    pub fn with(mut self, protocol: impl Into<WithProtocol>) -> Self {
        self.with = Some(protocol.into().into());
        self
    }

    /// What the message is called here.
    #[must_use]
    pub fn id(mut self, id: Id) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Whom the message is for. With several recipients it is better left out: RFC 5321 §7.2.
    #[must_use]
    pub fn for_address(mut self, address: ForAddress) -> Self {
        self.for_address = Some(address.into());
        self
    }

    /// How TLS protected the hop, in the place of what has been said of that before.
    #[must_use]
    pub fn tls(mut self, clause: TlsClause) -> Self {
        self.additional.retain(|clause| !matches!(clause.value, AdditionalClause::Tls(_)));
        self.additional.push(AdditionalClause::Tls(clause).into());
        self
    }

    /// Another clause. There should be none that is not registered (RFC 5321 §4.4).
    #[must_use]
    pub fn clause(mut self, clause: OtherClause) -> Self {
        self.additional.push(AdditionalClause::Other(clause).into());
        self
    }

    /// A comment behind what stands behind `by` and has been said: the last of the clauses, in the
    /// order of the field.
    ///
    /// ```
    /// # use mailtls::trace::{Comment, DateTime, Domain, Received};
    /// # let date = DateTime::from_unix_seconds(0, 0).unwrap();
    /// let host: Domain = "example.org".parse()?;
    /// let received = Received::new(host.clone(), host, date).comment(Comment::quoting("Example 1.0"));
    /// let field = "Received: from example.org by example.org (Example 1.0);\r\n\tThu, 1 Jan 1970 00:00:00 +0000\r\n";
    /// assert_eq!(received.to_field(), field);
    /// # Ok::<(), mailtls::trace::GrammarError>(())
    /// ```
    #[must_use]
    pub fn comment(mut self, comment: Comment) -> Self {
        match self.comments_at_the_end() {
            Some(comments) => comments.push(comment),
            None => {
                self.by.comments.push(comment);
                settle(&mut self.by);
            }
        }
        self
    }

    fn comments_at_the_end(&mut self) -> Option<&mut Vec<Comment>> {
        let additional = self.additional.last_mut().map(|clause| &mut clause.comments);
        let for_address = self.for_address.as_mut().map(|clause| &mut clause.comments);
        let id = self.id.as_mut().map(|clause| &mut clause.comments);
        let with = self.with.as_mut().map(|clause| &mut clause.comments);
        let via = self.via.as_mut().map(|clause| &mut clause.comments);
        additional.or(for_address).or(id).or(with).or(via)
    }

    /// A comment behind `from`: what else is known of the other side.
    #[must_use]
    pub fn comment_on_from(mut self, comment: Comment) -> Self {
        self.from.comments.push(comment);
        settle(&mut self.from);
        self
    }
}

/// What the first comment behind a domain says may be `TCP-info`: the grammar cannot tell them apart.
/// It is taken for that.
pub(super) fn settle(host: &mut Commented<ExtendedDomain>) {
    if let ExtendedDomain::Domain(_, tcp_info @ None) = &mut host.value {
        let first = host.comments.first().and_then(|comment| comment.as_str().parse().ok());
        if first.is_some() {
            host.comments.remove(0);
            *tcp_info = first;
        }
    }
}

/// What has been read.
impl Received {
    /// Who gave the message: what it calls itself, and what TCP says of it.
    pub fn from(&self) -> &Commented<ExtendedDomain> {
        &self.from
    }

    /// Who took it.
    pub fn by(&self) -> &Commented<ExtendedDomain> {
        &self.by
    }

    /// `Link`.
    pub fn via_clause(&self) -> Option<&Commented<Atom>> {
        self.via.as_ref()
    }

    /// The protocol.
    pub fn with_clause(&self) -> Option<&Commented<WithProtocol>> {
        self.with.as_ref()
    }

    /// What the message was called there.
    pub fn id_clause(&self) -> Option<&Commented<Id>> {
        self.id.as_ref()
    }

    /// Whom it was for.
    pub fn for_clause(&self) -> Option<&Commented<ForAddress>> {
        self.for_address.as_ref()
    }

    /// The clauses behind those, in their order.
    pub fn additional_clauses(&self) -> &[Commented<AdditionalClause>] {
        &self.additional
    }

    /// How TLS protected the hop, where a clause says so. There is at most one.
    pub fn tls_clause(&self) -> Option<&TlsClause> {
        self.additional.iter().find_map(|clause| match &clause.value {
            AdditionalClause::Tls(tls) => Some(tls),
            AdditionalClause::Other(_) => None,
        })
    }

    /// When.
    pub fn date(&self) -> &Commented<DateTime> {
        &self.date
    }
}
