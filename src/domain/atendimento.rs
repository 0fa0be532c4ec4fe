//! The status change: what is asked, what is known, and what follows from both.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::rules::{Rules, SameStatus, UnknownMotivo, UnneededMotivo};
use super::text::NameKey;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    Aberto,
    EmAtendimento,
    Cancelado,
    Improcedente,
    Finalizado,
}

impl Status {
    /// The five, in the vendor page's order.
    pub const ALL: [Status; 5] =
        [Status::Aberto, Status::EmAtendimento, Status::Cancelado, Status::Improcedente, Status::Finalizado];

    pub fn nome(self) -> &'static str {
        match self {
            Status::Aberto => "Aberto",
            Status::EmAtendimento => "Em atendimento",
            Status::Cancelado => "Cancelado",
            Status::Improcedente => "Improcedente",
            Status::Finalizado => "Finalizado",
        }
    }

    /// The status that `nome` names: trimmed, case-insensitive (ours).
    pub fn from_nome(nome: &str) -> Option<Self> {
        let nome = nome.trim();
        Self::ALL.into_iter().find(|status| status.nome().eq_ignore_ascii_case(nome))
    }

    /// The number under which both databases store it: 1 to 5, never reassigned.
    pub fn code(self) -> i16 {
        match self {
            Status::Aberto => 1,
            Status::EmAtendimento => 2,
            Status::Cancelado => 3,
            Status::Improcedente => 4,
            Status::Finalizado => 5,
        }
    }

    pub fn from_code(codigo: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == codigo)
    }

    /// Whether going from `self` to `target` needs a motivo (doc).
    pub fn requires_motivo(self, target: Status) -> bool {
        match target {
            Status::Cancelado | Status::Improcedente => true,
            Status::Aberto | Status::EmAtendimento => self == Status::Finalizado,
            Status::Finalizado => false,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.nome())
    }
}

/// A comment to add together with a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comentario {
    /// The text as sent.
    pub texto: Arc<str>,
    pub visivel_cliente: bool,
}

/// A client's mark on a request, by which a repetition is known (ours).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The key, unique among those of its user.
    pub key: Arc<str>,
    /// A fingerprint of the body that came with it.
    pub fingerprint: i64,
}

#[derive(Clone, Debug)]
pub struct ChangeRequest {
    /// The atendimento's protocol number, trimmed.
    pub protocolo: String,
    /// The target as sent: whether it names a status is judged only once the atendimento is found.
    pub status: String,
    /// The motivo named, unless blank.
    pub motivo: Option<NameKey>,
    /// The comment, unless blank.
    pub comentario: Option<Comentario>,
    /// The status in which the client believes the atendimento to be, if it says so (ours).
    pub expected: Option<Status>,
    /// The revisions one of which the client has read, if it says so (ours).
    pub revisions: Option<Vec<i64>>,
    /// The mark that the client gave the request, if any.
    pub idempotency: Option<IdempotencyKey>,
    pub usuario_id: i64,
    /// What holds where the vendor's page is silent.
    pub rules: Rules,
}

/// The present state of an atendimento.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Atendimento {
    pub id: i64,
    pub status: Status,
    /// How many changes it has seen.
    pub revisao: i64,
}

/// What is known when a batch of requests is decided.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The atendimentos named, by protocolo.
    pub atendimentos: HashMap<String, Atendimento>,
    /// Ids of the active motivos named, by key.
    pub motivos: HashMap<String, i64>,
}

impl Snapshot {
    /// Takes `change` as made, so that the next request is decided on its result.
    pub fn apply(&mut self, protocolo: &str, change: &Change) {
        if let Some(atendimento) = self.atendimentos.get_mut(protocolo) {
            atendimento.status = change.para;
            atendimento.revisao = change.revisao;
        }
    }
}

/// One atomic change: the new status, its history entry and its comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub atendimento_id: i64,
    /// The revision that this change makes: one more than it was decided on.
    pub revisao: i64,
    pub de: Status,
    pub para: Status,
    pub motivo_id: Option<i64>,
    /// Who; `None` for an import from the command line.
    pub usuario_id: Option<i64>,
    pub comentario: Option<Comentario>,
    /// The mark to remember together with it.
    pub idempotency: Option<IdempotencyKey>,
}

/// Why a change is refused. The texts are the HTTP layer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    AtendimentoNotFound,
    StatusNotFound,
    /// The atendimento is not in the status that the client expects, but in this one.
    StatusDiffers(Status),
    /// The atendimento has that status already, and [`SameStatus::Refused`] holds.
    SameStatus,
    /// The atendimento is not at a revision that the client has read, but as said here.
    RevisionDiffers(Atendimento),
    /// The transition needs a motivo and none was sent.
    MotivoRequired,
    /// The transition needs a motivo and the one sent is not registered or not active.
    MotivoNotFound,
    /// The transition needs no motivo, one was sent, and [`UnneededMotivo::Refused`] holds.
    MotivoUnneeded,
    /// The idempotency key came with another body before.
    KeyReused,
}

/// Decides `request` on what `snapshot` knows.
///
/// The order of the checks is the contract's. Where the vendor's page is silent, the request's rules decide.
pub fn decide(snapshot: &Snapshot, request: &ChangeRequest) -> Result<Change, Denial> {
    let atendimento = snapshot.atendimentos.get(&request.protocolo).ok_or(Denial::AtendimentoNotFound)?;
    let para = Status::from_nome(&request.status).ok_or(Denial::StatusNotFound)?;
    if request.expected.is_some_and(|expected| expected != atendimento.status) {
        return Err(Denial::StatusDiffers(atendimento.status));
    }
    if request.revisions.as_ref().is_some_and(|revisions| !revisions.contains(&atendimento.revisao)) {
        return Err(Denial::RevisionDiffers(*atendimento));
    }
    if para == atendimento.status && request.rules.same_status == SameStatus::Refused {
        return Err(Denial::SameStatus);
    }
    let motivo_id = request.motivo.as_ref().and_then(|key| snapshot.motivos.get(key.as_str()).copied());
    judge_motivo(request, atendimento.status.requires_motivo(para), motivo_id.is_some())?;
    Ok(Change {
        atendimento_id: atendimento.id,
        revisao: atendimento.revisao + 1,
        de: atendimento.status,
        para,
        motivo_id,
        usuario_id: Some(request.usuario_id),
        comentario: request.comentario.clone(),
        idempotency: request.idempotency.clone(),
    })
}

/// Whether the motivo of `request` will do, where one `is_required` or not and it `is_registered` or not.
fn judge_motivo(request: &ChangeRequest, is_required: bool, is_registered: bool) -> Result<(), Denial> {
    let rules = request.rules;
    match (is_required, request.motivo.is_some()) {
        (true, false) => Err(Denial::MotivoRequired),
        (true, true) if !is_registered && rules.unknown_motivo == UnknownMotivo::Refused => Err(Denial::MotivoNotFound),
        (false, true) if rules.unneeded_motivo == UnneededMotivo::Refused => Err(Denial::MotivoUnneeded),
        (false, true) if !is_registered && rules.unneeded_motivo == UnneededMotivo::Checked => {
            Err(Denial::MotivoNotFound)
        }
        _ => Ok(()),
    }
}

/// Why `request` is refused whichever status its atendimento has and whichever motivos are registered; `None` where it is made in
/// some. Where that depends on the status, it is what the others say.
pub fn certain_denial(request: &ChangeRequest) -> Option<Denial> {
    let revisao = request.revisions.as_ref().and_then(|revisions| revisions.first()).copied().unwrap_or_default();
    let registered = request.motivo.iter().map(|motivo| (motivo.as_str().to_owned(), 0)).collect();
    let mut denials = Vec::new();
    for motivos in [registered, HashMap::new()] {
        let mut snapshot = Snapshot { motivos, ..Snapshot::default() };
        for status in Status::ALL {
            let atendimento = Atendimento { id: 0, status, revisao };
            snapshot.atendimentos.insert(request.protocolo.clone(), atendimento);
            denials.push(decide(&snapshot, request).err()?);
        }
    }
    let is_of_status = |denial: &Denial| matches!(denial, Denial::StatusDiffers(_) | Denial::SameStatus);
    let other = denials.iter().find(|denial| !is_of_status(denial)).copied();
    other.or_else(|| denials.first().copied())
}

/// A status to which an atendimento may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transicao {
    pub para: Status,
    pub motivo_obrigatorio: bool,
}

/// Where an atendimento in `status` may go under `rules`: what [`decide`] says to a request for each target.
pub fn transicoes(status: Status, rules: Rules) -> Vec<Transicao> {
    let atendimento = Atendimento { id: 0, status, revisao: 0 };
    let snapshot = Snapshot { atendimentos: HashMap::from([(String::new(), atendimento)]), motivos: HashMap::new() };
    let asked = |para: Status| ChangeRequest {
        protocolo: String::new(),
        status: para.nome().to_owned(),
        motivo: None,
        comentario: None,
        expected: None,
        revisions: None,
        idempotency: None,
        usuario_id: 0,
        rules,
    };
    Status::ALL
        .into_iter()
        .filter_map(|para| match decide(&snapshot, &asked(para)) {
            Ok(_) => Some(Transicao { para, motivo_obrigatorio: false }),
            Err(Denial::MotivoRequired) => Some(Transicao { para, motivo_obrigatorio: true }),
            Err(_) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests;
