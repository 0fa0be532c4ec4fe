//! Who is believed about the status before.

/// Who says in which status the atendimento was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// It tells the status, or what it refuses shows that the caller is right.
    Server,
    Caller,
}

impl Witness {
    /// As reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Caller => "--status-atual",
        }
    }
}
