//! Numbers, codes and ids.

use super::*;

#[test]
fn a_number_names_nobody_however_it_is_written() {
    for text in [
        "123.456.789-00",
        "123\u{a0}456\u{a0}789\u{a0}00",
        "123\u{2011}456\u{2011}789\u{2011}00",
        "123_456_789_00",
        "123,456,789,00",
        "11|987|654|321",
        "123[456]789(00)",
        "2026-123.456.789-00",
        "2026-12345678900",
        "\u{ff11}\u{ff12}\u{ff13}\u{ff14}\u{ff15}",
        "\u{661}\u{662}\u{663}\u{664}\u{665}",
        "cpf:123.456.789-00",
        "CPF-123-456-789-00",
    ] {
        for text in [text.to_owned(), format!("CPF {text} inválido")] {
            let kept = written("{}", &json!({"erro": text}).to_string());
            let shown: String = kept.split('<').map(|part| part.rsplit('>').next().unwrap()).collect();
            assert!(shown.matches(char::is_numeric).count() <= 2, "{text}: {kept}");
        }
    }
    let body =
        r#"{"codigo":40401,"status":404,"id":483,"expires_in":86400,"a":4839,"codigo_erro":483920,"lat":-23.5505}"#;
    let kept = r#"{"codigo":40401,"status":404,"id":483,"expires_in":86400,"a":<número>,"codigo_erro":<número>,"lat":<número>}"#;
    assert_eq!(written("{}", body), kept);
    for (body, kept) in [
        (r#"{"codigo":"CTR-011","type":"https://httpstatuses.io/401"}"#, None),
        (r#"{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.1"}"#, None),
        (r#"{"codigo":"XYZ-1234"}"#, Some(r#"{"codigo":"<id BASE36 3>-<id digitos 4>"}"#)),
        (r#"{"codigo":"jsilva01"}"#, Some(r#"{"codigo":"<id base36 8>"}"#)),
        (r#"{"codigo":"MARIA-01"}"#, Some(r#"{"codigo":"<id BASE36 5>-01"}"#)),
        (r#"{"codigo":"AUTH-001"}"#, None),
        (r#"{"id":"CTR-011"}"#, Some(r#"{"id":"<id BASE36 3>-<id digitos 3>"}"#)),
    ] {
        assert_eq!(written("{}", body), kept.unwrap_or(body));
    }
    // The success of a login has codes of people.
    let answer = r#"{"token":"abc-1","codigo":"JSI-01","cod":40401,"status":200}"#;
    let login = Said { target: LOGIN, code: 200, answer, asked: r#"{"login":"a","senha":"b"}"#, ..NOTHING };
    assert_eq!(line(&login)["resposta"], r#"{"token":"<token>","codigo":"<texto>","cod":<número>,"status":200}"#);
    for echo in ["4839", "-4839", "4839.0", "4.839e3"] {
        let kept = written(r#"{"senha":"004839"}"#, &format!("{{\"expires\":{echo}}}"));
        assert_eq!(kept, r#"{"expires":<número>}"#);
    }
    assert_eq!(
        written(r#"{"login":"a","senha":"12"}"#, r#"{"message":"Valor 12 recusado"}"#),
        r#"{"message":"Valor <texto> recusado"}"#
    );
}

#[test]
fn ids_of_answers_are_written_as_their_forms_and_never_as_tokens() {
    for (id, form) in [
        ("4bf92f35-77b3-4da6-a3ce-929d0e0e4736", "<id uuid>"),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "00-<id hex 32>-<id hex 16>-00"),
        ("0HN7GLL5L6N3A:00000001", "<id BASE36 13>:<id digitos 8>"),
        ("65f1c0ffee0000000000abcd", "<id hex 24>"),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "<id ULID>"),
        ("1srOrx2ZWZBpBUvZwXKQmoEYga2", "<id base62 27>"),
        ("V1StGXR8_Z5jdHi6B-myT", "<id base64url 21>"),
    ] {
        let body = format!("{{\"traceId\":\"{id}\",\"message\":\"Erro interno\"}}");
        assert_eq!(written("{}", &body), body.replace(id, form));
    }
}

#[test]
fn a_protocolo_that_is_the_number_of_a_person_is_not_kept() {
    for (protocolo, is_kept) in [
        ("20221104000005", true),
        ("20221104000052", true),
        ("12345678901", true),
        ("12345678909", false),
        (" 12345678909", false),
        ("11222333000181", false),
        ("11222333000182", true),
    ] {
        for value in [json!(protocolo), json!(protocolo.trim().parse::<u64>().unwrap())] {
            let line = line(&Said { asked: &json!({"protocolo": value}).to_string(), ..NOTHING });
            assert_eq!(line["corpo"]["protocolo"] == value, is_kept, "{line}");
        }
    }
}
