//! The arguments, and what to say of wrong ones.

use std::process::ExitCode;

use clap::Parser;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};

use super::error::USAGE;
use super::output::complain;
use crate::domain::text::excerpt;

/// The arguments of this process. Where they are wrong or ask for help, that is said, and the error is the exit code.
pub fn read<C: Parser>() -> Result<C, ExitCode> {
    C::try_parse().map_err(|mut error| {
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
    let context: Vec<_> = error.context().filter(|(kind, _)| *kind != ContextKind::Usage).map(tame).collect();
    for (kind, value) in context {
        error.insert(kind, value);
    }
}

const REPEATED_MAX: usize = 400;

/// `text` with nothing that steers a terminal, and no longer than is useful.
fn repeated(text: &str) -> String {
    excerpt(text, REPEATED_MAX).into_owned()
}

fn tame((kind, value): (ContextKind, &ContextValue)) -> (ContextKind, ContextValue) {
    let styled = |text: &StyledStr| StyledStr::from(repeated(&text.to_string()));
    let tame = match value {
        ContextValue::String(text) => ContextValue::String(repeated(text)),
        ContextValue::Strings(texts) => ContextValue::Strings(texts.iter().map(|text| repeated(text)).collect()),
        ContextValue::StyledStr(text) => ContextValue::StyledStr(styled(text)),
        ContextValue::StyledStrs(texts) => ContextValue::StyledStrs(texts.iter().map(styled).collect()),
        other => other.clone(),
    };
    (kind, tame)
}
