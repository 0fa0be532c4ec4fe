//! Why nothing was changed.

use std::fmt;

use crate::auth::password::PasswordError;
use crate::service::provisioning::ProvisioningError;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("nothing was changed:\n{0}")]
    Faults(#[from] Faults),
    #[error("nothing was changed, because somebody else has changed something meanwhile; look at the changes again")]
    Overtaken,
    #[error(transparent)]
    Provisioning(#[from] ProvisioningError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(super) type Result<T, E = StateError> = std::result::Result<T, E>;

/// Something that is wrong with a file, and in which line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// None for what the file lacks.
    pub line: Option<usize>,
    pub text: String,
}

impl Fault {
    pub(super) fn at(line: Option<usize>, text: impl fmt::Display) -> Self {
        Self { line, text: text.to_string() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// How many faults are told.
pub(super) const TOLD_MAX: usize = 100;

/// Everything that is wrong, one fault a line, in the order of the file.
#[derive(Debug, thiserror::Error)]
#[error("{}", told(.0))]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Fails with `faults`, if there are any.
    pub(super) fn none_of(mut faults: Vec<Fault>) -> Result<(), Self> {
        faults.sort();
        if faults.is_empty() { Ok(()) } else { Err(Self(faults)) }
    }
}

fn told(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().take(TOLD_MAX).map(Fault::to_string).collect();
    let more = match faults.len().saturating_sub(TOLD_MAX) {
        0 => String::new(),
        more => format!("\nand {more} more"),
    };
    lines.join("\n") + &more
}
