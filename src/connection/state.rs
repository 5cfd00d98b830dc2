//! Which of the states of `docs/states` a connection is in.

use super::{Connection, Phase};
use crate::dialogue::states::State;
use crate::service::Role;

impl Connection {
    /// The state that the connection is in, as [`crate::dialogue::states`] lists them. It is for
    /// the log: what a host needs to know for its decisions is told by events.
    ///
    /// ```
    /// use mailtls::dialogue::states::State;
    /// use mailtls::tls::{facts::TlsFacts, registry::{CipherSuite, Version}};
    /// use mailtls::{Connection, ServerConfig, Service};
    ///
    /// let facts = TlsFacts::new(Version::TLS_1_3, CipherSuite(0x1301));
    /// let config = ServerConfig::builder().build()?;
    /// let mut connection = Connection::server_on_host_tls(&config, Service::Pop3s, facts, 0)?;
    /// connection.handle_input(b"USER tim\r\n", 0)?;
    /// assert_eq!(connection.state(), State::Tls("User"));
    /// # Ok::<(), mailtls::Error>(())
    /// ```
    pub fn state(&self) -> State {
        match &self.phase {
            Phase::Handshake => State::Handshake,
            Phase::Certificate(_) if self.role() == Role::Client => State::Judging,
            Phase::Certificate(_) => State::Mapping,
            Phase::Dialogue { machine, .. } => machine.state(),
            Phase::Open => State::HandedOff,
            Phase::Closing | Phase::Closed if self.error.is_none() => State::Closed,
            Phase::Closing | Phase::Closed => State::Failed,
        }
    }
}
