//! Parts of what was asked, and names, in answers.

use super::*;

/// Of the answer to a request with `member` as `value`.
fn kept(target: &str, (member, value): (&str, &str), text: &str) -> String {
    let asked = json!({ member: value, "senha": "x-9" }).to_string();
    let answer = json!({ "message": text }).to_string();
    let said = Said { target, code: 401, asked: &asked, answer: &answer, ..NOTHING };
    serde_json::from_str::<Value>(line(&said)["resposta"].as_str().unwrap()).unwrap()["message"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// All words are known: nothing but the repetition gives them away.
#[test]
fn a_part_of_a_comment_is_no_part_of_an_answer() {
    let comment = "Cliente pediu acesso ao servidor de produção, código 4839";
    for (text, shown) in [
        ("Comentário inválido: acesso ao servidor", "Comentário inválido: <texto>"),
        ("O texto 'servidor de produção' não é permitido", "O texto '<texto>' não é permitido"),
        ("Palavra proibida: servidor", "Palavra proibida: <texto>"),
        ("Palavra proibida: SERVIDOR!", "Palavra proibida: <texto>!"),
        ("Palavra proibida: produ&ccedil;&atilde;o", "<texto>"),
        ("Palavra proibida (produção)", "Palavra proibida (<texto>)"),
        ("Erro interno no servidor", "Erro interno no servidor"),
        ("Atendimento não encontrado", "Atendimento não encontrado"),
    ] {
        assert_eq!(kept(CHANGE, ("comentario", comment), text), shown, "{text}");
    }
    let disclosure = Disclosure { comments: true, ..Disclosure::default() };
    let asked = json!({ "comentario": comment }).to_string();
    let answer = r#"{"message":"Palavra proibida: servidor"}"#;
    let shown = Said { asked: &asked, answer, ..NOTHING }.line(&mut Redactor::new(disclosure));
    assert_eq!(shown["resposta"], answer);
}

/// Each run of its words, wherever a server cites it.
#[test]
fn no_run_of_the_words_of_a_comment_is_kept_where_it_is_cited() {
    let comment = "Cliente pediu acesso ao servidor de produção com outro perfil";
    let words: Vec<&str> = comment.split(' ').collect();
    let telling = |text: &str| text.split(' ').filter(|word| word.chars().count() >= 5).count();
    let bytes = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    for start in 0..words.len() {
        for end in start + 1..=words.len() {
            let run = words[start..end].join(" ");
            if telling(&run) == 0 {
                continue;
            }
            for part in
                [run.clone(), run.to_uppercase(), run.replace('ç', "&ccedil;").replace('ã', "&atilde;"), bytes(&run)]
            {
                for form in [
                    "P",
                    "Erro: P",
                    "Erro: P.",
                    "Valor 'P…' inválido",
                    "Valor \"P\" inválido",
                    "Campo (P) inválido",
                    "[P] inválido",
                ] {
                    let text = form.replace('P', &part);
                    let shown = kept(CHANGE, ("comentario", comment), &text).to_lowercase();
                    let left =
                        words.iter().find(|word| word.chars().count() >= 5 && shown.contains(&word.to_lowercase()));
                    assert_eq!(left, None, "{text}: {shown}");
                    assert!(!shown.contains('%') && !shown.contains('&'), "{text}: {shown}");
                }
            }
        }
    }
}

#[test]
fn a_part_of_a_login_is_no_part_of_an_answer() {
    for login in ["suporte@empresa.com", "agente.suporte", "suporte-01", "SUPORTE_web", "grupo\\suporte"] {
        for part in ["suporte", "SUPORTE", "Suporte"] {
            for (target, text) in
                [(LOGIN, "Usuário P bloqueado"), (CHANGE, "Usuário P bloqueado"), (LOGIN, "O usuário 'P' não existe")]
            {
                let said = kept(target, ("login", login), &text.replace('P', part));
                assert!(!said.to_lowercase().contains("suporte"), "{login}: {said}");
            }
        }
    }
    assert_eq!(kept(LOGIN, ("login", "user.api"), "Invalid user"), "Invalid user");
}

#[test]
fn a_name_that_is_a_known_word_is_masked_where_it_is_written_like_one() {
    for (text, shown) in [
        ("Campos", "<texto>"),
        ("Usuário Campos bloqueado", "Usuário <texto> bloqueado"),
        ("Ana Campos", "<texto>"),
        ("Campos obrigatórios não preenchidos", "Campos obrigatórios não preenchidos"),
    ] {
        assert_eq!(kept(LOGIN, ("login", "a"), text), shown);
    }
    for name in ["Dias", "CHAVES", "Nascimento", "Max"] {
        for member in ["x", "erro", "dsMensagem", "codigo"] {
            let answer = json!({ member: name }).to_string();
            for (target, code) in [(LOGIN, 200), (LOGIN, 401), (CHANGE, 400)] {
                let line = line(&Said { target, code, answer: &answer, ..NOTHING }).to_string();
                assert!(!line.contains(name), "{line}");
            }
        }
    }
}

#[test]
fn what_is_known_of_a_person_has_its_name_and_no_value() {
    for name in ["idade", "age", "nrIdade", "religiao", "apelido", "cidadeNascimento", "estadoCivilConjuge"] {
        let answer = json!({ name: 41, "erro": "ok" }).to_string();
        assert_eq!(
            written("{}", &answer).replace(' ', ""),
            json!({ name: "N", "erro": "ok" }).to_string().replace("\"N\"", "<número>")
        );
    }
}

/// Whatever the member is called.
#[test]
fn the_end_of_a_token_that_says_nothing_of_itself_is_kept() {
    for name in ["expiraEm", "expires_at", "ate", "validade", "fim", "exp"] {
        for (end, is_kept) in [
            (json!(1_795_867_200), true),
            (json!(1_795_953_600), true),
            (json!(1_795_953_600_000_i64), true),
            (json!("1795953600"), true),
            (json!("29.11.2026-23h47m17"), true),
            (json!("2026-333T23:47"), true),
            (json!(11_987_654_321_i64), false),
            (json!("11987654321"), false),
            (json!("29.11.1986-23h47m17"), false),
        ] {
            let answer = json!({ "token": "abc-1", name: end }).to_string();
            let asked = r#"{"login":"a","senha":"b"}"#;
            let line = line(&Said { target: LOGIN, code: 200, answer: &answer, asked, ..NOTHING });
            let kept = line["resposta"].as_str().unwrap();
            assert_eq!(kept.contains(end.to_string().trim_matches('"')), is_kept, "{answer}: {kept}");
        }
    }
}

/// Of a token that somebody else asked for, nobody knows the login: the word before it gives it away.
#[test]
fn a_login_of_known_words_is_masked_after_a_word_for_a_user() {
    for (text, shown) in [
        ("O usuário suporte.sistema não possui a permissão", "O usuário <texto> não possui a permissão"),
        ("usuario: setor.contrato sem acesso", "usuario: <texto> sem acesso"),
        ("User 'remoteWorker' has no permission", "User '<texto>' has no permission"),
        ("Atendimento alterado por suporte.externo.", "Atendimento alterado por <texto>."),
        ("Access denied for user EMPRESA\\suporte", "Access denied for user <texto>"),
        ("Usuário sem permissão", "Usuário sem permissão"),
        ("Usuário inválido: status.nome obrigatório", "Usuário inválido: status.nome obrigatório"),
    ] {
        assert_eq!(kept(CHANGE, ("status", "Aberto"), text), shown, "{text}");
    }
    for (name, value) in
        [("alteradoPor", "agente.geral"), ("createdBy", "agente.geral"), ("principal", "gerente.geral")]
    {
        let answer = json!({ name: value, "ok": true }).to_string();
        let said = Said { target: CHANGE, asked: "{\"status\":\"Aberto\"}", answer: &answer, ..NOTHING };
        assert!(!line(&said)["resposta"].as_str().unwrap().contains("geral"), "{name}");
    }
}

/// The user whose token a request has, as the login or the token itself told it.
#[test]
fn the_user_of_a_token_is_masked() {
    let mut redactor = Redactor::new(Disclosure::default());
    let asked = json!({ "login": "integracao.citrus", "senha": "x-9" }).to_string();
    let answer = json!({ "token": "0f3a".repeat(10) }).to_string();
    Said { target: LOGIN, asked: &asked, answer: &answer, code: 200, ..NOTHING }.line(&mut redactor);
    let opaque = "0f3a".repeat(10);
    // printf '{"sub":"gestor.atendimento"}' | base64
    let jwt = "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJnZXN0b3IuYXRlbmRpbWVudG8ifQ.c2ln";
    for (header, login) in
        [(("x-token", opaque.as_str()), "integracao.citrus"), (("authorization", jwt), "gestor.atendimento")]
    {
        for text in [format!("Sem acesso: {login}"), login.to_uppercase(), format!("{login}, sem acesso")] {
            let answer = json!({ "message": text }).to_string();
            let said = Said { target: CHANGE, asked: "{}", answer: &answer, sent: &[header], code: 403, ..NOTHING };
            let shown = said.line(&mut redactor)["resposta"].as_str().unwrap().to_owned();
            assert!(shown.contains("<usuario>") && !shown.to_lowercase().contains(login), "{shown}");
        }
    }
}
