//! stub
#[derive(Clone, Debug)]
pub(crate) struct TlsaRecords;
