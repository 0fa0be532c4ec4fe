//! What is concluded from lines of a recording.

use serde_json::json;

use super::*;
use crate::dialect::AnswerFile;

fn line(case: Option<&str>, code: u16, answer: &str) -> Value {
    json!({
        "rota": "status", "caso": case, "codigo": code, "resposta": answer, "recusa": null, "quando": "",
        "caminho": "/api/atendimentos/status", "cabecalhos": [], "cabecalhosDaResposta": [], "corpo": null,
    })
}

fn concluded(lines: &[Value]) -> Recording {
    let mut findings = Findings::default();
    (1..).zip(lines).for_each(|(number, line)| findings.add(number, line));
    findings.conclude()
}

#[test]
fn what_came_most_often_is_taken_and_the_rest_is_named() {
    let (often, once) = (r#"{"message":"Erro: Motivo não encontrado"}"#, r#"{"message":"Motivo não encontrado"}"#);
    let case = Some("unknown_motivo");
    let other = line(Some("unknown_status"), 404, r#"{"message":"Status não encontrado"}"#);
    let found = concluded(&[line(case, 404, once), line(case, 422, often), line(case, 422, often), other]);
    let answer = &found.file.respostas["unknown_motivo"];
    assert_eq!((answer.codigo, answer.texto.as_deref()), (Some(422), Some("Erro: Motivo não encontrado")));
    let came = |line: &str| found.comments.iter().any(|(_, came)| came.starts_with(line));
    assert!(came("line 2 of the recording, and 1 more: 422 ") && !came("line 1 "), "{:?}", found.comments);
    let doubt = ("unknown_motivo".to_owned(), format!("also answered otherwise; line 1 of the recording: 404 {once}"));
    assert!(found.unasked.contains(&doubt), "{:?}", found.unasked);
}

#[test]
fn what_was_not_recorded_whole_and_what_nobody_knows_is_named_and_not_taken() {
    let cut = line(Some("unknown_motivo"), 404, r#"{"message":"<texto>"}"#);
    let found = concluded(&[cut, line(None, 418, "bule"), line(Some("sucesso"), 200, "<12 bytes>")]);
    assert_eq!(found.file.respostas.len(), 0);
    assert_eq!(found.file.sucesso, AnswerFile::default());
    for (what, why) in [
        (
            "unknown_motivo",
            "not recorded whole, its status code alone is taken; line 1 of the recording: 404 {\"message\":\"<texto>\"}",
        ),
        ("unknown answer", "taken for nothing; line 2 of the recording: 418 bule"),
        ("sucesso", "not recorded whole; line 3 of the recording: 200 <12 bytes>"),
    ] {
        assert!(found.unasked.contains(&(what.to_owned(), why.to_owned())), "{why}: {:?}", found.unasked);
    }
    assert!(found.unasked.last().unwrap().1.starts_with("login, access_denied, body_cut, "), "{:?}", found.unasked);
}

#[test]
fn a_refusal_that_was_recorded_whole_is_not_taken_for_the_success_that_came_more_often() {
    let made = |answer: &str| line(Some("sucesso"), 200, answer);
    let cut = r#"{"mensagem":"Alterado","usuario":"<texto>"}"#;
    for (often, once, says) in [
        (cut, r#"{"mensagem":"Informe o motivo"}"#, true),
        (r#"{"ok":true,"texto":"<texto>"}"#, r#"{"ok":false,"texto":"Motivo?"}"#, true),
        (cut, r#"{"mensagem":"Motivo?"}"#, false),
        (r#"{"x":true,"texto":"<texto>"}"#, r#"{"x":false,"texto":"Motivo?"}"#, false),
        (r#"{"<nome>":"<texto>","usuario":"<texto>"}"#, r#"{"mensagem":"Motivo?"}"#, false),
    ] {
        let found = concluded(&[made(once), made(often), made(often)]);
        assert_eq!(found.file.sucesso, AnswerFile::default(), "{often}");
        let doubt =
            |case: &str, begin: &str| found.unasked.iter().any(|(what, why)| what == case && why.starts_with(begin));
        // One that says so itself is none, whichever came more often.
        let is_told = match says {
            true => doubt("unknown answer", "taken for nothing; line 1"),
            false => doubt("sucesso", "also answered otherwise; line 1"),
        };
        assert!(doubt("sucesso", "not recorded whole") && is_told, "{:?}", found.unasked);
    }
    // What may be the same answer, with words of its own in a place of which nothing is known, is taken.
    let found = concluded(&[
        made(r#"{"ok":true,"texto":"Feito"}"#),
        made(r#"{"ok":true,"texto":"<texto>"}"#),
        made(r#"{"ok":true,"texto":"<texto>"}"#),
    ]);
    assert_ne!(found.file.sucesso, AnswerFile::default());
    let refused = login(r#"{"mensagem":"Senha errada"}"#, &json!({}));
    let found = concluded(&[refused.clone(), refused, login(r#"{"t":"<token>","ok":true}"#, &json!({}))]);
    assert_ne!(found.file.login, DialectFile::default().login, "{:?}", found.unasked);
}

#[test]
fn an_empty_recording_is_the_contract() {
    assert_eq!(concluded(&[]).file, DialectFile::default());
}

/// The same with headers of the request and of the answer, and a body of the request.
fn line_with(case: &str, code: u16, answer: &str, sent: &Value, returned: &Value, asked: &Value) -> Value {
    let mut line = line(Some(case), code, answer);
    (line["cabecalhos"], line["cabecalhosDaResposta"], line["corpo"]) = (sent.clone(), returned.clone(), asked.clone());
    line["quando"] = "2026-11-28T12:00:00Z".into();
    line["diferencas"] = json!([]);
    line
}

fn login(answer: &str, asked: &Value) -> Value {
    let mut line = line_with("login", 200, answer, &json!([]), &json!([]), asked);
    line["rota"] = "login".into();
    line
}

fn error(case: &str, code: u16, answer: &str) -> Value {
    line_with(case, code, answer, &json!([]), &json!([]), &json!({"status": "Aberto"}))
}

#[test]
fn an_id_is_a_gap_and_no_token() {
    let answer = r#"{"message":"Motivo não encontrado","traceId":"00-<id hex 32>-<id hex 16>-00"}"#;
    let malformed = r#"{"message":"JSON ruim","traceId":"00-<id hex 32>-<id hex 16>-00"}"#;
    let found = concluded(&[error("unknown_motivo", 404, answer), error("body_malformed", 400, malformed)]);
    let corpo = r#"{"message":"<texto>","traceId":"00-<aleatorio hex 32>-<aleatorio hex 16>-00"}"#;
    assert_eq!(found.file.erro.corpo.as_deref(), Some(corpo), "{:?}", found.file);
    assert_eq!(found.file.respostas["body_malformed"].texto.as_deref(), Some("JSON ruim"));
    assert!(!format!("{:?}", found.file).contains("espelho"), "{:?}", found.file);
}

#[test]
fn what_differs_between_answers_of_a_case_is_a_gap() {
    let answers = ["req-12", "req-97"].map(|id| format!(r#"{{"message":"Motivo não encontrado","id":"{id}"}}"#));
    let found = concluded(&answers.map(|answer| error("unknown_motivo", 404, &answer)));
    let corpo = r#"{"message":"<texto>","id":"req-<aleatorio digitos 2>"}"#;
    assert_eq!(found.file.erro.corpo.as_deref(), Some(corpo), "{:?}", found.file);
}

#[test]
fn what_an_answer_repeats_is_a_gap() {
    let made = |status: &str| {
        let answer = format!(r#"{{"protocolo":"<protocolo>","numero":<protocolo>,"status":"{status}"}}"#);
        line_with("sucesso", 200, &answer, &json!([]), &json!([]), &json!({"protocolo": "2022", "status": status}))
    };
    let found = concluded(&[
        made("Aberto"),
        made("Finalizado"),
        error("unknown_atendimento", 404, r#"{"message":"Atendimento <protocolo> não encontrado"}"#),
        error("unknown_status", 404, r#"{"message":"Status <status> não encontrado"}"#),
        error("wrong_senha", 401, r#"{"message":"Senha inválida"}"#),
    ]);
    let corpo = |name: &str| found.file.respostas[name].corpo.as_deref();
    let success = r#"{"protocolo":"<protocolo>","numero":<protocolo>,"status":"<status>"}"#;
    assert_eq!(found.file.sucesso.corpo.as_deref(), Some(success), "{:?}", found.file);
    let message = r#"{"message":"Atendimento <protocolo> não encontrado"}"#;
    assert_eq!(corpo("unknown_atendimento"), Some(message), "{:?}", found.file);
    assert_eq!(corpo("unknown_status"), Some(r#"{"message":"Status <status> não encontrado"}"#), "{:?}", found.file);
}

#[test]
fn the_values_of_every_login_are_kept_out() {
    let answer =
        |perfil: &str, id: u32| format!(r#"{{"token":"<token>","nome":"<texto>","perfil":"{perfil}","id":{id}}}"#);
    let asked = |login: &str| json!({"login": login});
    let found = concluded(&[
        login(&answer("Gerente", 1), &asked("ana.lima")),
        login(&answer("Gerente", 1), &asked("ana.lima")),
        login(&answer("Suporte", 2), &asked("rui.paz")),
    ]);
    let corpo = r#"{"token":"<token>","nome":"<pessoal>","perfil":"<pessoal>","id":<pessoal 0>}"#;
    assert_eq!(found.file.login.corpo.as_deref(), Some(corpo), "{:?}", found.file);
    let text = found.toml("r.ndjson", "Not known");
    assert!(text.contains("\n# Not known:\n# - ") && !text.contains("sked:"), "{text}");
    for personal in ["ana.lima", "rui.paz", "Pessoa", "espelho", "Gerente", "Suporte"] {
        assert!(!text.contains(personal), "{personal}: {text}");
    }
}

#[test]
fn what_no_reader_of_dialects_takes_is_left_out() {
    let found = concluded(&[error("unknown_motivo", 404, "{}"), error("wrong_senha", 401, "{}")]);
    let known = found.file.respostas.keys().map(|name| (name.clone(), 0)).collect();
    Dialect::of(&found.file, &known).unwrap();
    assert!(found.unasked.iter().any(|(_, why)| why.starts_with("left out: ")), "{:?}", found.unasked);
}

#[test]
fn the_header_that_a_login_filled_is_the_carrier() {
    let made = |sent: Value| line_with("sucesso", 200, r#"{"message":"ok"}"#, &sent, &json!([]), &json!({}));
    let headers = |lines: &[Value]| concluded(lines).file.token.cabecalhos;
    let by = |name: &str, value: &str| made(json!([["X-Api-Key", "<9 bytes>"], [name, value]]));
    let both = [by("X-Chave", "<token>"), by("Authorization", "Token <token>"), by("X-Chave", "<token>")];
    assert_eq!(headers(&both), Some(vec!["x-chave".to_owned(), "Authorization: Token".to_owned()]));
    // Of a token that came before the recording, the name of its header tells.
    assert_eq!(headers(&[made(json!([["X-Auth-Token", "<40 bytes>"]]))]), Some(vec!["x-auth-token".to_owned()]));
    assert_eq!(headers(&[made(json!([["Authorization", "Bearer <40 bytes>"]]))]), None);
}

#[test]
fn the_evidence_of_the_envelope_is_an_error_that_has_it() {
    let usual = |text: &str| format!(r#"{{"erro":"{text}"}}"#);
    let found = concluded(&[
        error("access_denied", 403, r#"{"outro":"Sem acesso"}"#),
        error("unknown_motivo", 404, &usual("Motivo não encontrado")),
        error("unknown_status", 404, &usual("Status não encontrado")),
    ]);
    let of = |table: &str| found.comments.iter().find(|(head, _)| head == table).map(|(_, told)| told.as_str());
    assert_eq!(found.file.erro.corpo.as_deref(), Some(r#"{"erro":"<texto>"}"#));
    assert!(of("[erro]").unwrap().starts_with("line 2 "), "{:?}", found.comments);
    assert!(of("[respostas.access_denied]").unwrap().starts_with("line 1 "), "{:?}", found.comments);
}

#[test]
fn of_an_answer_that_was_cut_the_code_is_taken_and_its_heads_are_told() {
    let returned =
        json!([["Content-Type", "application/json"], ["X-Limite", "<4 bytes>"], ["Set-Cookie", "<3 bytes>"]]);
    let cut = line_with("unknown_motivo", 422, r#"{"message":"<texto>"}"#, &json!([]), &returned, &json!({}));
    let found = concluded(&[cut]);
    assert_eq!(found.file.respostas["unknown_motivo"], AnswerFile { codigo: Some(422), ..AnswerFile::default() });
    for told in ["X-Limite", "Set-Cookie"] {
        assert!(
            found
                .unasked
                .iter()
                .any(|(what, why)| what == told && why.contains("line 1 of the recording, unknown_motivo"))
        );
    }
    assert!(found.file.nomes_de_cabecalhos.is_some());
}

#[test]
fn protocolos_that_were_not_recorded_are_not_one_atendimento() {
    let change = |answer: &str| {
        let mut line = line(Some("sucesso"), 200, answer);
        line["corpo"] = json!({"protocolo": "<texto de 14 caracteres>", "status": "Aberto"});
        line
    };
    let found = concluded(&[change(r#"{"ok":1}"#), change(r#"{"ok":1,"aviso":"erro"}"#)]);
    assert!(!found.file.respostas.contains_key("same_status"), "{:?}", found.file);
    assert_eq!(found.file.regras, RulesFile::default());
}

#[test]
fn all_values_of_a_header_are_taken_and_a_masked_content_type_by_the_body() {
    let returned = json!([["Content-Type", "<30 bytes>"], ["Vary", "Origin"], ["Server", "nginx"], ["vary", "Accept"]]);
    for (answer, kind) in [
        (r#"{"message":"Motivo não encontrado"}"#, None),
        ("<!doctype html><p>Motivo não encontrado</p>", Some("text/html")),
        ("Motivo não encontrado", Some("text/plain")),
    ] {
        let found = concluded(&[line_with("unknown_motivo", 404, answer, &json!([]), &returned, &Value::Null)]);
        assert_eq!(found.file.content_type.as_deref(), kind, "{answer}");
        assert_eq!(found.file.cabecalhos["vary"], "Origin, Accept");
    }
}

#[test]
fn a_time_as_a_list_and_in_words_is_written_by_the_dialect() {
    for (time, gap) in [
        ("[2026,11,28,9,0,5]", "<instante [yyyy,M,d,H,m,s,SSS] em -03:00>"),
        ("\"28 de nov. de 2026 às 09:00\"", "<instante dd 'de' MMM. 'de' yyyy às HH:mm pt em -03:00>"),
        ("\"28/11/26 09:00\"", "<instante dd/MM/yy HH:mm em -03:00>"),
        ("1795867205123456", "<instante uSSSSSS>"),
    ] {
        let answer = format!("{{\"em\":{time},\"message\":\"Motivo não encontrado\"}}");
        let found = concluded(&[line_with("unknown_motivo", 404, &answer, &json!([]), &json!([]), &Value::Null)]);
        let file = toml::to_string(&found.file).unwrap();
        assert!(file.contains(gap), "{time}: {file}");
    }
}

#[test]
fn a_header_that_no_dialect_reads_as_that_of_a_token_is_left_out_and_said() {
    let made = |name: &str| {
        let sent = json!([[name, "<token>"]]);
        line_with("sucesso", 200, r#"{"ok":1}"#, &sent, &json!([]), &json!({"status": "Aberto"}))
    };
    for lines in [vec![made("Accept")], vec![made("Accept"), made("X-Token")]] {
        let found = concluded(&lines);
        let text = found.toml("x", "Not known");
        let known = found.file.respostas.keys().map(|name| (name.clone(), 0)).collect();
        assert!(Dialect::parse(&text, &known).is_ok(), "{text}");
        assert!(text.contains("Accept") || text.contains("accept"), "{text}");
        let headers = if lines.len() == 1 { None } else { Some(vec!["x-token".to_owned()]) };
        assert_eq!(found.file.token.cabecalhos, headers, "{text}");
    }
}

/// Changes of one atendimento, each to the status after its answer, which `answer` makes of the two.
fn changes(answer: impl Fn(usize, usize) -> String) -> Vec<Value> {
    let statuses = [0, 1, 4, 0, 2, 1, 3, 0, 1, 2, 0, 4, 1, 0];
    let pairs = statuses.windows(2).map(|pair| (pair[0], pair[1]));
    let line = |(before, after): (usize, usize)| {
        let asked = json!({"protocolo": "20221104000005", "status": Status::ALL[after].nome()});
        line_with("sucesso", 200, &answer(before, after), &json!([]), &json!([]), &asked)
    };
    pairs.map(line).collect()
}

#[test]
fn the_status_before_a_change_and_words_for_statuses_are_concluded() {
    let name = |at: usize| Status::ALL[at].nome();
    let word = |at: usize| ["aberto", "andamento", "cancelado", "improcedente", "fechado"][at];
    for (answer, corpo) in [
        (
            &(|before, after| {
                format!(
                    r#"{{"de":"{}","deId":{},"para":"{}","id":{}}}"#,
                    name(before),
                    before + 1,
                    name(after),
                    after + 1
                )
            }) as &dyn Fn(usize, usize) -> String,
            r#"{"de":"<anterior>","deId":<anterior id>,"para":"<status>","id":<status id>}"#,
        ),
        (
            &|before, after| format!(r#"{{"de":"{}","para":"{}","ok":true}}"#, word(before), word(after)),
            r#"{"de":"<anterior>","para":"<status>","ok":true}"#,
        ),
    ] {
        let found = concluded(&changes(answer));
        assert_eq!(found.file.sucesso.corpo.as_deref(), Some(corpo), "{:?} {:?}", found.comments, found.unasked);
        assert!(!found.unasked.iter().any(|(what, _)| what == "sucesso"), "{:?}", found.unasked);
    }
}

#[test]
fn one_error_alone_speaks_for_no_others() {
    for (answer, erro, texto) in [
        (r#"{"codigo":17}"#, None, None),
        (
            r#"{"aviso":"Faltou dizer por que","n":3}"#,
            Some(r#"{"aviso":"<texto>","n":3}"#),
            Some("Faltou dizer por que"),
        ),
    ] {
        let found = concluded(&[error("unknown_motivo", 404, answer)]);
        assert_eq!(found.file.erro.corpo.as_deref(), erro);
        assert_eq!(found.file.respostas["unknown_motivo"].texto.as_deref(), texto);
    }
}

#[test]
fn where_refusals_have_codes_of_their_own_a_success_is_none() {
    let mut made =
        changes(|_, after| format!(r#"{{"ok":true,"situacao":"{}"}}"#, Status::ALL[after].nome().to_uppercase()));
    let mut odd = made.pop().unwrap();
    odd["recusa"] = "comentario – valor inválido".into();
    odd["resposta"] = r#"{"ok":true,"situacao":"OUTRA"}"#.into();
    made.extend([odd, error("unknown_motivo", 422, r#"{"erro":"Motivo não encontrado"}"#)]);
    let found = concluded(&made);
    assert_eq!(found.file.respostas.keys().collect::<Vec<_>>(), ["unknown_motivo"]);
    assert_eq!(found.file.erro.corpo.as_deref(), Some(r#"{"erro":"<texto>"}"#));
}
