//! Whether the atendimento is in the status that the caller names, on a server that tells it by no read.

use super::case::Case;
use super::client::Received;
use super::learned::{contradiction, says_the_same, steady};
use super::session::{Cause, Session, StartError};
use super::spans::spans;
use super::witness::Witness;
use crate::domain::atendimento::Status::{self, Aberto, Cancelado, EmAtendimento, Finalizado, Improcedente};

/// Refused by every server that wants the motivo which the page requires. One of ours tells the status, too.
const TO_CANCELADO: Case = Case::change("the status before", r#"{"protocolo": "<protocolo>", "status": "Cancelado"}"#)
    .with("if-match", REVISION);
const TO_IMPROCEDENTE: Case =
    Case::change("the status before", r#"{"protocolo": "<protocolo>", "status": "Improcedente"}"#)
        .with("if-match", REVISION);
/// The revision of no atendimento.
const REVISION: &str = "\"conferir\"";

/// What a server answers to changes that leave an atendimento where the caller says it is.
pub(super) enum Standing {
    Told,
    /// It takes the status that it has, too.
    Taken,
    /// The answer to that status, and to a change without the motivo that it needs.
    Refused(Box<[Received; 2]>),
}

impl Standing {
    /// What the first change, which is answered with `received`, was probably refused for.
    pub(super) fn cause(&self, received: &Received) -> Cause {
        if matches!(received.code, 401 | 403) {
            return Cause::Access;
        }
        // The token does, and so does the status.
        let Self::Refused(answers) = self else { return Cause::Motivo };
        match answers.each_ref().map(|answer| are_alike(answer, received)) {
            [_, false] => Cause::Motivo,
            [false, true] => Cause::MotivoOrStatus,
            [true, true] => Cause::Any,
        }
    }
}

impl Session {
    /// Sets the status `start`, in which the atendimento is said to be, once more. What is told otherwise is an error.
    pub(super) async fn look_for(&mut self, start: Status) -> Result<Standing, StartError> {
        if self.witness() == Witness::Server {
            return Ok(Standing::Told);
        }
        let cancelado = self.send(&TO_CANCELADO).await?;
        match status_told(&cancelado) {
            Some(told) if told == start => return Ok(Standing::Told),
            Some(told) => return Err(self.found_unchanged(told, start)),
            None => {}
        }
        if is_refusal(&cancelado) {
            let improcedente = self.send(&TO_IMPROCEDENTE).await?;
            match refused_as_present(&cancelado, &improcedente) {
                Some(told) if told != start => return Err(self.found_unchanged(told, start)),
                _ => {}
            }
        }
        let (first, is_made) = self.set(start).await?;
        if !is_made {
            return Ok(Standing::Refused(Box::new([first, cancelado])));
        }
        let (second, is_made) = self.set(start).await?;
        match contradiction(&first, start, start) {
            // Who names the same now does not name the status before.
            Some(told) if contradiction(&second, start, start) != Some(told) => {
                Err(StartError::OtherStatus { told, given: start })
            }
            _ if !is_made => Err(StartError::NotInStatus { given: start }),
            _ => Ok(Standing::Taken),
        }
    }

    /// A refusal has told where the atendimento is.
    fn found_unchanged(&mut self, told: Status, given: Status) -> StartError {
        self.begin(told);
        StartError::OtherStatus { told, given }
    }

    /// Whether `received`, the answer to the change `proof`, is a success in other words than the contract's: the same without the
    /// motivo is refused.
    pub(super) async fn was_made(&mut self, proof: &Case, received: &Received) -> Result<bool, StartError> {
        let Some(status) = proof.to.filter(|_| (200..300).contains(&received.code)) else { return Ok(false) };
        let refused = self.send(if status == Cancelado { &TO_CANCELADO } else { &TO_IMPROCEDENTE }).await?;
        let members =
            |received: &Received| spans(&received.body).into_iter().map(|span| span.pointer).collect::<Vec<_>>();
        let is_other = refused.code == received.code && members(&refused) != members(received);
        if !is_refusal(&refused) && !is_other {
            self.doubt();
            return Ok(false);
        }
        self.learned.refusal(&refused);
        self.learned.success(status, received);
        self.begin(status);
        Ok(true)
    }

    /// Says who knows the status, after a change with the motivo has led elsewhere.
    pub(super) async fn conclude(&mut self, standing: Standing, start: Status) -> Result<(), StartError> {
        let is_known = match standing {
            Standing::Told => true,
            Standing::Taken => false,
            Standing::Refused(answers) => {
                let [again, without_motivo] = *answers;
                if matches!(start, Aberto | EmAtendimento) && are_alike(&again, &without_motivo) {
                    return Err(StartError::OtherStatus { told: Finalizado, given: start });
                }
                let (same, is_made) = self.set(self.present().unwrap_or(Cancelado)).await?;
                !is_made && are_alike(&again, &same)
            }
        };
        if is_known {
            self.believe_server();
        }
        Ok(())
    }
}

/// The status that a refusal of ours tells.
fn status_told(received: &Received) -> Option<Status> {
    let spans = spans(&received.body);
    let told = spans.iter().find(|span| span.pointer.ends_with("/statusAtual"))?;
    Status::from_nome(told.value.as_str()?).filter(|_| received.code == 412)
}

fn is_refusal(received: &Received) -> bool {
    (400..500).contains(&received.code)
}

/// Which of the two statuses is the present one, if one is refused for that, and the other for want of a motivo.
fn refused_as_present(cancelado: &Received, improcedente: &Received) -> Option<Status> {
    if !is_refusal(improcedente) || are_alike(cancelado, improcedente) {
        return None;
    }
    let wants_motivo = |received: &Received| received.body.to_lowercase().contains("motivo");
    match [cancelado, improcedente].map(wants_motivo) {
        [false, true] => Some(Cancelado),
        [true, false] => Some(Improcedente),
        _ => None,
    }
}

/// Whether two answers say the same, but for statuses, ids and times.
fn are_alike(one: &Received, other: &Received) -> bool {
    let (code, body) = (one.code, &one.body);
    code == other.code && (says_the_same(body, &other.body) || steady(body) == steady(&other.body))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    #[test]
    fn what_a_change_is_refused_for_is_told_by_other_answers_and_not_by_words() {
        let received = |(code, body): (u16, &str)| Received {
            code,
            headers: HeaderMap::new(),
            body: body.to_owned(),
            charset: encoding_rs::UTF_8,
        };
        let (same, missing) = ((409, "Já está"), (400, "Falta o motivo"));
        for (others, refused, cause) in [
            (None, (403, "motivo"), Cause::Access),
            (None, (404, "token"), Cause::Motivo),
            (Some([same, missing]), (404, "csrf-token: token"), Cause::Motivo),
            (Some([same, missing]), missing, Cause::MotivoOrStatus),
            (Some([same, same]), same, Cause::Any),
            (Some([same, missing]), (401, ""), Cause::Access),
        ] {
            let standing = others.map_or(Standing::Told, |others| Standing::Refused(Box::new(others.map(received))));
            assert_eq!(standing.cause(&received(refused)), cause, "{refused:?}");
        }
    }
}
