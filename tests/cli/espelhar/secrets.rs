//! Nothing secret is written.

use std::fs;
use std::io::Write;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Mirror, ask, upstream, with_length};
use crate::support::program::{Outcome, finish};

/// Texts that must not be in anything written, one for each place.
const CANARIES: [&str; 20] = [
    "canariosenha01",
    "canariologin02",
    "canariocomentario03",
    "canarioBearer04",
    "canarioxtoken05",
    "canariocookie06",
    "canarioquery07",
    "canariocaminho08",
    "canariocampo09",
    "canarionome10",
    "canarioSetCookie11",
    "canariotoken12",
    "canariogzip13",
    "canarioform14",
    "canarioagente15",
    "canarioeco16",
    "canarioaninhado17",
    "canariolista18",
    "canariobasic19",
    "canarioreferer20",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_reaches_the_disk_or_the_terminal() {
    let c = CANARIES;
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let json = "Content-Type: application/json\r\n";
    let login = with_length(
        &format!(
            "POST /api/usuario/login?x={} HTTP/1.1\r\nHost: x\r\nUser-Agent: {}\r\nReferer: http://x/{}\r\n{json}",
            c[6], c[14], c[19]
        ),
        format!(r#"{{"login":"{}","senha":"{}","{}":"{}"}}"#, c[1], c[0], c[8], c[9]).as_bytes(),
    );
    let token = format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", c[11]);
    let logged_in = with_length(
        &format!("HTTP/1.1 200 OK\r\n{json}Set-Cookie: s={}\r\n", c[10]),
        format!(r#"{{"token":"{token}","nome":"{}","eu":"{}"}}"#, c[9], c[1]).as_bytes(),
    );
    let change = with_length(
        &format!(
            "POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nx-access-token: {}\r\nCookie: a={}\r\n{json}",
            c[3], c[4], c[5]
        ),
        format!(
            r#"{{"protocolo":"2022","status":"Aberto","comentario":"{}","a":{{"b":"{}"}},"l":["{}"]}}"#,
            c[2], c[16], c[17]
        )
        .as_bytes(),
    );
    let refused = with_length(
        &format!("HTTP/1.1 400 Bad Request\r\n{json}Content-Encoding: gzip\r\n"),
        &gzip(&format!(
            r#"{{"message":"comentário {} recusado","x":"{}@a.br","y":"{}1234567890"}}"#,
            c[2], c[12], c[12]
        )),
    );
    let form = with_length(
        &format!("POST /api/usuario/login HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {}\r\n", c[18]),
        format!("login={}&senha={}", c[13], c[0]).as_bytes(),
    );
    let echoed = with_length(
        "HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\n",
        format!("<b>{} {}</b>", c[18], "canarioeco16 a@b").as_bytes(),
    );
    let read = format!("GET /api/atendimentos/{} HTTP/1.1\r\nHost: x\r\n\r\n", c[7]).into_bytes();
    let data = with_length(&format!("HTTP/1.1 200 OK\r\n{json}"), format!(r#"{{"nome":"{}"}}"#, c[15]).as_bytes());
    let exchanges = [(&login, &logged_in), (&change, &refused), (&form, &echoed), (&read, &data)]
        .map(|(request, answer)| (request.len(), answer.clone()));
    let (address, serving) = upstream(exchanges.to_vec()).await;
    let mirror = Mirror::start(&format!("http://{address}"), &["--manter-host"], &[]);
    let all = ask(&mirror.process.address, &[login, change, form, read].concat()).await;
    assert!(all.windows(12).any(|part| part == c[15].as_bytes()), "the client gets everything");
    serving.await.unwrap();
    let (recording, page) = (mirror.recording(), mirror.folder.path().join("p.html"));
    let written = |outcome: &Outcome| outcome.stdout.clone() + &outcome.stderr;
    mirror.process.signal("TERM");
    let Mirror { mut process, folder } = mirror;
    let log = process.read_on();
    assert_eq!(process.wait(), Some(0));
    let mut command = Command::new(env!("CARGO_BIN_EXE_citrus-status"));
    command.args(["espelhar", "relatorio", recording.to_str().unwrap(), "--html", page.to_str().unwrap()]).env_clear();
    let report = finish(command, "");
    assert_eq!(report.code, 0, "{report:?}");
    let lines = fs::read_to_string(&recording).unwrap();
    assert_eq!(lines.lines().count(), 4, "{lines}");
    let everything =
        [lines, fs::read_to_string(page).unwrap(), log.join().unwrap(), written(&report)].concat().to_lowercase();
    for canary in CANARIES {
        assert!(!everything.contains(&canary.to_lowercase()), "{canary} is in {everything}");
    }
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_and_logins_are_written_where_that_is_wanted() {
    let body = r#"{"login":"ana","senha":"segredo","comentario":"tudo certo"}"#;
    let request = with_length("POST /api/usuario/login HTTP/1.1\r\nHost: x\r\n", body.as_bytes());
    let answer = with_length("HTTP/1.1 401 Unauthorized\r\n", "{\"message\":\"Senha inválida\"}".as_bytes());
    let (address, _) = upstream(vec![(request.len(), answer)]).await;
    let flags = ["--manter-host", "--com-logins", "--com-comentarios"];
    let mirror = Mirror::start(&format!("http://{address}"), &flags, &[]);
    ask(&mirror.process.address, &request).await;
    let (_, _, lines) = mirror.end();
    let body = &lines[0]["corpo"];
    assert_eq!((&body["login"], &body["comentario"]), (&"ana".into(), &"tudo certo".into()));
    assert_eq!(body["senha"], "<texto de 7 caracteres>");
    assert_eq!(
        (&lines[0]["caso"], &lines[0]["resposta"]),
        (&"wrong_senha".into(), &"{\"message\":\"Senha inválida\"}".into())
    );
}
