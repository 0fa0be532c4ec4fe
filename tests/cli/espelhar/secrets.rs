//! Nothing secret is written.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

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

/// Whatever a server does to the senha that it repeats.
#[tokio::test(flavor = "multi_thread")]
async fn a_senha_is_in_nothing_that_is_written_however_an_answer_spells_it() {
    // All its words are known: nothing but the repetition gives it away.
    let senha = "Padrão & acesso <do> servidor";
    let bytes = |form: fn(u8) -> String| senha.bytes().map(form).collect::<Vec<_>>();
    let units = || senha.encode_utf16().flat_map(u16::to_le_bytes);
    let spellings = [
        format!("[{}]", bytes(|byte| byte.to_string()).join(",")),
        format!("[{}]", bytes(|byte| byte.cast_signed().to_string()).join(", ")),
        format!("{:?}", bytes(|byte| format!("0x{byte:x}"))),
        format!("[{}]", units().map(|byte| byte.to_string()).collect::<Vec<_>>().join(",")),
        format!("\"{}\"", bytes(|byte| format!("={byte:02X}")).concat()),
        format!("\"{}\"", bytes(|byte| format!("{byte:02x}:")).concat()),
        format!("\"{}\"", bytes(|byte| format!("\\\\x{byte:02x}")).concat()),
        format!("\"{}\"", bytes(|byte| format!("%25{byte:02X}")).concat()),
        format!("\"{}\"", senha.replace('ã', "=C3=A3").replace('&', "=26")),
        format!("\"{}\"", senha.replace('ã', "&atilde;").to_uppercase()),
        format!("\"{}\"", &senha[1..]),
        format!("\"{}\"", &senha[..senha.len() - 1]),
        format!("\"{}\"", senha.replace(' ', "+")),
        format!("\"{}\"", senha.chars().map(|letter| format!("{letter} ")).collect::<String>()),
    ];
    let request = with_length(
        "POST /api/usuario/login HTTP/1.1\r\nHost: x\r\n",
        serde_json::json!({"login": "ana", "senha": senha}).to_string().as_bytes(),
    );
    let answers = spellings.iter().flat_map(|spelled| {
        [format!("{{\"message\":\"Erro\",\"valor\":{spelled}}}"), format!("Erro: {spelled}")]
            .map(|body| with_length("HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n", body.as_bytes()))
    });
    let exchanges: Vec<_> = answers.map(|answer| (request.len(), answer)).collect();
    let count = exchanges.len();
    let (address, _) = upstream(exchanges).await;
    let mirror = Mirror::start(&format!("http://{address}"), &["--manter-host"], &[]);
    ask(&mirror.process.address, &request.repeat(count)).await;
    let (code, log, recording) = mirror.stop();
    assert_eq!((code, recording.lines().count()), (Some(0), count), "{log}");
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("r.ndjson"), &recording).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_citrus-status"));
    command.args(["espelhar", "relatorio", "r.ndjson", "--html", "p.html", "--dialeto", "d.toml"]);
    command.env_clear().current_dir(folder.path());
    let report = finish(command, "");
    let [page, dialect] = ["p.html", "d.toml"].map(|name| fs::read_to_string(folder.path().join(name)).unwrap());
    let told =
        [("recording", &recording), ("page", &page), ("dialect", &dialect), ("log", &log), ("report", &report.stdout)];
    let bytes_of_acesso = ["97,99,101", "97, 99, 101", "61:63:65", "61636573", "=61=63", "x61", "97,0,99"];
    for (name, text) in told {
        let text = text.to_lowercase();
        for part in ["acesso", "servidor", "adr=c3", "a c e s"].iter().chain(&bytes_of_acesso) {
            assert!(!text.contains(part), "{part} is in the {name}: {text}");
        }
    }
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

/// What is recorded of a request and its answer.
async fn recorded(request: &[u8], answer: &[u8], flags: &[&str]) -> Value {
    let (address, _) = upstream(vec![(request.len(), answer.to_vec())]).await;
    let mirror = Mirror::start(&format!("http://{address}"), &[&["--manter-host"], flags].concat(), &[]);
    ask(&mirror.process.address, request).await;
    let mode = fs::metadata(mirror.recording()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (_, _, mut lines) = mirror.end();
    lines.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_senha_is_never_written_whatever_it_is_and_wherever_it_stands() {
    let bodies = [
        (r#"{"login":"ana","senha":"ninguemsabe"}"#, "<texto de 11 caracteres>"),
        (r#"{"login":"ana","senha":["ninguemsabe"]}"#, "<lista de 1>"),
        (r#"{"login":"ana","senha":{"a":"ninguemsabe"}}"#, "<objeto de 1>"),
        (r#"{"login":"ana","senha":7531}"#, "<número>"),
        (r#"{"login":"ana","Senha":"ninguemsabe"}"#, "<texto de 11 caracteres>"),
        (r#"{"senha":"ninguemsabe","senha":"ninguemsabe"}"#, "<texto de 11 caracteres>"),
    ];
    for (body, shown) in bodies {
        for path in ["/api/usuario/login", "/api/atendimentos/status"] {
            let request = with_length(&format!("POST {path} HTTP/1.1\r\nHost: x\r\n"), body.as_bytes());
            let answer = with_length("HTTP/1.1 400 X\r\n", body.as_bytes());
            let line = recorded(&request, &answer, &["--com-logins", "--com-comentarios"]).await;
            let written = line.to_string();
            assert!(line["corpo"].to_string().contains(shown), "{line}");
            assert!(!written.contains("ninguemsabe") && !written.contains("\"7531"), "{written}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_repeats_of_its_request_is_not_written() {
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let change = "/api/atendimentos/status";
    for (target, header, body, repeated) in [
        ("/api/atendimentos/status?chave=Ca%20nario", "", "{}", "ca nario"),
        ("/api/usuario/login", "", r#"{"senha":"canario"}"#, "CANARIO"),
        ("/canario/api/usuario/login", "", "{}", "canario"),
        (change, form, "login=x&senha=canario", "canario"),
        (change, "", r#"{"a":{"b":["canario"]}}"#, "canario"),
        (change, "", r#"{"senha":7531}"#, "7531"),
        (change, "", r#"{"comentario":"cana\u0072io"}"#, "canario"),
        (change, "Cookie: a=b; sessao=canario\r\n", "{}", "canario"),
        (change, "Authorization: Bearer canario\r\n", "{}", "canario"),
        (change, "X-Chave: canario\r\n", "{}", "canario"),
    ] {
        let request = with_length(&format!("POST {target} HTTP/1.1\r\nHost: x\r\n{header}"), body.as_bytes());
        for (answer, written) in [
            (format!(r#"{{"message":"Recusado: {repeated}"}}"#), r#"{"message":"Recusado: <texto>"}"#.to_owned()),
            (format!("Recusado: {repeated}"), format!("<{} bytes>", repeated.len() + 10)),
        ] {
            let line = recorded(&request, &with_length("HTTP/1.1 400 X\r\n", answer.as_bytes()), &[]).await;
            assert_eq!(line["resposta"], written, "{target} {header}{body}");
        }
    }
    let request = with_length(&format!("POST {change} HTTP/1.1\r\nHost: x\r\n"), br#"{"comentario":"canario"}"#);
    for answer in [r#"{"message":"Recusado: outro"}"#, "Recusado: outro"] {
        let line = recorded(&request, &with_length("HTTP/1.1 400 X\r\n", answer.as_bytes()), &[]).await;
        assert_eq!(line["resposta"], answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_success_no_name_and_no_number_is_written() {
    let request = with_length("POST /api/atendimentos/status HTTP/1.1\r\nHost: x\r\n", b"{}");
    for (answer, written) in [
        (r#"{"message":"Status alterado por Maria"}"#, r#"{"message":"Status alterado por <texto>"}"#),
        ("Alterado por jsilva", "<19 bytes>"),
        ("Status alterado com sucesso", "Status alterado com sucesso"),
        (
            r#"{"fone":1133334444,"cpf":"123.456.789-00","nascimento":"1980-05-12T00:00:00Z","id":12}"#,
            r#"{"fone":<número>,"cpf":"<texto>","nascimento":"<texto>","id":12}"#,
        ),
    ] {
        let line = recorded(&request, &with_length("HTTP/1.1 200 X\r\n", answer.as_bytes()), &[]).await;
        assert_eq!(line["resposta"], written);
    }
}
