//! Where a server has the token, named by whoever asks.

use super::fakes::server::{Make, START, Server};
use super::fakes::{BEARER, conferir, makes, words};
use super::{Database, SENHA};

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_nobody_guesses_can_be_named() {
    let database = Database::sqlite();
    for (token_header, scheme, named) in
        [("x-citrus-sessao", "", "X-Citrus-Sessao"), ("authorization", "Citrus", "Authorization: Citrus")]
    {
        let fake = Server::start(Make { token_header, scheme, answer: makes::aspnet, ..BEARER }, START, |_| {}).await;
        let unnamed = conferir(&database, &fake.address, START, &["--gravar", "dialeto.toml"], SENHA);
        unnamed.fails(
            1,
            &[
                "by none of these headers: Authorization: Bearer, Authorization, Authorization: JWT, ",
                "pass --cabecalho-do-token",
            ],
        );
        let gravar = ["--gravar", "dialeto.toml", "--cabecalho-do-token", named];
        let outcome = conferir(&database, &fake.address, START, &gravar, SENHA);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let file = database.dir.path().join("dialeto.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let written = if scheme.is_empty() { token_header } else { named };
        assert!(text.contains(&format!("cabecalhos = [\"{written}\"]")), "{text}");
        std::fs::remove_file(file).unwrap();
        // Without it, the server would not take the first change.
        let judged =
            conferir(&database, &fake.address, START, &["--cabecalho-do-token", named, "--only-documented"], SENHA);
        assert!(judged.stdout.contains("passed  doc   status/em-atendimento\n"), "{judged:?}");
    }
    let other = conferir(&database, "127.0.0.1:1", START, &["--cabecalho-do-token", "Content-Length"], SENHA);
    other.fails(2, &["--cabecalho-do-token", "can't carry a token"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_nobody_finds_can_be_named_and_is_not_shown() {
    let database = Database::sqlite();
    let make = Make { tokens: ["segredo-curto", "outro-curto"], answer: words::terse, ..BEARER };
    let fake = Server::start(make, START, |_| {}).await;
    let gravar = ["--gravar", "dialeto.toml"];
    let unnamed = conferir(&database, &fake.address, START, &gravar, SENHA);
    assert!(!unnamed.stderr.contains("segredo"), "{}", unnamed.stderr);
    unnamed.fails(1, &["{\"retorno\":\"…13 characters…\"}", "name the member that has it by --membro-do-token"]);
    let other = [&gravar[..], &["--membro-do-token", "chave"]].concat();
    conferir(&database, &fake.address, START, &other, SENHA).fails(1, &["no member chave with a token"]);
    let named = [&gravar[..], &["--membro-do-token", "retorno"]].concat();
    let outcome = conferir(&database, &fake.address, START, &named, SENHA);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let text = std::fs::read_to_string(database.dir.path().join("dialeto.toml")).unwrap();
    assert!(text.contains("corpo = '{\"retorno\":\"<token>\"}'"), "{text}");
}
