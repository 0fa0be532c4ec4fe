//! What stands in the gaps of an answer.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::facts::Facts;
use super::gap::Gap;
use super::writing::Writing;

/// What stands in `gap` of an answer that says `facts`; `place` tells gaps of one body apart.
pub(super) fn fill(gap: &Gap, writing: Writing, facts: &Facts<'_>, place: usize) -> String {
    const UTC: &[BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]");
    let written = |time: OffsetDateTime| time.to_offset(time::UtcOffset::UTC).format(UTC).unwrap_or_default();
    let milliseconds = |time: OffsetDateTime| (time.unix_timestamp_nanos() / 1_000_000).to_string();
    let life = time::Duration::seconds(facts.login.map(|login| login.validade).unwrap_or_default());
    let end = facts.now.saturating_add(life);
    let token = facts.login.map(|login| login.token).unwrap_or_default();
    let life_written = |of: fn(i64) -> i64| facts.login.map(|login| of(login.validade).to_string()).unwrap_or_default();
    let named = facts.named.unwrap_or_default();
    match gap {
        Gap::Texto => writing.written(facts.texto),
        Gap::Codigo => facts.codigo.to_string(),
        Gap::Razao => reason(facts.codigo).to_owned(),
        Gap::Metodo => writing.written(facts.metodo),
        Gap::Caminho => writing.written(facts.caminho),
        Gap::CaminhoSemBarra => writing.written(facts.caminho.trim_start_matches('/')),
        Gap::Instante => written(facts.now) + "Z",
        Gap::InstanteSpring => written(facts.now) + "+00:00",
        Gap::Moment(moment) => writing.written(&moment.written(facts.now)),
        Gap::Segundos => facts.now.unix_timestamp().to_string(),
        Gap::Milissegundos => milliseconds(facts.now),
        Gap::Random(form) => writing.written(&form.written(facts.id, place)),
        Gap::Token => writing.written(token),
        Gap::TokenValue => json_value(token, writing),
        Gap::Validade => life_written(|seconds| seconds),
        Gap::ValidadeMs => life_written(|seconds| seconds.saturating_mul(1000)),
        Gap::Expira => end.unix_timestamp().to_string(),
        Gap::ExpiraMs => milliseconds(end),
        Gap::ExpiraInstante => written(end) + "Z",
        Gap::ExpiraMoment(moment) => writing.written(&moment.written(end)),
        Gap::Login => writing.written(facts.login.map_or(named.login, |login| login.login)),
        Gap::Usuario => writing.written(named.usuario),
        Gap::Pessoal => String::new(),
        Gap::PessoalZero => "0".to_owned(),
        Gap::Protocolo => writing.written(named.protocolo),
        Gap::ProtocoloValue => json_value(named.protocolo, writing),
        Gap::Status | Gap::StatusIn(_) => writing.written(named.status),
        Gap::StatusInCapitals => writing.written(&named.status.to_uppercase()),
        Gap::StatusWord(words, false) => writing.written(words.written(named.status)),
        Gap::StatusWord(words, true) => writing.written(&words.written(named.status).to_uppercase()),
        Gap::Earlier(..) => writing.written(named.anterior),
        // Of a change that was made before, nobody looks it up.
        Gap::EarlierWord(_, true) if named.anterior.is_empty() => "null".to_owned(),
        Gap::EarlierWord(words, _) => writing.written(words.written(named.anterior)),
        Gap::Motivo => writing.written(named.motivo),
        Gap::MotivoValue if named.motivo.is_empty() => "null".to_owned(),
        Gap::MotivoValue => format!("\"{}\"", writing.written(named.motivo)),
    }
}

/// The reason phrase of `codigo`, as the registry of HTTP has it; empty for none.
pub fn reason(codigo: u16) -> &'static str {
    axum::http::StatusCode::from_u16(codigo).ok().and_then(|code| code.canonical_reason()).unwrap_or_default()
}

/// `text`, such as a protocolo, as JSON has it without quotes around it: a number where it is one, and null for none.
fn json_value(text: &str, writing: Writing) -> String {
    match text {
        "" => "null".to_owned(),
        "0" => text.to_owned(),
        number if number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0') => number.to_owned(),
        text => format!("\"{}\"", writing.written(text)),
    }
}
