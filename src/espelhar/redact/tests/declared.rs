//! Members that are declared to tell of nobody.

use super::*;

fn written(asked: &str, answer: &str) -> String {
    let mut redactor = Redactor::new(Disclosure::default())
        .declaring(["xptoDesc", "nomeDoServidor", "tokenXpto"].map(str::to_owned).into());
    Said { asked, answer, ..NOTHING }.line(&mut redactor)["resposta"].as_str().unwrap().to_owned()
}

#[test]
fn a_declared_member_keeps_its_name_and_no_secret() {
    for (asked, answer, kept) in [
        ("{}", r#"{"xptoDesc":"Status não encontrado"}"#, r#"{"xptoDesc":"Status não encontrado"}"#),
        ("{}", r#"{"outroXpto":"Status não encontrado"}"#, r#"{"<nome>":"Status não encontrado"}"#),
        ("{}", r#"{"nomeDoServidor":"erro","nome":"erro"}"#, r#"{"nomeDoServidor":"erro","nome":"<texto>"}"#),
        ("{}", r#"{"xptoDesc":"Fulana"}"#, r#"{"xptoDesc":"<texto>"}"#),
        ("{}", r#"{"tokenXpto":"erro"}"#, r#"{"tokenXpto":"<texto>"}"#),
        (r#"{"senha":"xptoDesc"}"#, r#"{"xptoDesc":"erro"}"#, r#"{"<nome>":"erro"}"#),
    ] {
        assert_eq!(written(asked, answer), kept, "{answer}");
    }
}
