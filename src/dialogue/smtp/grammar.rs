#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {}
