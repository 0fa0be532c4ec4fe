//! Servers of other makes, which do what Citrus does and say it in words of their own: `--gravar` finds every difference, and
//! nothing else; in that dialect our server answers like them, and they are judged by it.

mod compare;
pub mod makes;
mod pages;
pub mod server;
mod service;
mod stacks;
pub mod words;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, mpsc};

use self::compare::{Other, all_answers};
use self::server::{Make, START, Server};
use super::{PROTOCOLO, SENHA, serve};
use crate::support::database::{Database, Engine};
use crate::support::program::{Outcome, program, run_with};

const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjEsImV4cCI6MTgwMX0.c2VjcmV0";
const LATER: &str = "eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjEsImV4cCI6MTgwMn0.b3V0cm8";
pub const OPAQUE: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
pub const OPAQUE_LATER: &str = "f9e8d7c6b5a4938271605f4e3d2c1b0a76543210";

/// Runs the kit against `address`, whose atendimento is in `status`.
pub fn conferir(database: &Database, address: &str, status: &str, extra: &[&str], senhas: &str) -> Outcome {
    let base = format!("http://{address}");
    let asked = ["conferir", "--base-url", &base, "--login", "user.api", "--protocolo", PROTOCOLO];
    let told = ["--motivo", "Duplicado", "--status-atual", status, "--senha-stdin", "--yes"];
    run_with(database, &[], &[&asked[..], &told, extra].concat(), senhas)
}

/// What failed of a run that was to pass.
fn failed(outcome: &Outcome) -> Vec<&str> {
    let is_bad = |line: &&str| line.starts_with("failed") || line.starts_with("unjudged");
    outcome.stdout.lines().filter(is_bad).chain(outcome.stderr.lines().filter(|_| outcome.code != 0)).collect()
}

/// Records `make`, holds the file against that of `name`, lets our server answer so on each engine, and asks both the same.
async fn recorded(name: &str, make: Make) {
    let kit = Database::sqlite();
    let fake = Server::start(make, START, |_| {}).await;
    let text = record(&kit, name, &fake, &make);
    let theirs = all_answers(&fake.address, &make, Other { login: "user.sem", senha: "outra" }).await;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::new(engine).await else { continue };
        for file in ["dialeto.toml", "todo.toml"] {
            std::fs::copy(kit.dir.path().join(file), database.dir.path().join(file)).unwrap();
        }
        let settings = [("DIALECT_FILE", "dialeto.toml"), ("TOKEN_TTL_SECONDS", "1800")];
        let server = serve(&database, &settings).await;
        for extra in [&["--dialeto", "todo.toml"][..], &["--dialeto", "dialeto.toml", "--only-documented"]] {
            let judged = conferir(&database, &server.address, "Finalizado", extra, SENHA);
            assert_eq!(failed(&judged), [""; 0], "{engine:?}: {text}");
        }
        let other = Other { login: "user.sem.permissao", senha: "1234" };
        let ours = all_answers(&server.address, &make, other).await;
        for ((case, theirs), (_, ours)) in theirs.iter().zip(&ours) {
            assert_eq!(ours, theirs, "{engine:?}, {case}: ours, and that of {name}\n{text}");
        }
        drop(server);
        database.remove().await;
    }
}

/// Records `fake` into `dialeto.toml`, and into `todo.toml` without what `--gravar` could not ask. It is in its own dialect.
fn record(kit: &Database, name: &str, fake: &Server, make: &Make) -> String {
    let gravar = ["--gravar", "dialeto.toml", "--login-sem-permissao", "user.sem"];
    let outcome = conferir(kit, &fake.address, START, &gravar, &format!("{SENHA}\noutra\n"));
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(fake.present(), START);
    let text = std::fs::read_to_string(kit.dir.path().join("dialeto.toml")).unwrap();
    let [token, later] = make.tokens;
    let people = ["outra", "Fulana", "Beltrana", "000.000", "example.com", "laravel_session"];
    for secret in [SENHA, token, later].into_iter().chain(people) {
        assert!(!text.contains(secret) && !outcome.stdout.contains(secret), "{secret} is in {text}");
    }
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cli/conferir/fakes/{name}.toml"));
    let expected = std::fs::read_to_string(expected).unwrap_or_default();
    let [found, expected] = [&text[..], &expected].map(|text| toml::from_str::<toml::Table>(text).unwrap());
    assert_eq!(found, expected, "{text}");

    // Whether all of it is asked or what the page says.
    for extra in [&["--dialeto", "dialeto.toml"][..], &["--dialeto", "dialeto.toml", "--only-documented"]] {
        assert_eq!(failed(&conferir(kit, &fake.address, START, extra, SENHA)), [""; 0], "{text}");
    }
    let mut whole = found;
    whole.remove("conferir");
    std::fs::write(kit.dir.path().join("todo.toml"), whole.to_string()).unwrap();
    text
}

pub const BEARER: Make = Make {
    token_header: "authorization",
    scheme: "Bearer",
    tokens: [TOKEN, LATER],
    refuses_same: false,
    denies_at_login: false,
    checks_motivo: false,
    is_odd_about_motivos: false,
    cancels_for_good: false,
    one_session: false,
    interrupted_at: None,
    answer: makes::spring,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_spring_server_is_recorded() {
    recorded("spring", BEARER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_express_server_is_recorded() {
    let make =
        Make { token_header: "x-access-token", scheme: "", refuses_same: true, answer: makes::express, ..BEARER };
    recorded("express", make).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_php_server_is_recorded() {
    let make = Make { token_header: "token", scheme: "", denies_at_login: true, answer: makes::php, ..BEARER };
    recorded("php", make).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aspnet_server_is_recorded() {
    recorded("aspnet", Make { checks_motivo: true, answer: makes::aspnet, ..BEARER }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_server_is_recorded() {
    recorded("old", Make { answer: makes::old, ..BEARER }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fastify_server_is_recorded() {
    let make = Make {
        scheme: "JWT",
        tokens: [OPAQUE, OPAQUE_LATER],
        is_odd_about_motivos: true,
        answer: makes::fastify,
        ..BEARER
    };
    recorded("fastify", make).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_django_server_is_recorded() {
    let make = Make { scheme: "Token", tokens: [OPAQUE, OPAQUE_LATER], answer: stacks::django, ..BEARER };
    recorded("django", make).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laravel_server_is_recorded() {
    let make = Make { token_header: "x-auth-token", scheme: "", refuses_same: true, answer: stacks::laravel, ..BEARER };
    recorded("laravel", make).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_servlet_of_another_charset_is_recorded() {
    recorded("servlet", Make { answer: pages::servlet, ..BEARER }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_xml_is_recorded() {
    recorded("xml", Make { answer: pages::xml, ..BEARER }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_empty_successes_is_recorded() {
    recorded("rails", Make { refuses_same: true, answer: stacks::rails, ..BEARER }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_other_entities_is_recorded() {
    recorded("struts", Make { answer: pages::struts, ..BEARER }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_the_earlier_session_is_recorded() {
    recorded("spring", Make { one_session: true, ..BEARER }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_of_texts_in_texts_is_recorded() {
    recorded("service", Make { answer: service::service, ..BEARER }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_numbers_and_small_letters_is_recorded() {
    recorded("numbered", Make { refuses_same: true, answer: words::numbered, ..BEARER }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_english_words_is_recorded() {
    recorded("english", Make { answer: words::english, ..BEARER }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_words_alone_tell_a_success_is_recorded() {
    recorded("terse", Make { refuses_same: true, answer: words::terse, ..BEARER }).await;
}

/// Tokens in braces, as Windows writes them.
const BRACED: [&str; 2] = ["{F02B2C1A-77B3-4DA6-A3CE-929D0E0E4736}", "{0AF76519-16CD-43DD-8448-EB211C80319C}"];

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_member_alone_tells_a_success_is_recorded() {
    recorded("enveloped", Make { tokens: BRACED, answer: words::enveloped, ..BEARER }).await;
}

/// Keys without a digit.
const KEYS: [&str; 2] = ["AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKl", "ZyXwVuTsRqPoNmLkJiHgFeDcBaZyXwVuTsRqPo"];

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_number_tells_a_success_is_recorded() {
    let make = Make { tokens: KEYS, refuses_same: true, answer: words::coded, ..BEARER };
    recorded("coded", make).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_word_tells_a_success_and_a_token_may_be_a_number() {
    let database = Database::sqlite();
    let make = Make { tokens: ["918273645", "918273646"], refuses_same: true, answer: words::spoken, ..BEARER };
    let fake = Server::start(make, START, |_| {}).await;
    let outcome = conferir(&database, &fake.address, START, &["--gravar", "dialeto.toml"], SENHA);
    assert_eq!((outcome.code, fake.present()), (0, START), "{outcome:?}");
    let text = std::fs::read_to_string(database.dir.path().join("dialeto.toml")).unwrap();
    for said in ["corpo = '{\"token\":<token>}'", "[respostas.unknown_status]", "mesmo_status = \"recusado\""] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("aceito") && !text.contains("the server accepts it"), "{text}");
    serve(&database, &[("DIALECT_FILE", "dialeto.toml")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_of_somebody_else_ends_no_recording_and_is_said() {
    let database = Database::sqlite();
    // While headers are tried, nobody could tell.
    for interrupted_at in [60, 75] {
        let make = Make { one_session: true, interrupted_at: Some(interrupted_at), ..BEARER };
        let fake = Server::start(make, START, |_| {}).await;
        let outcome = conferir(&database, &fake.address, START, &["--gravar", "dialeto.toml"], SENHA);
        assert_eq!((outcome.code, fake.present()), (0, START), "{outcome:?}");
        let file = database.dir.path().join("dialeto.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(file).unwrap();
        let said = "# the login ended on the way, as if somebody else had logged in with it";
        assert!(text.contains(said), "{interrupted_at}: {text}");
    }
}

const TALKATIVE: Make = Make { answer: makes::talkative, ..BEARER };

#[tokio::test(flavor = "multi_thread")]
async fn a_success_that_names_the_status_before_is_recorded() {
    let database = Database::sqlite();
    let fake = Server::start(TALKATIVE, START, |_| {}).await;
    let outcome = conferir(&database, &fake.address, START, &["--gravar", "dialeto.toml"], SENHA);
    assert_eq!((outcome.code, fake.present()), (0, START), "{outcome:?}");
    let text = std::fs::read_to_string(database.dir.path().join("dialeto.toml")).unwrap();
    for said in [
        "corpo = '{\"message\":\"<status> não existe\"}'",
        "\"antes\":\"<anterior>\"}'",
        "# {\"message\":\"Cancelamento feito\",\"antes\":\"Improcedente\"}\n",
    ] {
        assert!(text.contains(said), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_the_server_contradicts_is_not_believed() {
    let database = Database::sqlite();
    let fake = Server::start(TALKATIVE, START, |_| {}).await;
    conferir(&database, &fake.address, "Finalizado", &["--gravar", "dialeto.toml"], SENHA).fails(
        1,
        &[
            "the atendimento was in the status Improcedente, not Finalizado",
            "The atendimento was set back to Improcedente; no dialect was written",
        ],
    );
    assert_eq!(fake.present(), START);
    assert!(!database.dir.path().join("dialeto.toml").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judged_run_believes_no_contradicted_status_either() {
    let database = Database::sqlite();
    let fake = Server::start(TALKATIVE, START, |_| {}).await;
    let files = ["--junit", "report.xml"];
    conferir(&database, &fake.address, "Finalizado", &files, SENHA).fails(
        1,
        &[
            "the server says that the atendimento was in the status Improcedente, not Finalizado",
            "The atendimento was set back to Improcedente; no case was asked",
        ],
    );
    assert_eq!(fake.present(), START);
    let junit = std::fs::read_to_string(database.dir.path().join("report.xml")).unwrap();
    assert!(junit.contains("errors=\"126\"") && junit.contains("not Finalizado"), "{junit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_report_shows_what_belongs_to_the_user() {
    let database = Database::sqlite();
    let make = Make { scheme: "JWT", tokens: [OPAQUE, OPAQUE_LATER], answer: makes::fastify, ..BEARER };
    let fake = Server::start(make, START, |_| {}).await;
    let files = ["--html", "report.html", "--har", "report.har", "--junit", "report.xml"];
    assert_eq!(conferir(&database, &fake.address, START, &["--gravar", "d.toml"], SENHA).code, 0);
    let dialect = ["--dialeto", "d.toml"];
    let outcome = conferir(&database, &fake.address, START, &[&files[..], &dialect].concat(), SENHA);
    let json = conferir(&database, &fake.address, START, &[&["--json"][..], &dialect].concat(), SENHA);
    let read = |name: &&str| std::fs::read_to_string(database.dir.path().join(name)).unwrap();
    let files = ["report.html", "report.har", "report.xml"];
    for shown in files.iter().map(read).chain([outcome.stdout, outcome.stderr, json.stdout]) {
        for person in ["Fulana", "000.000.001-91", "id\":4711", "id\\\":4711", "id&quot;:4711"] {
            assert!(!shown.contains(person), "{person} is in {shown}");
        }
    }
    assert!(
        read(&"report.har").contains(r#"\"nome\":\"…\",\"cpf\":\"…\",\"login\":\"<login>\""#),
        "{}",
        read(&"report.har")
    );
}

/// Records a server. With the first request that has `word`, the run gets the signal to stop; the answer waits until it says so.
async fn stopped_at(word: &'static str) -> (Outcome, Server) {
    let database = Database::sqlite();
    let (started, run) = mpsc::channel::<(u32, mpsc::Receiver<String>)>();
    let run = Mutex::new(Some(run));
    let stop = move |body: &str| {
        if body.contains(word)
            && let Some(run) = run.lock().unwrap().take()
        {
            let (pid, complaints) = run.recv().unwrap();
            assert!(Command::new("kill").args(["-INT", &pid.to_string()]).status().unwrap().success());
            assert!(complaints.iter().any(|line| line.contains("stopping")));
        }
    };
    let fake = Server::start(BEARER, START, stop).await;
    let base = format!("http://{}", fake.address);
    let mut command = program(&database, &database.settings());
    command.args(["conferir", "--base-url", &base, "--login", "user.api", "--protocolo", PROTOCOLO]);
    command.args(["--motivo", "Duplicado", "--status-atual", START, "--senha-stdin", "--yes"]);
    command.args(["--gravar", "dialeto.toml"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), SENHA.as_bytes()).unwrap();
    let (complain, complaints) = mpsc::channel();
    started.send((child.id(), complaints)).unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let stderr = tokio::task::spawn_blocking(move || {
        let told = |line: &String| _ = complain.send(line.clone());
        stderr.lines().map(Result::unwrap).inspect(told).fold(String::new(), |all, line| all + &line + "\n")
    });
    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    let outcome = Outcome {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: stderr.await.unwrap(),
    };
    assert!(!database.dir.path().join("dialeto.toml").exists());
    (outcome, fake)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_is_stopped_sets_the_atendimento_back_and_says_so() {
    let (outcome, fake) = stopped_at(r#""status": "Finalizado""#).await;
    outcome.fails(
        1,
        &[
            "the run was stopped",
            "The atendimento is Improcedente, where only --status-atual says that it was; no dialect was written",
        ],
    );
    assert_eq!(fake.present(), START);
    let (outcome, fake) = stopped_at("conferir.").await;
    outcome.fails(1, &["the run was stopped", "The atendimento is Improcedente, where"]);
    assert_eq!(fake.present(), START);
    // Before the first change.
    let (outcome, fake) = stopped_at("conferir ").await;
    outcome.fails(1, &["the run was stopped\nNothing was changed"]);
    assert_eq!(fake.present(), START);
}
