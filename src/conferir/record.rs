//! Asks a Citrus what the vendor's page leaves open, and writes it down as a dialect.

use time::OffsetDateTime;

use super::answers::{AnswerName, error_name};
use super::case::{Case, ExpectedAnswer};
use super::cases;
use super::client::Received;
use super::infer::{self, LoginObservation, Observation};
use super::runner::{Runner, StartError, Unpermitted, steady};
use super::values::life_of;
use crate::dialect::{DialectFile, Handling, RulesFile, TokenHeader, Verdict};
use crate::domain::atendimento::Status::{self, Aberto, EmAtendimento, Finalizado};

/// The cases that show an error each. None of them changes anything on a server that checks what the page says.
const ERRORS: [&str; 21] = [
    "common/unknown-route",
    "common/login-wrong-method",
    "common/json-incomplete",
    "common/json-typographic-quotes",
    "common/json-no-object",
    "login/login-missing",
    "login/senha-missing",
    "login/unknown-user",
    "login/wrong-senha",
    "token/missing",
    "token/no-period",
    "token/unsigned",
    "token/tampered-signature",
    "status/protocolo-missing",
    "status/protocolo-list",
    "status/status-missing",
    "status/status-no-text",
    "status/unknown-protocolo",
    "status/unknown-status",
    "status/cancelado-motivo-missing",
    "status/cancelado-motivo-unknown",
];

/// Where clients usually put the token.
const TOKEN_HEADERS: [(&str, Option<&str>); 5] = [
    ("authorization", Some("Bearer")),
    ("authorization", None),
    ("authorization", Some("JWT")),
    ("x-access-token", None),
    ("token", None),
];

/// What the page's rules refuse for the comment alone: the motivo is there, so that a server that looks for it first says
/// nothing of that.
const COMMENTS: [Case; 3] = [
    Case::change(
        "a comment that is no text",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": "<motivo>", "comentario": [1], "visivelCliente": "False"}"#,
    )
    .from(EmAtendimento)
    .says(400, "comentario – valor inválido"),
    Case::change(
        "a comment without visivelCliente",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": "<motivo>", "comentario": "<comentario>"}"#,
    )
    .from(EmAtendimento)
    .says(400, "visivelCliente – esse campo é obrigatório"),
    Case::change(
        "another visivelCliente",
        r#"{"protocolo": "<protocolo>", "status": "Cancelado", "motivoStatus": "<motivo>", "comentario": "<comentario>", "visivelCliente": "sim"}"#,
    )
    .from(EmAtendimento)
    .says(400, "visivelCliente – valor inválido"),
];

const SAME_STATUS: Case = Case::change("the same status again", r#"{"protocolo": "<protocolo>", "status": "Aberto"}"#)
    .from(Aberto)
    .makes(Aberto);
const UNNEEDED_KNOWN: Case = Case::change(
    "a motivo where none is required",
    r#"{"protocolo": "<protocolo>", "status": "Em atendimento", "motivoStatus": "<motivo>"}"#,
)
.from(Aberto)
.makes(EmAtendimento);
const UNNEEDED_UNKNOWN: Case = Case::change(
    "an unknown motivo where none is required",
    r#"{"protocolo": "<protocolo>", "status": "Finalizado", "motivoStatus": "<outro motivo>"}"#,
)
.from(EmAtendimento)
.makes(Finalizado);
const PROBE: Case = Case::change("the token", r#"{"protocolo": "<outro protocolo>", "status": "<outro status>"}"#);

/// What a server said.
pub struct Recording {
    pub file: DialectFile,
    /// What each entry of the file is known from: its table or key, and the cases with what came.
    pub evidence: Vec<(String, String)>,
    /// What could not be asked, and why.
    pub unasked: Vec<(String, String)>,
}

/// Asks everything on behalf of `runner`, whose atendimento is in `start`. It stays where the last change leaves it.
pub async fn record(
    runner: &mut Runner,
    start: Status,
    unpermitted: Option<Unpermitted>,
    mut asked: impl FnMut(&str),
) -> Result<Recording, StartError> {
    let login = runner.observe_login().await?;
    let mut recording = Recording {
        file: DialectFile::default(),
        evidence: Vec::new(),
        unasked: NEVER.map(|(what, why)| (what.to_owned(), why.to_owned())).to_vec(),
    };
    let tokens = token_headers(runner).await?;
    let first = tokens.first().ok_or(StartError::NoTokenHeader)?.clone();
    runner.carry_token_by(first);
    let success = prove(runner, start).await?;
    let mut errors = Vec::new();
    let mut accepts_unknown = false;
    let known = ERRORS.map(|name| cases::all().find(|case| case.name == name).expect("each is a case"));
    for case in known.into_iter().chain(&COMMENTS) {
        asked(case.name);
        match runner.exchange(case).await {
            Ok(received) if case.changes() && runner.made(&received) => {
                accepts_unknown |= case.name == "status/cancelado-motivo-unknown";
                // So that the next case does not ask for the status that it has.
                _ = runner.bring_to(EmAtendimento).await;
                recording.unasked.push((case.name.to_owned(), "the server accepts it".to_owned()));
            }
            Ok(received) => errors.extend(observation(runner, case, received)),
            Err(reason) => recording.unasked.push((case.name.to_owned(), reason)),
        }
    }
    let (mesmo_status, motivo_desnecessario) = ask_rules(runner, &mut errors, &mut recording.unasked, &mut asked).await;
    let denial = match unpermitted {
        Some(user) => ask_without_permission(runner, user, &mut errors).await,
        None => Err("pass --login-sem-permissao".to_owned()),
    };
    let login_sem_permissao = denial.unwrap_or_else(|reason| {
        recording.unasked.push(("access_denied".to_owned(), reason));
        None
    });
    let mut file = infer::infer(&errors, Some(&success), Some(&login));
    file.regras = RulesFile {
        mesmo_status,
        motivo_desnecessario,
        motivo_desconhecido: accepts_unknown.then_some(Verdict::Aceito),
        login_sem_permissao,
    };
    let written = |header: &TokenHeader| match &header.scheme {
        Some(scheme) => format!("{}: {scheme}", canonical(header)),
        None => canonical(header),
    };
    let written: Vec<String> = tokens.iter().map(written).collect();
    if written != ["Authorization: Bearer", "Authorization"] {
        file.token.cabecalhos = Some(written);
    }
    recording.evidence = evidence(runner, &file, &errors, &success, &login);
    recording.file = file;
    Ok(recording)
}

/// What no run can ask.
const NEVER: [(&str, &str); 4] = [
    ("token_expired", "it takes as long as a token lives"),
    ("token_revoked", "it takes an administrator"),
    ("throttled", "it would lock the user out"),
    ("internal, unavailable, token_failed", "it takes a fault"),
];

fn canonical(header: &TokenHeader) -> String {
    if header.name == "authorization" { "Authorization".to_owned() } else { header.name.as_str().to_owned() }
}

/// The headers by which the server takes the token: those where it tells a right one from a wrong one.
async fn token_headers(runner: &mut Runner) -> Result<Vec<TokenHeader>, StartError> {
    let mut found = Vec::new();
    for (name, scheme) in TOKEN_HEADERS {
        let header = TokenHeader { name: name.parse().expect("it is a header"), scheme: scheme.map(str::to_owned) };
        let right = runner.ask_by(&PROBE, &header, "<token>").await?;
        let wrong = runner.ask_by(&PROBE, &header, "<token alterado>").await?;
        let none = runner.ask_by(&PROBE, &header, "").await?;
        let is_other = |other: &Received| (right.code, steady(&right.body)) != (other.code, steady(&other.body));
        if is_other(&wrong) && is_other(&none) {
            found.push(header);
        }
    }
    Ok(found)
}

/// Makes the first change, which needs the motivo: its answer is that of a success.
async fn prove(runner: &mut Runner, start: Status) -> Result<Received, StartError> {
    runner.begin(start);
    let missing = cases::all().find(|case| case.name == "status/cancelado-motivo-missing").expect("it is a case");
    let refused = runner.exchange(missing).await.map_err(StartError::Change)?;
    let received = runner.exchange(cases::proof(start)).await.map_err(StartError::Change)?;
    let is_other = (refused.code, steady(&refused.body)) != (received.code, steady(&received.body));
    // If it was no refusal, nobody knows where the atendimento is; the run ends, and sets it back.
    if !(200..300).contains(&received.code) || !is_other {
        runner.doubt();
        return Err(StartError::Change(runner.shown(&received)));
    }
    runner.learn_success(&received);
    // So that no case asks for the status that it has.
    runner.bring_to(EmAtendimento).await.map_err(StartError::Change)?;
    Ok(received)
}

fn observation(runner: &Runner, case: &'static Case, received: Received) -> Option<Observation> {
    let ExpectedAnswer::Message(text) = case.answer else { return None };
    Some(Observation {
        case: case.name,
        name: error_name(text)?,
        code: case.code,
        text: text.into(),
        path: runner.path(case),
        received,
    })
}

/// The rules that changes show; and the errors that go with them.
async fn ask_rules(
    runner: &mut Runner,
    errors: &mut Vec<Observation>,
    unasked: &mut Vec<(String, String)>,
    asked: &mut impl FnMut(&str),
) -> (Option<Verdict>, Option<Handling>) {
    let mut made = async |case: &'static Case, refusal: (&'static str, u16, &'static str)| {
        asked(case.name);
        match runner.exchange(case).await {
            Ok(received) if runner.made(&received) => Some(true),
            Ok(received) => {
                let (name, code, text) = refusal;
                let name = AnswerName { name, field: None };
                if !name.name.is_empty() {
                    let text = text.into();
                    errors.push(Observation { case: case.name, name, code, text, path: runner.path(case), received });
                }
                Some(false)
            }
            Err(reason) => {
                unasked.push((case.name.to_owned(), reason));
                None
            }
        }
    };
    let same = made(&SAME_STATUS, ("same_status", 409, "Atendimento já está neste status")).await;
    let known = made(&UNNEEDED_KNOWN, ("motivo_unneeded", 400, "motivoStatus – não se aplica a esta alteração")).await;
    let unknown = made(&UNNEEDED_UNKNOWN, ("", 0, "")).await;
    let handling = match (known, unknown) {
        (Some(false), _) => Some(Handling::Recusado),
        (Some(true), Some(false)) => Some(Handling::Conferido),
        _ => None,
    };
    ((same == Some(false)).then_some(Verdict::Recusado), handling)
}

/// What a user without the permission gets: at the login, or at the change.
async fn ask_without_permission(
    runner: &mut Runner,
    user: Unpermitted,
    errors: &mut Vec<Observation>,
) -> Result<Option<Verdict>, String> {
    let (at_login, received) = runner.ask_as(user, &PROBE).await?;
    let path = if at_login { super::case::LOGIN.to_owned() } else { runner.path(&PROBE) };
    let name = AnswerName { name: "access_denied", field: None };
    errors.push(Observation {
        case: "a user without the permission",
        name,
        code: 403,
        text: "Acess denied".into(),
        path,
        received,
    });
    Ok(at_login.then_some(Verdict::Recusado))
}

/// What came, beside each entry that it led to.
fn evidence(
    runner: &Runner,
    file: &DialectFile,
    errors: &[Observation],
    success: &Received,
    login: &LoginObservation,
) -> Vec<(String, String)> {
    let mut evidence = Vec::new();
    for seen in errors {
        let key = seen.name.key();
        if file.respostas.contains_key(&key) {
            evidence.push((format!("[respostas.{key}]"), format!("{}: {}", seen.case, runner.shown(&seen.received))));
        }
    }
    if let Some(seen) = errors.first() {
        evidence.push(("[erro]".to_owned(), format!("{}: {}", seen.case, runner.shown(&seen.received))));
    }
    evidence.push(("[sucesso]".to_owned(), format!("the first change: {}", runner.shown(success))));
    evidence.push(("[login]".to_owned(), format!("login/success: {}", runner.shown(&login.received))));
    evidence
}

impl Recording {
    /// The file, with what each entry is known from as comments above it.
    pub fn toml(&self, base_url: &str) -> String {
        let mut text = format!("# Recorded from {base_url} at {}.\n", now());
        text.push_str(
            "# Each table says which case showed it, and what came. Secrets are replaced.\n#\n# Not asked:\n",
        );
        for (what, why) in &self.unasked {
            text.push_str(&format!("# - {what}: {}\n", why.lines().next().unwrap_or_default()));
        }
        text.push('\n');
        let file = toml::to_string(&self.file).expect("a dialect is a table of texts and numbers");
        for line in file.lines() {
            for (_, came) in self.evidence.iter().filter(|(entry, _)| entry == line) {
                came.lines().for_each(|came| text.push_str(&format!("# {}\n", came.escape_debug())));
            }
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

fn now() -> String {
    OffsetDateTime::now_utc().format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

impl Runner {
    /// Logs in, and keeps the whole answer.
    async fn observe_login(&mut self) -> Result<LoginObservation, StartError> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let (received, token) = self.log_in().await?;
        Ok(LoginObservation { life: life_of(&token), token, login: self.login().to_owned(), now, received })
    }
}
