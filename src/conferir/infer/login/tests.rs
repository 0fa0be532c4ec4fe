//! What of a login's answer is the user's, and what moves.

use axum::http::HeaderMap;

use super::*;
use crate::conferir::client::Received;
use crate::conferir::infer::seen::OtherLogin;

const TOKEN: &str = "c2VjcmV0LXRva2VuLW9mLWEtdXNlcg0123";

fn received(body: &str) -> Received {
    Received { code: 200, headers: HeaderMap::new(), body: body.to_owned(), charset: encoding_rs::UTF_8 }
}

fn found(body: &str, other: Option<&str>) -> LoginBody {
    found_twice(body, None, other)
}

fn found_twice(body: &str, again: Option<&str>, other: Option<&str>) -> LoginBody {
    let login = LoginObservation {
        token: TOKEN.to_owned(),
        login: "user.api".to_owned(),
        now: 1_795_867_205,
        life: None,
        zone: None,
        plain: vec!["clienteVersao".to_owned(), "userAgent".to_owned()],
        received: received(&body.replace("TOKEN", TOKEN)),
        again: again.map(|again| received(&again.replace("TOKEN", "b3V0cm8tdG9rZW4tb2YtYS11c2VyMDEyMzQ"))),
        other: other.map(|body| OtherLogin { login: "x".to_owned(), token: "x".to_owned(), received: received(body) }),
    };
    login_body(&login, Default::default())
}

#[test]
fn what_is_the_users_stays_out() {
    let body = r#"{"token":"TOKEN","tokenType":"Bearer","id":4711,"usuario":{"nome":"Fulana de Tal","cpf":"000.000.000-00","login":"user.api"},"perfil":"Gerente","ativo":true,"message":"Login efetuado com sucesso"}"#;
    let found = found(body, None);
    let corpo = r#"{"token":"<token>","tokenType":"Bearer","id":<pessoal 0>,"usuario":{"nome":"<pessoal>","cpf":"<pessoal>","login":"<login>"},"perfil":"<pessoal>","ativo":true,"message":"Login efetuado com sucesso"}"#;
    assert_eq!(found.corpo, corpo);
    for personal in ["Fulana", "000.000", "Gerente", "4711"] {
        assert!(!found.shown.contains(personal), "{}", found.shown);
    }
    assert_eq!(found.notes.len(), 4, "{:?}", found.notes);
    // What others are, too, may stand in an error for something else.
    assert_eq!(found.personal, ["Fulana de Tal", "000.000.000-00"]);
}

#[test]
fn the_namespaces_of_xml_are_nobodys() {
    let body = r#"<s:E xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:x" xsi:type="L"><t>TOKEN</t><n>Ana</n></s:E>"#;
    let corpo = body.replace("TOKEN", "<token>").replace("Ana", "<pessoal>");
    assert_eq!(found(body, None).corpo, corpo);
}

#[test]
fn what_is_another_one_at_each_login_becomes_a_gap() {
    let body = |id: &str, count: u8| format!(r#"{{"token":"TOKEN","sid":"{id}","acessos":{count},"nome":"Ana"}}"#);
    let found = found_twice(&body("9f3a1b2c4d5e", 41), Some(&body("0a1b2c3d4e5f", 42)), None);
    let corpo = r#"{"token":"<token>","sid":"<aleatorio hex 12>","acessos":<aleatorio digitos 2>,"nome":"<pessoal>"}"#;
    assert_eq!((found.corpo.as_str(), found.personal), (corpo, vec!["Ana".to_owned()]));
    assert!(!found.shown.contains("9f3a") && !found.shown.contains("Ana"), "{}", found.shown);
}

#[test]
fn what_stays_the_same_at_each_login_is_no_token() {
    let long = "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6";
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.Aabc-_";
    for (member, value, filled) in [
        ("id", long, "<pessoal>"),
        ("chaveDoUsuario", "a1B2c3D4e5F6g7H8i9J0k1L2", "<pessoal>"),
        ("versao", "2026.11.29.1234567890", "<pessoal>"),
        ("refreshToken", long, "<token>"),
        ("x", jwt, "<token>"),
    ] {
        let body = format!(r#"{{"token":"TOKEN","{member}":"{value}"}}"#);
        let found = found_twice(&body, Some(&body), None);
        assert_eq!(found.corpo, format!(r#"{{"token":"<token>","{member}":"{filled}"}}"#), "{member}");
        assert_eq!(found.personal.contains(&value.to_owned()), filled == "<pessoal>", "{member}");
        assert!(!found.shown.contains(value), "{}", found.shown);
    }
    let body = |token: &str| format!(r#"{{"token":"{token}","empresa":"{long}"}}"#);
    let found = found_twice(&body("TOKEN"), Some(&body("TOKEN")), Some(&body("x")));
    assert_eq!(found.corpo, format!(r#"{{"token":"<token>","empresa":"{long}"}}"#));
}

#[test]
fn a_greeting_is_the_users() {
    for message in ["Olá, Fulana", "Bem-vindo, fulana!", "Bem-vindo, USER.API", "Acesso 4711", "a@b"] {
        let body = format!(r#"{{"token":"TOKEN","nome":"Fulana","message":"{message}"}}"#);
        assert_eq!(
            found(&body, None).corpo,
            r#"{"token":"<token>","nome":"<pessoal>","message":"<pessoal>"}"#,
            "{message}"
        );
    }
}

#[test]
fn what_another_user_gets_too_is_the_servers() {
    let body = r#"{"token":"TOKEN","versao":7,"empresa":"Exemplo Ltda","id":4711,"nome":"Fulana","x":"Oi, Fulana"}"#;
    let other = r#"{"token":"x","versao":7,"empresa":"Exemplo Ltda","id":4712,"nome":"Fulana","x":"Oi, Fulana"}"#;
    let corpo = r#"{"token":"<token>","versao":7,"empresa":"Exemplo Ltda","id":<pessoal 0>,"nome":"<pessoal>","x":"<pessoal>"}"#;
    assert_eq!(found(body, Some(other)).corpo, corpo);
    // The data of one person in both logins of a test.
    let body = "OK|TOKEN|123.456.789-00|ana@example.com|Versão 7|2022";
    let other = body.replace("TOKEN", "x");
    assert_eq!(found(body, Some(&other)).corpo, "OK|<token>|<pessoal>|<pessoal>|Versão 7|2022");
}

#[test]
fn what_is_no_json_names_nobody_either() {
    for (body, other, corpo) in [
        (
            "<r><token>TOKEN</token><login>user.api</login><nome>Fulana de Tal</nome><n>4711</n><v>2</v><s>OK</s></r>",
            Some("<r><token>x</token><login>x</login><nome>Beltrana</nome><n>4712</n><v>2</v><s>OK</s></r>"),
            "<r><<token><token></token><<login><login></login><nome><pessoal></nome><n><pessoal 0></n><v>2</v><s>OK</s></r>",
        ),
        ("<u nome='Fulana'><t>TOKEN</t></u>", None, "<u nome='<pessoal>'><t><token></t></u>"),
        ("OK|TOKEN|Fulana de Tal|000.000.001-91|user.api", None, "<pessoal>|<token>|<pessoal>|<pessoal>|<login>"),
        ("OK|TOKEN|Fulana de Tal", Some("OK|x|Beltrana"), "OK|<token>|<pessoal>"),
        ("token=TOKEN&nome=Fulana&tipo=Bearer", None, "token=<token>&nome=<pessoal>&tipo=Bearer"),
        ("OK TOKEN Fulana de Tal", None, "<token>"),
        ("Bearer TOKEN\n", None, "Bearer <token>\n"),
    ] {
        let found = found(body, other);
        assert_eq!(found.corpo, corpo);
        assert!(!found.shown.contains("Fulana") && !found.shown.contains(TOKEN), "{}", found.shown);
    }
}

#[test]
fn a_sentence_with_the_token_names_nobody() {
    let body = r#"{"message":"Fulana, seu token: TOKEN","auth":"Bearer TOKEN"}"#;
    assert_eq!(found(body, None).corpo, r#"{"message":"<token>","auth":"Bearer <token>"}"#);
}

#[test]
fn a_life_is_guessed_and_that_is_said() {
    let found = found(r#"{"access_token":"TOKEN","expires_in":7200}"#, None);
    assert_eq!(found.corpo, r#"{"access_token":"<token>","expires_in":<validade>}"#);
    assert!(found.notes[0].starts_with("/expires_in is taken for <validade>"), "{:?}", found.notes);
    assert!(found.notes[0].ends_with("TOKEN_TTL_SECONDS=7200"), "{:?}", found.notes);
}

#[test]
fn the_end_of_a_life_that_reads_by_two_pictures_is_said() {
    for (end, is_said) in
        [("12/12/2026 09:00:05", true), ("13/12/2026 09:00:05", false), ("2026-12-12T12:00:05Z", false)]
    {
        let notes = found(&format!(r#"{{"access_token":"TOKEN","expira":"{end}"}}"#), None).notes;
        let said = notes.iter().any(|note| note.contains("MM/dd/yyyy HH:mm:ss em -03:00"));
        assert_eq!(said, is_said, "{end}: {notes:?}");
    }
}

#[test]
fn what_the_request_named_comes_back() {
    for (value, filled) in [
        ("/api/usuario/login", "<caminho>"),
        ("/citrus/api/usuario/login", "/citrus<caminho>"),
        ("POST", "<metodo>"),
        ("/api/usuario/4711", "<pessoal>"),
    ] {
        for member in ["path", "instance", "x"] {
            let body = format!(r#"{{"token":"TOKEN","{member}":"{value}"}}"#);
            let found = found_twice(&body, Some(&body), None);
            assert_eq!(found.corpo, format!(r#"{{"token":"<token>","{member}":"{filled}"}}"#));
            assert_eq!(found.personal, Vec::<String>::new(), "{value}");
        }
    }
    let body = r#"{"token":"TOKEN","message":"POST /api/usuario/login efetuado"}"#;
    let found = found(body, Some(&body.replace("TOKEN", "x")));
    assert_eq!(found.corpo, r#"{"token":"<token>","message":"<metodo> <caminho> efetuado"}"#);
}

#[test]
fn a_member_that_is_declared_to_tell_of_nobody_stays() {
    for (member, filled) in [
        (r#""clienteVersao":"7.1 b""#, r#""clienteVersao":"7.1 b""#),
        (r#""usuario":{"clienteVersao":31}"#, r#""usuario":{"clienteVersao":31}"#),
        (r#""userAgent":{"nome":"Ana"}"#, r#""userAgent":{"nome":"<pessoal>"}"#),
        (r#""clienteVersao":"user.api""#, r#""clienteVersao":"<login>""#),
        (r#""usuarioVersao":31"#, r#""usuarioVersao":<pessoal 0>"#),
    ] {
        let found = found(&format!(r#"{{"token":"TOKEN",{member}}}"#), None);
        assert_eq!(found.corpo, format!(r#"{{"token":"<token>",{filled}}}"#));
    }
}
