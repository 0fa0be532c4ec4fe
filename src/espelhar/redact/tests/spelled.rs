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

/// The heads of answers are read by others, too: their headers, their reasons, and what is said of them.
#[test]
fn no_head_of_an_answer_keeps_a_senha_in_any_spelling() {
    const NAMES: [&str; 8] = [
        "Server",
        "X-Powered-By",
        "Vary",
        "Cache-Control",
        "Content-Type",
        "WWW-Authenticate",
        "Access-Control-Allow-Headers",
        "Location",
    ];
    let observer = Observer::new(Arc::new(Dialect::contract()));
    for senha in [KNOWN, UNKNOWN, "S3nh@1á"] {
        let asked = json!({"login": "ana", "senha": senha}).to_string();
        let spaced = senha.chars().map(|letter| format!("{letter} ")).collect::<String>();
        let escaped = senha.chars().map(|letter| format!("\\u{:04x}", u32::from(letter))).collect::<String>();
        let own = [("spaced", spaced.trim().to_owned()), ("escaped", escaped)];
        let all = spellings(senha).into_iter().map(|(name, spelled)| (name.to_string(), spelled));
        for (name, spelled) in all.chain(own.map(|(name, spelled)| (name.to_owned(), spelled))) {
            let heads = NAMES.map(|header| ([(header, spelled.as_str())], ""));
            for (returned, reason) in heads.into_iter().chain([([("Server", "nginx")], spelled.as_str())]) {
                let said = Said { target: LOGIN, code: 401, asked: &asked, returned: &returned, ..NOTHING };
                let mut exchange = said.exchange();
                reason.clone_into(&mut exchange.answer.reason);
                let observation = observer.observe(&exchange);
                let line = Redactor::new(Disclosure::default()).line(&exchange, &observation).to_string();
                assert_eq!(left_of(&line, &spelled), None, "{name}: {returned:?} {reason} {line}");
                let is_there = line.contains(&*spelled.escape_default().to_string()) || line.contains(&spelled);
                assert!(!is_there, "{name}: {line}");
            }
        }
    }
}

/// Words of one letter or two are in each text and each name: a row of them spells what is in none.
#[test]
fn no_name_is_kept_letter_by_letter() {
    let observer = Observer::new(Arc::new(Dialect::contract()));
    for name in ["Zoraide", "Eva", "Canária"] {
        for separator in ["-", "_", ".", " ", "|", "/", "·", ";", "+", "\u{a0}"] {
            let spelled = name.chars().map(String::from).collect::<Vec<_>>().join(separator);
            for body in [
                json!({"message": spelled}),
                json!({"message": format!("Usuário {spelled} não encontrado")}),
                json!({"codigo": spelled, "erro": [spelled]}),
                json!({&spelled: "erro"}),
                json!({"erro": {format!("ds_{spelled}"): 1}}),
            ] {
                for (target, code) in [(LOGIN, 401), (LOGIN, 200), (CHANGE, 400)] {
                    let answer = body.to_string();
                    let line = line(&observer, &Said { target, code, answer: &answer, ..NOTHING }).to_string();
                    assert!(!line.contains(&spelled), "{line}");
                }
            }
            for header in ["Server", "X-Powered-By", "Vary", "WWW-Authenticate", "Cache-Control", "Content-Type"] {
                let value = format!("Bearer realm={spelled}");
                for returned in [[(header, spelled.as_str())], [(header, value.as_str())], [(spelled.as_str(), "1")]] {
                    let line = line(&observer, &Said { returned: &returned, ..NOTHING }).to_string();
                    assert!(!line.contains(&spelled), "{line}");
                }
            }
        }
    }
}

/// No honest server spells letters by their numbers.
#[test]
fn letters_that_are_written_as_numbers_are_kept_nowhere() {
    let observer = Observer::new(Arc::new(Dialect::contract()));
    let asked = json!({"login": "ana", "senha": "topazio-escuro"}).to_string();
    for spelled in ["&#116;&#111;", "&#x74;&#x6f;", "\\u0074\\u006f", "%74%6F", "E-&#116;&#111;"] {
        for member in ["codigo", "message"] {
            let body = format!(r#"{{"{member}":"{}"}}"#, spelled.replace('\\', "\\\\"));
            let line = line(&observer, &Said { target: LOGIN, code: 401, asked: &asked, answer: &body, ..NOTHING });
            let kept = line["resposta"].as_str().unwrap();
            assert!(kept.contains("<texto>") && !kept.contains("74") && !kept.contains("116"), "{body}: {kept}");
        }
    }
}
