//! What was typed before a session ended stands at an address of its own after the sign-in.

use reqwest::Method;

use crate::support::both_engines;
use crate::support::browser::{Browser, value_of};
use crate::support::server::{Answer, Server};

const PAGE: &str = "/console/motivos";

/// Signs in from a form that came after its session had ended, with `typed` in it.
async fn sign_in_again(admin: &mut Browser<'_>, typed: &str) -> Answer {
    let page = admin.get(PAGE).await;
    admin.forget("citrus-sessao");
    let entrance = admin.fill(&page, PAGE, &[("quem", "admin"), ("nome", typed)]).await;
    assert_eq!(entrance.status, 401, "{entrance:?}");
    // A reload sends the form again: all that was typed stands on this page alone.
    entrance.has_all(&["data-kept"]);
    let kept = [("digitado.nome", typed), ("digitado.quem", "admin"), ("volta", "motivos")];
    let fields = [&kept[..], &[("login", "admin"), ("senha", "1234")]].concat();
    admin.fill(&entrance, "/console/entrar", &fields).await
}

async fn a_reload_and_the_way_back_find_it(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let led = sign_in_again(&mut admin, "Meia \"palavra\" é <b>").await;
    let location = led.header("location").unwrap().to_owned();
    assert!(location.starts_with("../console/motivos?digitado=") && !location.contains("palavra"), "{led:?}");
    let page = admin.follow(&led).await;
    for page in [&page, &admin.follow(&led).await] {
        assert_eq!(value_of(&page.body, "nome").as_deref(), Some("Meia \"palavra\" é <b>"));
        page.has_all(&["nothing was done", "action=\"../console/motivos\""]);
    }
    // At this address alone, and only until it is sent.
    assert!(!admin.get(PAGE).await.body.contains("palavra"));
    // In the other language, too.
    let fields = [("idioma", "pt-BR"), ("quem", "admin"), ("nome", "Meia")];
    let place: String = url::form_urlencoded::byte_serialize(&location.as_bytes()["../console/".len()..]).collect();
    admin.fill(&page, &format!("/console/idioma/pt?volta={place}"), &fields).await.has_all(&["value=\"Meia\""]);
    let sent = admin.fill(&page, PAGE, &[("nome", "Meia palavra")]).await;
    assert_eq!((sent.status, admin.cookie("citrus-digitado")), (303, None), "{sent:?}");
    assert_eq!(value_of(&admin.follow(&led).await.body, "nome").as_deref(), Some(""));
}

async fn nobody_else_fills_in_a_form_so(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let led = sign_in_again(&mut admin, "Meia palavra").await;
    let (cookie, session) =
        ["citrus-digitado", "citrus-sessao"].map(|name| admin.cookie(name).unwrap().to_owned()).into();
    let other = sign_in_again(&mut admin, "Outra").await;
    let others = admin.cookie("citrus-digitado").unwrap().to_owned();
    // Another text, another mark, another session, another page.
    let mut planted = Browser::new(server);
    planted.set_cookie("citrus-sessao", admin.cookie("citrus-sessao").unwrap());
    for (kept, path) in [
        (&cookie, format!("/{}", other.header("location").unwrap().trim_start_matches("../"))),
        (&others, format!("{PAGE}?digitado=0123456789abcdef")),
        (&others, format!("{PAGE}?digitado=")),
        (&cookie, format!("/{}", led.header("location").unwrap().trim_start_matches("../"))),
        (&others, other.header("location").unwrap().replace("../console/motivos", "/console/perfis")),
    ] {
        planted.set_cookie("citrus-digitado", kept);
        let page = planted.get(&path).await;
        assert_eq!((page.status, value_of(&page.body, "nome").as_deref()), (200, Some("")), "{path} {session}");
    }
    planted.set_cookie("citrus-digitado", &others);
    assert_eq!(value_of(&planted.follow(&other).await.body, "nome").as_deref(), Some("Outra"));
}

/// What no cookie can hold is shown at once, and sending the sign-in form again shows it again.
async fn a_long_text_is_shown_at_once(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let long = "é ".repeat(2_000);
    for (typed, is_long) in [("x".repeat(2_800), false), (long, true)] {
        let answer = sign_in_again(&mut admin, &typed).await;
        assert_eq!(answer.status, if is_long { 200 } else { 303 }, "{answer:?}");
        let cookies = answer.headers.get_all("set-cookie").iter();
        assert!(
            cookies.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().len()).all(|long| long <= 4096)
        );
        let page = if is_long { answer } else { admin.follow(&answer).await };
        page.has_all(&[typed.as_str(), "data-kept"]);
    }
    assert_eq!(admin.send(Method::GET, PAGE, String::new()).await.status, 200);
}

both_engines! {
    a_reload_and_the_way_back_find_it,
    nobody_else_fills_in_a_form_so,
    a_long_text_is_shown_at_once,
}
