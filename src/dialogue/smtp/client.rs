pub(crate) struct Client;
