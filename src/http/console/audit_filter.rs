//! Which entries of the audit trail somebody asks for, as typed into the filter.

use url::form_urlencoded::Serializer;

use super::days::between;
use super::faults::Faults;
use super::form::{Form, Typed};
use super::session::SignedIn;
use crate::domain::access::{ConsultarAuditoria, Permissao};
use crate::domain::text::{LOGIN_MAX, NameKey, fits, is_blank};
use crate::http::answer::catalogue::ApiError;
use crate::store::AuditPage;

pub const USUARIO: &str = "usuario";
pub const ACAO: &str = "acao";
pub const DESDE: &str = "desde";
pub const ATE: &str = "ate";

/// What is asked for, or the form with what is wrong with it.
pub enum Filter {
    Asks(Box<AuditPage>),
    Refused(Form),
}

impl Filter {
    pub async fn of(who: &SignedIn<ConsultarAuditoria>, typed: &Typed) -> Result<Self, ApiError> {
        let texts = who.view.texts();
        let mut faults = Faults::default();
        let between = between(typed, [DESDE, ATE], &mut faults, texts);
        let acao = typed.get(ACAO);
        let action = acao.parse().ok();
        if action.is_none() && !is_blank(acao) {
            faults.say(ACAO, texts.faults.unfit);
        }
        let mut asked = AuditPage { between, action, ..AuditPage::default() };
        let usuario = typed.get(USUARIO).trim();
        if !usuario.is_empty() && fits(usuario, LOGIN_MAX) {
            let (provisioning, login) = (who.provisioning(), NameKey::new(usuario));
            asked.usuario_id = who.judged(provisioning.seen_login(&login, Permissao::ConsultarAuditoria)).await?;
            // Somebody who runs commands is no user of ours. Their entries are for root alone.
            let may_be_a_command = asked.usuario_id.is_none() && who.rights.is_root();
            asked.actor = may_be_a_command.then(|| usuario.to_owned());
        }
        if !usuario.is_empty() && asked.usuario_id.is_none() && asked.actor.is_none() {
            faults.say(USUARIO, texts.auditoria.unknown_usuario);
        }
        Ok(match faults.none() {
            Ok(()) => Self::Asks(Box::new(asked)),
            Err(faults) => Self::Refused(Form::refused(typed, &faults, texts)),
        })
    }
}

/// The fields of the filter, for an address.
pub fn query(typed: &Typed) -> String {
    let mut query = Serializer::new(String::new());
    for name in [USUARIO, ACAO, DESDE, ATE] {
        if !is_blank(typed.get(name)) {
            query.append_pair(name, typed.get(name));
        }
    }
    query.finish()
}
