//! The arguments, and what to say of wrong ones.

use std::process::ExitCode;

use clap::Parser;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};

use super::output::complain;
use super::{Cli, USAGE};
use crate::printable::printable;

/// The command line of this process. Where it is wrong or asks for help, that is said, and the error is the
/// exit code.
pub fn read() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|mut error| {
        if error.use_stderr() {
            make_printable(&mut error);
            complain(error.to_string().trim_end());
            ExitCode::from(USAGE)
        } else {
            // Nobody may be there to read it.
            _ = error.print();
            ExitCode::SUCCESS
        }
    })
}

/// clap repeats arguments as they are.
fn make_printable(error: &mut clap::Error) {
    // The usage has lines of its own, and no argument in it.
    let repeated: Vec<_> = error.context().filter(|(kind, _)| *kind != ContextKind::Usage).map(tame).collect();
    for (kind, value) in repeated {
        error.insert(kind, value);
    }
}

fn tame((kind, value): (ContextKind, &ContextValue)) -> (ContextKind, ContextValue) {
    let styled = |text: &StyledStr| StyledStr::from(printable(&text.to_string()).into_owned());
    let tame = match value {
        ContextValue::String(text) => ContextValue::String(printable(text).into_owned()),
        ContextValue::Strings(texts) => {
            ContextValue::Strings(texts.iter().map(|text| printable(text).into_owned()).collect())
        }
        ContextValue::StyledStr(text) => ContextValue::StyledStr(styled(text)),
        ContextValue::StyledStrs(texts) => ContextValue::StyledStrs(texts.iter().map(styled).collect()),
        other => other.clone(),
    };
    (kind, tame)
}
