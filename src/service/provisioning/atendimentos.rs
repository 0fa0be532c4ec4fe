//! Single atendimentos.

use serde_json::json;
use time::macros::offset;
use time::{OffsetDateTime, UtcOffset};

use super::guarded::GuardedEdit;
use super::{Kind, Provisioning, ProvisioningError, Result};
use crate::domain::access::Permissao;
use crate::domain::atendimento::Status;
use crate::domain::audit::Action;
use crate::domain::record::PresentState;
use crate::domain::text::{PROTOCOLO_MAX, fits};
use crate::service::audit::named;
use crate::store::{NewAtendimento, StoreError};

impl Provisioning {
    /// Registers an atendimento.
    pub async fn create_atendimento(&self, asked: &str, status: Status) -> Result<()> {
        let protocolo = asked.trim();
        if protocolo.is_empty() || !fits(protocolo, PROTOCOLO_MAX) {
            return Err(ProvisioningError::InvalidProtocolo(asked.to_owned()));
        }
        let novo = NewAtendimento { protocolo: protocolo.to_owned(), status };
        let mut edit = self.begin_creation(Permissao::CriarAtendimento).await?;
        match edit.insert_atendimento(&novo).await {
            Err(StoreError::AlreadyExists) => {
                return Err(ProvisioningError::Exists { kind: Kind::Atendimento, nome: protocolo.to_owned() });
            }
            outcome => outcome?,
        }
        self.commit_created(edit, protocolo, status).await
    }

    /// Registers an atendimento with a protocolo of its own, which is returned: the day in Brasília and its next number,
    /// as Citrus draws them. Numbers that were registered otherwise are passed over. Servers that share a database draw
    /// one after the other, so that no number comes twice and none is left out.
    pub async fn draw_atendimento(&self, status: Status, now: OffsetDateTime) -> Result<String> {
        let mut edit = self.begin_creation(Permissao::CriarAtendimento).await?;
        let day = day_of(now);
        loop {
            let protocolo = format!("{day}{:06}", edit.draw(day).await?);
            let novo = NewAtendimento { protocolo, status };
            match edit.insert_atendimento(&novo).await {
                Err(StoreError::AlreadyExists) => {}
                outcome => {
                    outcome?;
                    self.commit_created(edit, &novo.protocolo, status).await?;
                    return Ok(novo.protocolo);
                }
            }
        }
    }

    async fn commit_created(&self, edit: GuardedEdit, protocolo: &str, status: Status) -> Result<()> {
        let after = json!({"status": status.nome()});
        let entry = named(Action::CreateAtendimento, protocolo, None, Some(after));
        self.commit_creation(edit, entry, protocolo).await
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

/// Brasília's, where there is no summer time since 2019.
const BRASILIA: UtcOffset = offset!(-3);

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
