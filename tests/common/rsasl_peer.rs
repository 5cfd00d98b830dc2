//! The crate rsasl as the other side of SCRAM, with a stored secret on its server.
#![allow(dead_code)] // The test and the benchmark use a part each.

use mailtls::ScramSecret;
use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::mechanisms::scram::properties::ScramStoredPassword;
use rsasl::prelude::{
    Mechname, SASLClient, SASLConfig, SASLServer, Session, SessionError, State, Validation,
};
use rsasl::property::{AuthId, AuthzId};
use rsasl::validate::{Validate, ValidationError};
use std::sync::Arc;

/// Who has authenticated, and whom to act as.
pub struct Who;

impl Validation for Who {
    type Value = (String, Option<String>);
}

struct Stored {
    user: &'static str,
    secret: ScramSecret,
}

impl SessionCallback for Stored {
    fn callback(
        &self,
        _session: &SessionData,
        context: &Context<'_>,
        request: &mut Request<'_>,
    ) -> Result<(), SessionError> {
        if context.get_ref::<AuthId>() == Some(self.user) {
            let Self { secret, .. } = self;
            request.satisfy::<ScramStoredPassword<'_>>(&ScramStoredPassword::new(
                secret.iterations(),
                secret.salt(),
                secret.stored_key(),
                secret.server_key(),
            ))?;
        }
        Ok(())
    }

    fn validate(
        &self,
        _session: &SessionData,
        context: &Context<'_>,
        validate: &mut Validate<'_>,
    ) -> Result<(), ValidationError> {
        let owned = |name: &str| name.to_owned();
        let (user, other) = (context.get_ref::<AuthId>(), context.get_ref::<AuthzId>());
        validate.with::<Who, _>(|| Ok((user.map(owned).unwrap_or_default(), other.map(owned))))?;
        Ok(())
    }
}

/// What a server needs that knows one user.
pub fn server_config(user: &'static str, secret: ScramSecret) -> Arc<SASLConfig> {
    SASLConfig::builder().with_defaults().with_callback(Stored { user, secret }).expect("a configuration")
}

/// What a client needs.
pub fn client_config(user: &str, other: Option<&str>, password: &str) -> Arc<SASLConfig> {
    SASLConfig::with_credentials(other.map(Into::into), user.into(), password.into())
        .expect("a configuration")
}

pub fn server(config: &Arc<SASLConfig>, mechanism: &str) -> Session<Who> {
    let name = Mechname::parse(mechanism.as_bytes()).expect("a name");
    SASLServer::<Who>::new(Arc::clone(config)).start_suggested(name).expect("it has the mechanism")
}

pub fn client(config: &Arc<SASLConfig>, mechanism: &str) -> Session {
    let name = Mechname::parse(mechanism.as_bytes()).expect("a name");
    SASLClient::new(Arc::clone(config)).start_suggested(&[name]).expect("it has the mechanism")
}

/// A step of either side: what it says, and whether it has more to hear.
pub fn step<V: Validation>(
    session: &mut Session<V>,
    heard: Option<&[u8]>,
) -> Result<(Vec<u8>, bool), SessionError> {
    let mut said = Vec::new();
    let state = session.step(heard, &mut said)?;
    Ok((said, matches!(state, State::Running)))
}
