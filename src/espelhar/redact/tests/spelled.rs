//! A senha and a token in each spelling, in requests and in answers.

use super::*;
use crate::conferir::spellings::{left_of, spellings};

/// All its words are known, so that nothing but the repetition gives it away.
const KNOWN: &str = "Padrão & acesso <do> servidor";
const UNKNOWN: &str = "k4narioT0ken9Zq8Wv";

fn line(observer: &Observer, said: &Said<'_>) -> Value {
    let exchange = said.exchange();
    Redactor::new(Disclosure::default()).line(&exchange, &observer.observe(&exchange))
}

#[test]
fn no_answer_repeats_a_senha_in_any_spelling() {
    let observer = Observer::new(Arc::new(Dialect::contract()));
    let routes = [(LOGIN, 401), (CHANGE, 400)];
    for (senha, targets) in [(KNOWN, &routes[..]), (UNKNOWN, &routes[1..]), ("S3nh@1á", &routes[1..])] {
        let asked = json!({"login": "ana", "senha": senha}).to_string();
        for (name, spelled) in spellings(senha) {
            let is_list = spelled.starts_with('[');
            let texts = [spelled.clone(), format!("Erro ({spelled}) inválido.")];
            let bodies = texts.iter().flat_map(|text| {
                [
                    json!({"message": text}).to_string(),
                    text.clone(),
                    format!("<p>{text}</p>"),
                    json!({"codigo": text}).to_string(),
                ]
            });
            for body in bodies.chain(is_list.then(|| format!("{{\"erro\":{spelled}}}"))) {
                for (target, code) in targets {
                    let line = line(&observer, &Said { target, code: *code, asked: &asked, answer: &body, ..NOTHING });
                    let kept = line["resposta"].as_str().unwrap();
                    assert_eq!(left_of(kept, &spelled), None, "{name}: {body} became {kept}");
                    for word in ["adr", "acesso", "servidor", "narioT"] {
                        assert!(!kept.to_lowercase().contains(word), "{name}: {body} became {kept}");
                    }
                }
            }
        }
    }
}

#[test]
fn no_request_keeps_a_senha_or_a_token_in_any_spelling() {
    let observer = Observer::new(Arc::new(Dialect::contract()));
    for secret in [KNOWN, UNKNOWN] {
        for (name, spelled) in spellings(secret) {
            let (header, cookie) = ([("X-Chave", spelled.as_str())], [("Cookie", spelled.as_str())]);
            let (path, query) = (format!("/{spelled}/api/usuario/login"), format!("{LOGIN}?senha={spelled}"));
            let form = format!("login=ana&senha={spelled}");
            let xml = format!("<r><senha>{spelled}</senha></r>");
            for said in [
                Said { sent: &header, ..NOTHING },
                Said { sent: &cookie, ..NOTHING },
                Said { target: &path, ..NOTHING },
                Said { target: &query, ..NOTHING },
                Said { asked: &form, target: LOGIN, ..NOTHING },
                Said { asked: &xml, target: LOGIN, ..NOTHING },
                Said { asked: &spelled, target: LOGIN, ..NOTHING },
                Said { asked: &json!({"senha": spelled}).to_string(), target: LOGIN, ..NOTHING },
                Said { asked: &json!({"a": [spelled], "comentario": spelled}).to_string(), ..NOTHING },
                Said { returned: &header, code: 401, ..NOTHING },
            ] {
                let line = line(&observer, &said).to_string();
                assert_eq!(left_of(&line, &spelled), None, "{name}: {line}");
            }
        }
    }
}
