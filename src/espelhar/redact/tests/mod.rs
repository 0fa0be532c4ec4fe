//! What is written of whole exchanges.

mod declared;
mod echoed;
mod numbers;
mod spelled;
mod tokens;

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::dialect::Dialect;
use crate::espelhar::exchange::{Capture, Request};
use crate::espelhar::observe::Observer;

const LOGIN: &str = "/api/usuario/login";
const CHANGE: &str = "/api/atendimentos/status";

fn capture(text: &str) -> Capture {
    let mut body = Capture::default();
    body.add(text.as_bytes());
    body
}

fn headers(pairs: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect()
}

/// An exchange: target, headers and body of the request, status code, headers and body of the answer.
struct Said<'a> {
    target: &'a str,
    sent: &'a [(&'a str, &'a str)],
    asked: &'a str,
    code: u16,
    returned: &'a [(&'a str, &'a str)],
    answer: &'a str,
}

const NOTHING: Said<'_> = Said { target: CHANGE, sent: &[], asked: "{}", code: 400, returned: &[], answer: "" };

impl Said<'_> {
    fn exchange(&self) -> Exchange {
        let head = |sent, status| Head { headers: headers(sent), status, ..Head::default() };
        let asked = Head { method: "POST".to_owned(), target: self.target.to_owned(), ..head(self.sent, 0) };
        Exchange {
            request: Request { at: datetime!(2026-11-28 12:00 UTC), head: asked, body: capture(self.asked) },
            answer: head(self.returned, self.code),
            body: capture(self.answer),
            took: Duration::ZERO,
        }
    }

    fn line(&self, redactor: &mut Redactor) -> Value {
        let exchange = self.exchange();
        let observer = Observer::new(Arc::new(Dialect::contract()));
        redactor.line(&exchange, &observer.observe(&exchange))
    }
}

fn line(said: &Said<'_>) -> Value {
    said.line(&mut Redactor::new(Disclosure::default()))
}

/// What is written of `answer` to a change that was refused.
fn written(asked: &str, answer: &str) -> String {
    line(&Said { asked, answer, ..NOTHING })["resposta"].as_str().unwrap().to_owned()
}

#[test]
fn a_member_whose_name_tells_of_a_secret_or_of_a_person_is_masked_wherever_it_stands() {
    for name in ["senha", "novaSenha", "password", "token", "api_key", "CPF", "nome", "e-mail", "telefone", "usuario"] {
        for (value, shown) in [
            ("\"Erro interno no servidor\"", None),
            ("\"atendimento\"", Some("\"<texto>\"")),
            ("\"ok\"", Some("\"<texto>\"")),
            ("123", Some("<número>")),
            ("true", Some("true")),
            ("[\"erro\",{\"a\":\"erro\",\"b\":4}]", None),
        ] {
            let body = format!("{{\"erro\":{{\"{name}\":{value}}}}}");
            let kept = written("{}", &body);
            if let Some(shown) = shown {
                assert_eq!(kept, format!("{{\"erro\":{{\"{name}\":{shown}}}}}"));
            }
            assert!(!kept.contains("\"erro\",{") && !kept.contains(":4}"), "{kept}");
        }
    }
    // What is wrong with a member, as some servers say it.
    for body in [
        r#"{"errors":{"senha":["Este campo é obrigatório"],"email":["This field is required."]}}"#,
        r#"{"nome":["Este campo não pode estar vazio"]}"#,
    ] {
        assert_eq!(written("{}", body), body);
    }
}

#[test]
fn a_secret_is_found_in_whichever_spelling_an_answer_repeats_it() {
    // All its words are known, so that nothing but the repetition gives it away.
    let secret = "Padrão & acesso <do> servidor";
    let asked = json!({"comentario": secret}).to_string();
    let bytes: Vec<String> = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let entities: String = secret.chars().map(|letter| format!("&#{};", u32::from(letter))).collect();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let spellings = [
        secret.to_owned(),
        secret.to_uppercase(),
        secret.to_lowercase(),
        secret.replace('ã', "a\u{303}"),
        secret.replace('ã', "Ã£"),
        secret.chars().take(15).collect(),
        secret.chars().take(17).collect(),
        html.clone(),
        html.replace('&', "&amp;"),
        entities,
        bytes.concat(),
        secret.replace(' ', "+").replace('&', "%26").replace('ã', "%C3%A3"),
        secret.replace('ã', "\\u00e3"),
        secret.replace('ã', "&#xE3;"),
        BASE64_STANDARD.encode(secret),
    ];
    for spelling in spellings {
        for text in [spelling.clone(), format!("Erro: {spelling}"), format!("Erro: '{spelling}…' inválido.")] {
            let body = json!({"message": text}).to_string();
            let kept = written(&asked, &body);
            let left = kept.replace("{\"message\":\"", "").replace("\"}", "").replace("<texto>", "");
            for word in ["adr", "ADR", "acesso", "ACESSO", "servidor", "%", "&#", "UGFk"] {
                assert!(!left.contains(word), "{text}: {kept}");
            }
            let escaped: String = body
                .chars()
                .map(|letter| match letter.is_ascii() {
                    true => letter.to_string(),
                    false => letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
                })
                .collect();
            assert_eq!(written(&asked, &escaped).replace("\\u2026", "…").replace("\\u00e1", "á"), kept, "{escaped}");
            // What is no JSON is kept whole or not at all.
            let kept = written(&asked, &format!("<p>{text}</p>"));
            assert!(kept.ends_with(" bytes>") || kept.contains("<id "), "{text}: {kept}");
        }
    }
}

#[test]
fn the_sentence_of_a_server_stays_without_what_names_somebody() {
    let asked = r#"{"protocolo":"20221104000007","status":"Resolvido","motivoStatus":"Queda de luz","login":"jsilva"}"#;
    for (text, kept) in [
        ("Chamado inexistente na base de dados", None),
        ("Atendimento 20221104000007 não encontrado", Some("Atendimento <protocolo> não encontrado")),
        ("O status 'Resolvido' não existe", Some("O status '<status>' não existe")),
        ("Motivo Queda de luz desconhecido", Some("Motivo <motivo> desconhecido")),
        ("Usuário jsilva bloqueado", Some("Usuário <login> bloqueado")),
        ("Usuário Fulana de Tal sem permissão", Some("Usuário <texto> de <texto> sem permissão")),
        ("Ligue (11) 98765-4321", Some("<texto> (<número>")),
        ("Erro s.e.n.h.a aqui", Some("Erro <texto> aqui")),
        ("Contate fulana@example.com.", Some("Contate <texto>.")),
        ("CPF 123.456.789-00 inválido", Some("CPF <número> inválido")),
        ("Expirou em 28/11/2026 09:00", None),
        ("Nascido em 1980-05-12T03:04:05Z", Some("<texto> em <número>")),
        ("Falha em 2026-11-28T12:00:05Z, tente de novo", None),
        ("Limite de 5 tentativas; aguarde 300000 ms", None),
        ("Erro 0HN7GLL5L6N3A:00000001", Some("Erro <id BASE36 13>:<id digitos 8>")),
        ("Trace 4bf92f35-77b3-4da6-a3ce-929d0e0e4736", Some("Trace <id uuid>")),
        ("Falha: senha=acesso&login=x", Some("Falha: senha=<texto>&login=<texto>")),
        ("senha = 'acesso negado'; pin='123'", Some("senha = '<texto>'; pin='<texto>'")),
        (
            r#"{"senha":"acesso","erro":["ok",{"pin":123}]}"#,
            Some(r#"{"senha":"<texto>","erro":["ok",{"pin":<número>}]}"#),
        ),
        ("token='eyJhbGciOi.eyJzdWIiOi.c2ln'.", Some("token='<token>'.")),
        ("Token eyJhbGciOi.eyJzdWIiOi.c2ln, inválido", Some("Token <token>, inválido")),
        (
            "Veja https://api-7f9c.hml.example.com/erro/E4012",
            Some("<texto> https://api-<texto>.<texto>.<texto>.com/erro/<texto>"),
        ),
        ("https://status.com/trace/4bf92f3577b34da6a3ce929d0e0e4736", Some("https://status.com/trace/<id hex 32>")),
        ("https://x.br/?t=eyJhbGciOi.eyJzdWIiOi.c2ln&u=1", Some("https://<texto>.br/?<texto>=<token>&<texto>=1")),
    ] {
        let body = json!({"message": text}).to_string();
        let expected = json!({"message": kept.unwrap_or(text)}).to_string();
        assert_eq!(written(asked, &body), expected);
    }
}

/// Each is a word or a number that servers use: nothing but the name before it gives it away.
#[test]
fn what_follows_the_name_of_a_secret_is_hidden_in_any_text() {
    for (text, kept) in [
        ("Sua nova senha: acesso, pin: 483", "Sua nova senha: <texto>, pin: <texto>"),
        ("senha:acesso", "senha:<texto>"),
        ("Senha: acesso ao servidor", "Senha: <texto>"),
        (r#"\"senha\":\"acesso\","pin":483"#, "<texto>"),
        ("Senha: campo obrigatório", "Senha: campo obrigatório"),
        ("Token: expirado ou ausente", "Token: expirado ou ausente"),
        ("Senha inválida", "Senha inválida"),
    ] {
        let body = json!({"message": text}).to_string();
        assert_eq!(written("{}", &body), json!({"message": kept}).to_string());
    }
    for body in [
        "{\"senha\":\"acesso\",\"pin\":483}\n{\"senha\":\"mudar\"}",
        "\u{feff}{\"senha\":\"acesso\"}",
        "{\"message\":\"erro\",\"senha\":\"acesso\"",
        "{\"message\":\"erro\",\"pin\":483",
        "<erro><senha>acesso</senha><pin>483</pin></erro>",
        "<ns:senha>acesso</ns:senha>",
        "<table><tr><td>Senha</td><td>mudar</td></tr></table>",
        "<dl><dt>Senha</dt>\n<dd class=\"x\">mudar</dd></dl>",
        "Sua nova senha: acesso",
    ] {
        assert_eq!(written("{}", body), format!("<{} bytes>", body.len()), "{body}");
    }
    for body in ["<p>Senha</p><p>Acesso negado</p>", "<h1>Token inválido ou expirado</h1>"] {
        assert_eq!(written("{}", body), body);
    }
    // JSON within the JSON of a secret is one, too.
    for (value, kept) in
        [(r#"{"v":123}"#, r#"{"<nome>":<número>}"#), ("[4839]", "[<número>]"), (r#"["acesso"]"#, r#"["<texto>"]"#)]
    {
        for name in ["senha", "pin", "usuario"] {
            assert_eq!(written("{}", &json!({name: value}).to_string()), json!({name: kept}).to_string());
        }
    }
}

#[test]
fn a_request_that_was_not_read_whole_leaves_no_words_of_its_answer() {
    let long = json!({"comentario": "z".repeat(70_000), "senha": "mudar acesso"}).to_string();
    let answer = r#"{"message":"Erro: mudar acesso","codigo":483}"#;
    assert_eq!(written(&long, answer), r#"{"message":"<texto>","codigo":<número>}"#);
    for coding in ["br", "gzip"] {
        let sent = [("Content-Encoding", coding)];
        let line = line(&Said { sent: &sent, asked: "?", answer, ..NOTHING });
        assert_eq!(line["resposta"], r#"{"message":"<texto>","codigo":<número>}"#);
    }
    // A form that was compressed is read as one that was not.
    let mut form = GzEncoder::new(Vec::new(), Compression::fast());
    form.write_all(b"login=ana&senha=mudar+acesso").unwrap();
    let mut exchange = Said { sent: &[("Content-Encoding", "gzip")], asked: "", answer, ..NOTHING }.exchange();
    exchange.request.body.add(&form.finish().unwrap());
    let observation = Observer::new(Arc::new(Dialect::contract())).observe(&exchange);
    let line = Redactor::new(Disclosure::default()).line(&exchange, &observation);
    assert_eq!(line["resposta"], r#"{"message":"Erro: <texto>","codigo":483}"#);
}

#[test]
fn what_is_no_json_is_kept_if_all_of_it_is_known() {
    for body in ["ERRO: Token is missing\n", "<html><body><h1>404 Not Found</h1></body></html>", "Senha inválida"] {
        assert_eq!(written("{}", body), body);
    }
    for body in [
        "<html><title>Erro</title><p>Fulana</p></html>",
        "<erro><senha>x1</senha></erro>",
        "login=ana&senha=1234",
        "Erro para fulana",
        "--b\r\nContent-Disposition: form-data; name=\"senha\"\r\n\r\nx1\r\n--b--",
        "senha: 98765",
        "{\"message\":\"Fulana\"",
    ] {
        assert_eq!(written("{}", body), format!("<{} bytes>", body.len()), "{body}");
    }
}

#[test]
fn names_of_members_in_answers_are_kept_if_servers_have_them() {
    let body = r#"{"dsMensagem":"Erro","fulana":"erro","segredo_x1":1,"ana maria":2,"cd_erro":3}"#;
    assert_eq!(
        written("{}", body),
        r#"{"dsMensagem":"Erro","<nome>":"erro","segredo_x1":<número>,"<nome>":2,"cd_erro":3}"#
    );
    let repeated = written(r#"{"erroDoFulano":1}"#, r#"{"erroDoFulano":"campo desconhecido"}"#);
    assert_eq!(repeated, r#"{"<nome>":"campo desconhecido"}"#);
}

#[test]
fn what_our_server_would_say_repeats_nothing_of_the_request() {
    let asked = r#"{"canario":1,"canario":2,"protocolo":"2022"}"#;
    let line = line(&Said { asked, code: 200, answer: "{}", ..NOTHING });
    assert!(line["recusa"].is_string() && !line.to_string().contains("canario"), "{line}");
}

/// It would hold up all that comes after it.
#[test]
fn a_request_of_thousands_of_values_takes_no_time() {
    let form: String = (0..1500).map(|number| format!("campo=valor-repetido-{number}&")).collect();
    let texts: Vec<&str> = vec![&form[..2000]; 20];
    let begun = Instant::now();
    assert!(written(&form, &json!({"erros": texts}).to_string()).contains("<texto>"));
    assert!(written(&"campo=valor-repetido&".repeat(2000), &json!({"erros": texts}).to_string()).contains("<texto>"));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
