//! Many odd requests, the same for both engines: they get the same answers and leave the same records.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::client::{Client, Raw};
use crate::support::database::{Database, Engine};
use crate::support::server::Server;

const REQUESTS: usize = 10_000;
const SEED: u64 = 20_221_104;
/// One request in so many verifies a password, which is dear.
const LOGINS: usize = 250;

const TEXTS: &[&str] = &[
    "",
    " ",
    "\u{a0}\u{3000}",
    "\u{200b}",
    "\0",
    "a\0b",
    "\r\n",
    "\t x",
    "null",
    "true",
    "0",
    "é",
    "e\u{301}",
    "É",
    "ß",
    "SS",
    "ﬁ",
    "İ",
    "ı",
    "\u{390}",
    "\u{1fd3}",
    "Å",
    "\u{212b}",
    "👩‍👩‍👧‍👦",
    "🇧🇷",
    "\u{202e}oditrevni",
    "שלום",
    "مرحبا",
    "日本語",
    "\u{feff}x",
    "\u{2028}",
    "\u{fffd}",
    "\u{10ffff}",
    "\u{85}",
    "' OR '1'='1",
    "'; DROP TABLE atendimento; --",
    "\" OR \"\"=\"",
    "%",
    "_",
    "2022110400000%",
    "\\",
    "\\'",
    "$1",
    "?1",
    ":x",
    "E'\\x00'",
    "pg_sleep(9)",
    "${x}",
    "{{7*7}}",
    "../../etc/passwd",
    "<script>",
    "\u{1b}[2J",
    "-1",
    "1e3",
    "1",
    " true ",
    "20221104000001'",
    "20221104000001 ",
    "２０２２",
];
const STATUS: &[&str] = &[
    "Aberto",
    "Em atendimento",
    "Cancelado",
    "Improcedente",
    "Finalizado",
    " finalizado ",
    "CANCELADO",
    "eM aTENDIMENTO",
];
const MOTIVOS: &[&str] = &[
    "Atendimento já finalizado",
    "ATENDIMENTO JA\u{301} FINALIZADO",
    "Duplicado",
    " duplicado",
    "Fora do escopo",
    "Aberto  por engano",
    "Outro",
];
const RAW: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "7",
    "1.5",
    "1",
    "4711",
    "1e3",
    "2.0221104000003E13",
    "20221104000004.0",
    "20221104000004.5",
    "[]",
    "[\"x\"]",
    "{}",
    "{\"x\": 1}",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "99999999999999999999999",
];

/// What some request has to be answered, without digits.
#[rustfmt::skip]
const ROWS: &[(u16, &str)] = &[
    (200, "OK"), (200, "Atendimento atualizado com sucesso"),
    (400, "Corpo da requisição inválido: JSON incompleto, termina na linha , coluna "),
    (400, "Corpo da requisição inválido: JSON malformado na linha , coluna "),
    (400, "Corpo da requisição inválido: campo protocolo duplicado"),
    (400, "Corpo da requisição inválido: não é UTF- a partir do byte ; envie em UTF- ou declare o charset em Content-Type"),
    (400, "Corpo da requisição inválido: não está no charset declarado, UTF-LE"), (400, "protocolo – valor inválido, envie como texto"),
    (415, "Charset do corpo não suportado; envie em UTF-, UTF-, ISO-- ou windows-"),
    (415, "Content-Encoding não suportado; envie o corpo sem compressão"),
    (400, "Corpo da requisição inválido: texto malformado no campo status"),
    (400, "Este campo é obrigatório senha"), (400, "Este campo é obrigatório – login"),
    (400, "login – valor inválido"), (400, "senha – valor inválido"), (400, "protocolo – valor inválido"), (400, "status – valor inválido"),
    (400, "motivoStatus – valor inválido"), (400, "comentario – valor inválido"), (400, "visivelCliente – valor inválido"),
    (400, "protocolo – esse campo é obrigatório"), (400, "status – esse campo é obrigatório"), (400, "motivoStatus – esse campo é obrigatório"),
    (400, "visivelCliente – esse campo é obrigatório"),
    (401, "Token is missing"), (401, "Senha inválida"),
    (404, "Atendimento não encontrado"), (404, "Status não encontrado"), (404, "Motivo não encontrado"), (404, "Recurso não encontrado"),
    (405, "Método não permitido"), (413, "Corpo da requisição muito grande"),
];

/// `SplitMix64`: the same requests on every machine and in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Once in `times`.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    /// A text as JSON: usual, odd, or around a limit of length.
    fn text(&mut self, usual: &[&str]) -> String {
        let text = match self.below(10) {
            0 => self.pick(TEXTS).to_owned(),
            1 => format!("{}{}", self.pick(TEXTS), self.pick(TEXTS)),
            2 if self.once_in(4) => {
                let length = [63, 64, 65, 254, 255, 256, 1024, 1025][self.below(8)];
                self.pick(&["x", "é", "😀", "\u{301}"]).repeat(length)
            }
            _ => self.pick(usual).to_owned(),
        };
        let json = json!(text).to_string();
        // Escapes are another spelling of the same.
        if self.once_in(8) { json.replace('a', "\\u0061").replace('é', "\\u00e9") } else { json }
    }

    fn value(&mut self, usual: &[&str]) -> String {
        if self.once_in(12) { self.pick(RAW).to_owned() } else { self.text(usual) }
    }

    fn protocolo(&mut self) -> String {
        let known = (20_221_104_000_001 + self.below(31) as u64).to_string();
        if self.once_in(4) { known } else { self.value(&[&known]) }
    }

    fn change(&mut self) -> String {
        let mut members =
            vec![format!("\"protocolo\": {}", self.protocolo()), format!("\"status\": {}", self.value(STATUS))];
        if !self.once_in(3) {
            members.push(format!("\"motivoStatus\": {}", self.value(MOTIVOS)));
        }
        if self.once_in(2) {
            members.push(format!("\"comentario\": {}", self.value(TEXTS)));
        }
        if !self.once_in(3) {
            members.push(format!("\"visivelCliente\": {}", self.value(&["True", "False", "true", "FALSE", "sim"])));
        }
        self.object(members)
    }

    fn login(&mut self, costly: bool) -> String {
        let known = ["user.api", "USER.API", " user.sem.permissao", "admin"];
        let (login, senha) = if costly {
            (json!(self.pick(&known)).to_string(), json!(self.pick(&["1234", "12345", "é"])).to_string())
        } else {
            // Refused before any password is verified.
            (self.value(&known), self.pick(&["\"\"", "null", "1234", "\"a\\u0000\""]).to_owned())
        };
        self.object(vec![format!("\"login\": {login}"), format!("\"senha\": {senha}")])
    }

    /// The members in any order; at times one is missing, doubled or unknown.
    fn object(&mut self, mut members: Vec<String>) -> String {
        for _ in 0..self.below(3) {
            let (a, b) = (self.below(members.len()), self.below(members.len()));
            members.swap(a, b);
        }
        match self.below(30) {
            0 => _ = members.pop(),
            1 => members.push(members[0].clone()),
            2 => members.push(format!("{}: 1", json!(self.pick(TEXTS)))),
            _ => {}
        }
        let object = format!("{{{}}}", members.join(", "));
        // Other spellings are other members.
        match self.below(40) {
            0 => object.replace("\"comentario\"", "\"Comentario\""),
            1 => object.replace("\"visivelCliente\"", "\"visível_cliente\""),
            _ => object,
        }
    }

    /// `body` in a charset, and the header that says so, at times wrongly.
    fn encode(&mut self, body: Vec<u8>) -> (&'static str, Vec<u8>) {
        let text = String::from_utf8_lossy(&body).into_owned();
        let utf16 =
            |mark: &str| (mark.to_owned() + &text).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        match self.below(60) {
            0 => ("", [&b"\xef\xbb\xbf"[..], &body].concat()),
            1 => ("Content-Type: application/json; charset=ISO-8859-1\r\n", body),
            2 => ("Content-Type: application/json; charset=\"UTF-16\"\r\n", utf16("\u{feff}")),
            3 => ("Content-Type: application/json;charset=utf-16le\r\n", utf16("")),
            4 => ("Content-Type: application/json;charset=utf-16le\r\n", body),
            5 => ("", utf16("")),
            6 if self.once_in(3) => ("Content-Type: application/json; charset=klingon\r\n", body),
            7 if self.once_in(3) => ("Content-Encoding: gzip\r\n", body),
            _ => ("", body),
        }
    }

    /// At times cut off, followed by something, or with a byte changed.
    fn damage(&mut self, body: String) -> Vec<u8> {
        let mut body = body.into_bytes();
        let at = self.below(body.len());
        match self.below(60) {
            0 => body.truncate(at),
            1 => body[at] = self.next() as u8,
            2 => body.insert(at, self.next() as u8),
            3 => body.extend(self.pick(&["x", "{}", "\0", "\n\n"]).bytes()),
            4 if self.once_in(4) => body.extend([b' '; 65_536]),
            _ => {}
        }
        body
    }

    /// The request called `number`; `{token}` stands for a token.
    fn request(&mut self, number: usize) -> (String, Vec<u8>) {
        let (mut line, body) = match number {
            _ if number.is_multiple_of(LOGINS) => ("POST /api/usuario/login", self.login(true).into_bytes()),
            _ if self.once_in(20) => ("POST /api/usuario/login", {
                let body = self.login(false);
                self.damage(body)
            }),
            _ => ("POST /api/atendimentos/status", {
                let body = self.change();
                self.damage(body)
            }),
        };
        if self.once_in(100) {
            line = self.pick(&[
                "GET /health/live",
                "GET /health/ready",
                "PUT /api/usuario/login",
                "GET /api/atendimentos/status",
                "GET /%00",
            ]);
        }
        let authorization = match self.below(60) {
            0 => "",
            1 => "Authorization: Bearer a.b.c\r\n",
            2 => "Authorization: {token}\r\n",
            3 => "Authorization: bearer {token}x\r\n",
            _ => "Authorization: Bearer {token}\r\n",
        };
        let line = match self.below(60) {
            0 => format!("{line}/"),
            1 => line.replace('/', "//"),
            _ => line.to_owned(),
        };
        let (charset, body) = self.encode(body);
        let head = format!(
            "{line} HTTP/1.1\r\nHost: x\r\nx-request-id: parity-{number}-of-all\r\n{authorization}{charset}Content-Length: {}\r\n\r\n",
            body.len()
        );
        (head, body)
    }
}

/// A server and the one connection to it.
struct Side {
    address: SocketAddr,
    token: String,
    client: Client,
}

impl Side {
    async fn of(server: &Server) -> Self {
        Self {
            address: server.address,
            token: server.token("user.api").await,
            client: Client::connect(server.address).await,
        }
    }

    async fn ask(&mut self, head: &str, body: &[u8]) -> Raw {
        let request = [head.replace("{token}", &self.token).as_bytes(), body].concat();
        let mut answer = self.client.ask(request).await;
        if body.len() > 65_536 {
            // Refused before it was read, so the connection is at its end.
            self.client = Client::connect(self.address).await;
        }
        // What may differ: the time, and a new token.
        let differs = |line: &&str| {
            line.starts_with("date: ") || (answer.body.contains("accessToken") && line.starts_with("content-length: "))
        };
        answer.head = answer.head.lines().filter(|line| !differs(line)).collect::<Vec<_>>().join("\n");
        if let Ok(Value::Object(mut body)) = serde_json::from_str(&answer.body)
            && body.contains_key("accessToken")
        {
            body["accessToken"] = json!("…");
            answer.body = Value::from(body).to_string();
        }
        answer
    }
}

async fn records(server: &Server) -> Vec<Value> {
    let mut records = Vec::new();
    for protocolo in 20_221_104_000_001_u64..=20_221_104_000_030 {
        records.push(server.record(&protocolo.to_string()).await);
    }
    records
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_odd_requests_get_the_same_answers_on_both_engines() {
    let Some(postgres) = Database::new(Engine::Postgres).await else { return };
    let sqlite = Database::sqlite();
    let (one, other) = (Server::start(&sqlite).await, Server::start(&postgres).await);
    let (mut left, mut right) = (Side::of(&one).await, Side::of(&other).await);
    let mut dice = Dice(SEED);
    let mut seen = std::collections::BTreeMap::<(u16, String), usize>::new();
    for number in 0..REQUESTS {
        let (head, body) = dice.request(number);
        let (left, right) = tokio::join!(left.ask(&head, &body), right.ask(&head, &body));
        assert_eq!(left, right, "request {number}: {head}{}", String::from_utf8_lossy(&body));
        assert!(left.status < 500, "request {number}: {left:?}");
        let without_numbers = left.body.replace(|c: char| c.is_ascii_digit(), "");
        *seen.entry((left.status, without_numbers)).or_default() += 1;
    }
    let (left, right) = (records(&one).await, records(&other).await);
    assert_eq!(left, right);
    let changes: usize = left.iter().map(|record| record["historico"].as_array().unwrap().len()).sum();
    let accepted = seen.iter().filter(|((_, body), _)| body.contains("sucesso")).map(|(_, count)| count).sum::<usize>();
    assert_eq!(changes, accepted, "what was accepted was recorded, and nothing else");
    // The corpus has to reach the contract's rows, or it shows nothing.
    for (status, row) in ROWS {
        assert!(seen.contains_key(&(*status, format!(r#"{{"message":"{row}"}}"#))), "no request got {status} {row}");
    }
    one.stop().await;
    other.stop().await;
    postgres.remove().await;
}
