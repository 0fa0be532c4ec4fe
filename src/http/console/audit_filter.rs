//! Which entries of the audit trail somebody asks for, as typed into the filter.

use time::macros::format_description;
use time::{Date, OffsetDateTime, Time};
use url::form_urlencoded::Serializer;

use super::form::{Form, Typed};
use super::session::SignedIn;
use super::texts::auditoria::Texts;
use crate::clock::BRASILIA;
use crate::domain::access::ConsultarAuditoria;
use crate::domain::text::{LOGIN_MAX, NameKey, fits, is_blank};
use crate::http::answer::catalogue::ApiError;
use crate::store::{AuditPage, Between};

pub const USUARIO: &str = "usuario";
pub const ACAO: &str = "acao";
pub const DESDE: &str = "desde";
pub const ATE: &str = "ate";

/// What is asked for, or the form with what is wrong with it.
pub enum Filter {
    Asks(Box<AuditPage>),
    Refused(Form),
}

/// What is wrong with a field.
type Wrong = (&'static str, &'static str);

impl Filter {
    pub async fn of(who: &SignedIn<ConsultarAuditoria>, typed: &Typed) -> Result<Self, ApiError> {
        let texts = &who.view.texts().auditoria;
        let between = match between(typed, texts) {
            Ok(between) => between,
            Err((field, text)) => return Ok(Self::Refused(Form::wrong(typed, field, text))),
        };
        let acao = typed.get(ACAO);
        let action = match acao.parse() {
            Ok(action) => Some(action),
            Err(_) if is_blank(acao) => None,
            Err(_) => return Ok(Self::Refused(Form::wrong(typed, ACAO, texts.unknown_action))),
        };
        let mut asked = AuditPage { between, action, ..AuditPage::default() };
        let usuario = typed.get(USUARIO).trim();
        if !usuario.is_empty() {
            let unknown = || Self::Refused(Form::wrong(typed, USUARIO, texts.unknown_usuario));
            if !fits(usuario, LOGIN_MAX) {
                return Ok(unknown());
            }
            asked.usuario_id = who.judged(who.provisioning().seen_author(&NameKey::new(usuario))).await?;
            match asked.usuario_id {
                Some(_) => {}
                // Somebody who runs commands is no user of ours. Their entries are for root alone.
                None if who.rights.is_root() => asked.actor = Some(usuario.to_owned()),
                None => return Ok(unknown()),
            }
        }
        Ok(Self::Asks(Box::new(asked)))
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

/// Whole days in Brasília.
fn between(typed: &Typed, texts: &Texts) -> Result<Between, Wrong> {
    let day = |name: &'static str| match typed.get(name).trim() {
        "" => Ok(None),
        text => date(text).map(Some).ok_or((name, texts.bad_date)),
    };
    let (desde, ate) = (day(DESDE)?, day(ATE)?);
    if desde.zip(ate).is_some_and(|(desde, ate)| ate < desde) {
        return Err((ATE, texts.dates_turned));
    }
    let after = ate.map(|ate| ate.next_day().ok_or((ATE, texts.bad_date))).transpose()?;
    Ok(Between { from: desde.map(beginning), before: after.map(beginning) })
}

/// As browsers send it; and as people in Brazil type it where a browser has no field for dates.
fn date(text: &str) -> Option<Date> {
    let iso = Date::parse(text, format_description!("[year]-[month]-[day]"));
    let date = iso.or_else(|_| Date::parse(text, format_description!("[day]/[month]/[year]"))).ok()?;
    // Outside of it, PostgreSQL and RFC 3339 have no such time.
    (1900..=9998).contains(&date.year()).then_some(date)
}

fn beginning(day: Date) -> OffsetDateTime {
    day.with_time(Time::MIDNIGHT).assume_offset(BRASILIA)
}

#[cfg(test)]
mod tests {
    use time::macros::{date as day, datetime};

    use super::super::texts::auditoria::EN;
    use super::*;

    fn of(query: &str) -> Result<Between, Wrong> {
        between(&Typed::parse(query.as_bytes()), &EN)
    }

    #[test]
    fn days_are_whole_and_those_of_brasilia() {
        let both = of("desde=2026-11-01&ate=02%2F11%2F2026").unwrap();
        assert_eq!(both.from, Some(datetime!(2026-11-01 00:00 -3)));
        assert_eq!(both.before, Some(datetime!(2026-11-03 00:00 -3)));
        assert_eq!(of("desde=&ate=+").unwrap(), Between::default());
        assert_eq!(of("desde=2026-11-02&ate=2026-11-01"), Err((ATE, EN.dates_turned)));
    }

    #[test]
    fn what_is_no_day_is_said_beside_its_field() {
        for text in ["ontem", "2026-13-01", "2026-02-29", "0001-01-01", "9999-12-31", "1", "2026-11-01T10:00"] {
            assert_eq!(date(text), None, "{text}");
            assert_eq!(of(&format!("desde={text}")), Err((DESDE, EN.bad_date)));
        }
        assert_eq!(date("2024-02-29"), Some(day!(2024 - 02 - 29)));
    }
}
