//! Faults that a test has programmed: which requests fail, how, and how often.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::rota::Rota;
use crate::http::transport::Fault;

/// How many may be programmed at once.
const PROGRAMS_MAX: usize = 100;

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The answer is the error of this code.
    Error(&'static str),
    /// The connection fails.
    Fault(Fault),
}

impl Outcome {
    /// Its word in `codigo`.
    pub fn codigo(self) -> &'static str {
        match self {
            Self::Error(code) => code,
            Self::Fault(Fault::Reset) => "reset",
            Self::Fault(Fault::Silence) => "silencio",
            Self::Fault(Fault::Cut(_)) => "corpo-cortado",
            Self::Fault(Fault::Dribble(_)) => "gotas",
        }
    }
}

/// What a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modo {
    /// An error in place of what was asked for.
    Resposta,
    /// What was asked for is done, and its answer is lost.
    Perdida,
    /// The connection.
    Conexao,
}

impl Modo {
    pub const ALL: [Self; 3] = [Self::Resposta, Self::Perdida, Self::Conexao];

    pub fn name(self) -> &'static str {
        match self {
            Self::Resposta => "resposta",
            Self::Perdida => "perdida",
            Self::Conexao => "conexao",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    pub modo: Modo,
    pub outcome: Outcome,
    /// How long the request waits first.
    pub delay: Duration,
}

impl Failure {
    /// Whether the server does what it was asked for.
    pub fn comes_after(self) -> bool {
        self.modo == Modo::Perdida || matches!(self.outcome, Outcome::Fault(Fault::Cut(_) | Fault::Dribble(_)))
    }
}

/// A fault for some of the next requests.
#[derive(Clone, Debug)]
pub struct Program {
    pub id: u64,
    pub rota: Option<Rota>,
    pub failure: Failure,
    /// How many requests pass before.
    pub skip: u32,
    /// How many fail then; at least one.
    pub left: u32,
}

#[derive(Default)]
pub struct Faults(Mutex<Programs>);

#[derive(Default)]
struct Programs {
    last_id: u64,
    list: Vec<Program>,
}

impl Faults {
    /// Adds `program` behind the others, under an id of its own. False where there are too many.
    pub fn add(&self, program: Program) -> bool {
        let mut programs = self.lock();
        if programs.list.len() == PROGRAMS_MAX {
            return false;
        }
        programs.last_id += 1;
        let id = programs.last_id;
        programs.list.push(Program { id, ..program });
        true
    }

    /// Those that are still to come, in their order.
    pub fn list(&self) -> Vec<Program> {
        self.lock().list.clone()
    }

    pub fn clear(&self) {
        self.lock().list.clear();
    }

    /// How this request is to fail, if it is. The first program that means it decides, and those behind it wait.
    pub fn take(&self, method: &str, path: &str) -> Option<Failure> {
        let list = &mut self.lock().list;
        let index = list.iter().position(|program| Rota::means(program.rota.as_ref(), method, path))?;
        let program = &mut list[index];
        if program.skip > 0 {
            program.skip -= 1;
            return None;
        }
        program.left -= 1;
        let failure = program.failure;
        if program.left == 0 {
            list.remove(index);
        }
        Some(failure)
    }

    fn lock(&self) -> MutexGuard<'_, Programs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(code: &'static str, rota: Option<&str>, skip: u32, left: u32) -> Program {
        let failure = Failure { modo: Modo::Resposta, outcome: Outcome::Error(code), delay: Duration::ZERO };
        Program { id: 0, rota: rota.map(|rota| Rota::parse(rota).unwrap()), failure, skip, left }
    }

    #[test]
    fn programs_run_one_after_the_other() {
        let faults = Faults::default();
        assert!(faults.add(program("a", Some("login"), 1, 2)) && faults.add(program("b", None, 1, 1)));
        let take = |path| faults.take("POST", path).map(|failure| failure.outcome.codigo());
        let login = "/api/usuario/login";
        assert_eq!([take(login), take(login), take(login)], [None, Some("a"), Some("a")]);
        assert_eq!([take("/"), take(login), take("/api/x"), take("/api/x")], [None, None, Some("b"), None]);
    }

    #[test]
    fn there_is_a_limit() {
        let faults = Faults::default();
        assert!((0..PROGRAMS_MAX).all(|_| faults.add(program("a", None, 0, 1))));
        assert!(!faults.add(program("a", None, 0, 1)));
        faults.clear();
        assert!(faults.add(program("a", None, 0, 1)) && faults.list()[0].id == PROGRAMS_MAX as u64 + 1);
    }
}
