//! Single atendimentos.

use serde_json::json;
use time::OffsetDateTime;

use super::guarded::GuardedEdit;
use super::{Kind, Provisioning, ProvisioningError, Result};
use crate::clock::BRASILIA;
use crate::domain::access::Permissao;
use crate::domain::atendimento::Status;
use crate::domain::audit::Action;
use crate::domain::protocolo::registrable;
use crate::domain::record::PresentState;
use crate::service::audit::named;
use crate::store::{NewAtendimento, StoreError};

impl Provisioning {
    /// Registers an atendimento.
    pub async fn create_atendimento(&self, asked: &str, status: Status) -> Result<()> {
        let invalid = || ProvisioningError::InvalidProtocolo(asked.to_owned());
        let protocolo = registrable(asked).ok_or_else(invalid)?;
        let novo = NewAtendimento { protocolo: protocolo.to_owned(), status };
        let mut edit = self.begin_once(Permissao::CriarAtendimento).await?;
        match edit.insert_atendimento(&novo).await {
            Err(StoreError::AlreadyExists) => {
                return Err(ProvisioningError::Exists { kind: Kind::Atendimento, nome: protocolo.to_owned() });
            }
            outcome => outcome?,
        }
        self.commit_created(edit, protocolo, status).await
    }

    /// Registers an atendimento with a protocolo of its own, which is returned: the day in Brasília and its next number of
    /// six digits, as Citrus draws them. Numbers that were registered otherwise are passed over. Servers that share a
    /// database draw one after the other, so that no number comes twice and none is left out.
    pub async fn draw_atendimento(&self, status: Status, now: OffsetDateTime) -> Result<String> {
        let mut edit = self.begin_once(Permissao::CriarAtendimento).await?;
        let day = day_of(now);
        let mut number = edit.draw(day).await?;
        loop {
            if number > NUMBER_MAX {
                return Err(ProvisioningError::DayIsFull(day));
            }
            let novo = NewAtendimento { protocolo: drawn(day, number), status };
            match edit.insert_atendimento(&novo).await {
                // An import may have taken it, or may take the next one at this moment.
                Err(StoreError::AlreadyExists) => number = next_free(&mut edit, day, number).await?,
                outcome => {
                    outcome?;
                    edit.set_drawn(day, number).await?;
                    self.commit_created(edit, &novo.protocolo, status).await?;
                    return Ok(novo.protocolo);
                }
            }
        }
    }

    async fn commit_created(&self, edit: GuardedEdit, protocolo: &str, status: Status) -> Result<()> {
        let after = json!({"status": status.nome()});
        let entry = named(Action::CreateAtendimento, protocolo, None, Some(after));
        self.commit_once(edit, entry, protocolo).await
    }

    pub async fn present_state(&self, protocolo: &str) -> Result<PresentState> {
        let protocolo = protocolo.trim();
        let found = self.store.present_state(protocolo).await?;
        found.ok_or_else(|| ProvisioningError::no_atendimento(protocolo))
    }

    /// As [`Provisioning::present_state`], of an atendimento whose record is to be handed out: the audit trail tells it.
    pub async fn export(&self, protocolo: &str) -> Result<PresentState> {
        let state = self.present_state(protocolo).await?;
        let entry = named(Action::ExportAtendimento, &state.protocolo, None, None);
        self.commit(self.begin(Permissao::ConsultarAtendimentos).await?, [entry]).await?;
        Ok(state)
    }
}

/// The greatest number of a day.
const NUMBER_MAX: i64 = 999_999;
/// How many protocolos are read at once to find a number that is free.
const READ_AT_ONCE: i64 = 20_000;

fn drawn(day: i64, number: i64) -> String {
    format!("{day}{number:06}")
}

/// The first number of a day after the one that is `taken` and all that follow it without a gap. A single number far
/// ahead does not use the day up.
async fn next_free(edit: &mut GuardedEdit, day: i64, taken: i64) -> Result<i64> {
    let (mut free, mut after, last) = (taken + 1, drawn(day, taken), drawn(day, NUMBER_MAX));
    loop {
        let found = edit.protocolos_between(&after, &last, READ_AT_ONCE).await?;
        // Others begin like numbers and are none.
        let numbers = found.iter().filter(|protocolo| protocolo.len() == last.len());
        for number in numbers.filter_map(|protocolo| protocolo.get(8..)?.parse::<u32>().ok()).map(i64::from) {
            if number > free {
                return Ok(free);
            }
            free = number + 1;
        }
        match found.last() {
            Some(end) if found.len() as i64 == READ_AT_ONCE => after.clone_from(end),
            _ => return Ok(free),
        }
    }
}

/// The digits of a day: 20221104.
fn day_of(now: OffsetDateTime) -> i64 {
    let (year, month, day) = now.to_offset(BRASILIA).to_calendar_date();
    i64::from(year) * 10_000 + i64::from(u8::from(month)) * 100 + i64::from(day)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_day_is_the_one_in_brasilia() {
        assert_eq!(day_of(datetime!(2022-11-04 02:59:59 UTC)), 20_221_103);
        assert_eq!(day_of(datetime!(2022-11-04 03:00 UTC)), 20_221_104);
        assert_eq!(day_of(datetime!(2024-03-01 01:00 UTC)), 20_240_229);
    }
}
