//! What an answer with the status code of a success says of itself: some servers answer everything with 200.

use std::collections::BTreeSet;

use serde_json::Value;

use super::stand_ins::{A_PERSON, filled};
use crate::conferir::places::values;
use crate::sensitive::folded;

/// What speaks for a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Signs {
    /// A member says so, such as `"ok":false` and `"erro":"E17"`.
    is_told: bool,
    /// Words of refusals in its sentences.
    words: BTreeSet<String>,
}

/// How the names of members begin that are true where something was done, beside [`DOING`].
const DONE: [&str; 10] =
    ["valid", "result", "status", "aceit", "accept", "autenticad", "autorizad", "permitid", "process", "retorno"];
/// Those of them that may say it by a number or a word.
const PLAIN: [&str; 3] = ["ok", "success", "sucesso"];
/// The same of those that are filled where nothing was.
const FAULTS: [&str; 6] = ["erro", "error", "falha", "fail", "exception", "excecao"];
/// A no.
const NO: [&str; 5] = ["0", "n", "nao", "no", "false"];
/// What stands in those where all is well, too.
const NO_FAULT: [&str; 7] = ["", "00", "000", "200", "none", "nenhum", "null"];
/// How words of refusals begin.
const REFUSING: [&str; 31] = [
    "obrigat",
    "invalid",
    "inexist",
    "negad",
    "recusad",
    "rejeitad",
    "proibid",
    "incorret",
    "desconhecid",
    "falh",
    "falta",
    "faltou",
    "erro",
    "fail",
    "denied",
    "refused",
    "rejected",
    "forbidden",
    "unknown",
    "missing",
    "required",
    "wrong",
    "malform",
    "ausente",
    "imposs",
    "bloquead",
    "expirad",
    "expired",
    "informe",
    "cannot",
    "unauthor",
];
/// Words that say the same of what comes after them.
const NOT: [&str; 4] = ["nao", "not", "never", "nunca"];
/// How words begin that say that something was done.
const DOING: [&str; 19] = [
    "sucesso",
    "success",
    "alterad",
    "atualizad",
    "realizad",
    "efetuad",
    "concluid",
    "gravad",
    "salv",
    "registrad",
    "feit",
    "updated",
    "executad",
    "executed",
    "aplicad",
    "changed",
    "done",
    "saved",
    "ok",
];

impl Signs {
    /// Those in the body `recorded`.
    pub(super) fn of(recorded: &str) -> Self {
        let mut signs = Self::default();
        for (place, value) in values(&filled(recorded, 0, A_PERSON)) {
            let name = place.rsplit('/').find(|part| part.contains(char::is_alphabetic));
            signs.is_told |= tells(&folded(name.unwrap_or_default()), &value);
            if let Value::String(text) = &value {
                signs.words.extend(words_in(text));
            }
        }
        signs
    }

    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether they speak for a refusal where successes have those in `usual`.
    pub(super) fn refuse(&self, usual: &Self) -> bool {
        self.is_told || !self.words.is_subset(&usual.words)
    }
}

/// Whether the member `name` says with `value` that nothing was done.
fn tells(name: &str, value: &Value) -> bool {
    let begins = |known: &[&str]| known.iter().any(|known| name.starts_with(known));
    let text = match value {
        Value::String(text) => folded(text.trim()),
        other => other.to_string(),
    };
    let is_no = NO.contains(&text.as_str());
    let is_fault = FAULTS.iter().any(|known| name.contains(known));
    match value {
        Value::Null => false,
        Value::Bool(value) => {
            if is_fault {
                *value
            } else {
                !*value && (begins(&DONE) || begins(&DOING))
            }
        }
        _ if is_fault => !is_no && !NO_FAULT.contains(&text.as_str()) && !is_done(&text),
        _ => is_no && begins(&PLAIN),
    }
}

/// The words of `text` that speak for a refusal; of a word alone, those that mean nothing else, as one may be that of a status.
fn words_in(text: &str) -> BTreeSet<String> {
    let text = folded(text);
    if is_done(&text) {
        return BTreeSet::new();
    }
    let words: Vec<&str> = words(&text).collect();
    let is_sentence = words.len() > 1;
    let refuses = |word: &&&str| {
        let begins = |known: &[&str]| known.iter().any(|known| word.starts_with(known));
        if is_sentence { NOT.contains(*word) || begins(&REFUSING) } else { begins(&FAULTS) || **word == "nok" }
    };
    words.iter().filter(refuses).map(|word| (*word).to_owned()).collect()
}

/// Whether the folded `text` says that something was done.
fn is_done(text: &str) -> bool {
    let words: Vec<&str> = words(text).collect();
    let does = |at: usize| {
        let is_denied = at > 0 && (NOT.contains(&words[at - 1]) || words[at - 1] == "sem");
        !is_denied && DOING.iter().any(|known| words[at].starts_with(known))
    };
    (0..words.len()).any(does)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_so_by_a_member_or_in_words() {
        for body in [
            r#"{"ok":false}"#,
            r#"{"sucesso":"N","mensagem":"<texto>"}"#,
            r#"{"status":false,"dados":null}"#,
            r#"{"erro":true}"#,
            r#"{"codigoErro":7}"#,
            r#"{"erros":["<texto>"]}"#,
            r#"{"status":"ok","message":"Motivo é obrigatório"}"#,
            r#"{"status":"erro","message":"<texto>"}"#,
            r#"{"m":"Atendimento <protocolo> não encontrado"}"#,
            r#"{"m":"Status não alterado"}"#,
            "ERRO: <texto>",
            "<r><msg>Informe o motivo</msg></r>",
        ] {
            assert!(Signs::of(body).refuse(&Signs::default()), "{body}");
        }
        for body in [
            r#"{"ok":true,"erro":null,"erros":[],"codigoErro":0,"error":"","falha":"nenhuma falha, ok"}"#,
            r#"{"status":"ok","message":"Status alterado; cliente não notificado"}"#,
            r#"{"mensagem":"Realizado sem erro"}"#,
            r#"{"situacao":"REJECTED","aberto":false}"#,
            "recusado",
            "nada mais a fazer",
            "",
        ] {
            assert!(Signs::of(body).is_none(), "{body}: {:?}", Signs::of(body));
        }
        // What successes say, too, is no sign.
        let usual = Signs::of(r#"{"m":"Cliente não notificado"}"#);
        assert!(!Signs::of(r#"{"m":"Cliente não notificado"}"#).refuse(&usual) && !usual.is_none());
    }
}
