//! Which slips of a file are named.

use super::*;

fn known() -> Known {
    [("required_status", 0), ("required", 1), ("wrong_senha", 0), ("same_status", 0)]
        .map(|(name, parameters)| (name.to_owned(), parameters))
        .into()
}

fn dialect(text: &str) -> Dialect {
    Dialect::parse(text, &known()).unwrap()
}

/// What `text` is refused for.
fn complaint(text: &str) -> String {
    Dialect::parse(text, &known()).unwrap_err().to_string()
}

#[test]
fn each_slip_is_named() {
    for (text, words) in [
        ("[respostas.wrong_senhas]\ncodigo = 400", "[respostas.wrong_senhas] is no answer; did you mean wrong_senha?"),
        ("[respostas.nada]\ncodigo = 400", "line 1: [respostas.nada] is no answer"),
        ("[respostas.wrong_senha]\ncodigo = 99", "codigo has to be 200 to 599, and not one without a body"),
        ("[erro]\ncodigo = 400", "line 2: [erro] codigo can't be set here"),
        ("[login]\ncodigo = 500", "line 2: [login] codigo has to be 200 to 299 for a success"),
        ("[sucesso]\ncodigo = 404", "line 2: [sucesso] codigo has to be 200 to 299 for a success"),
        ("[sucesso]\ncodigo = 204", "line 2: [sucesso] codigo 204 has no body, and needs corpo = \"\""),
        ("[respostas.wrong_senha]\ncodigo = 204\ncorpo = ''", "codigo has to be 200 to 599, and not one without"),
        ("[sucesso]\ncodigo = 302", "line 2: [sucesso] codigo has to be 200 to 299 for a success"),
        ("[token]\ncabecalhos = ['host']", "line 2: [token] cabecalhos has 'host', which can't carry a token"),
        ("[token]\ncabecalhos = ['token', 'Content-Type: x']", "has 'Content-Type: x', which can't carry a token"),
        ("[token]\ncabecalhos = ['Content-Length']", "can't carry a token"),
        ("[token]\ncabecalhos = ['Connection']", "can't carry a token"),
        ("[erro]\ntexto = 'x'", "line 2: [erro] texto can't be set here"),
        ("[login]\ntexto = 'x'", "line 2: [login] texto can't be set here"),
        ("[login]\ncorpo = '{}'", "[login] corpo needs <token>"),
        ("[erro]\ncorpo = '{\"m\":\"<token>\"}'", "[erro] corpo has <token>, which only [login] can fill"),
        ("[login]\ncorpo = '\"<token><protocolo>\"'", "[login] corpo has <protocolo>, which [login] can't fill"),
        ("[sucesso]\ncorpo = '\"<login>\"'", "[sucesso] corpo has <login>, which [sucesso] can't fill"),
        ("[erro]\ncorpo = '\"<aleatorio hex>\"'", "[erro] corpo has <aleatorio hex>, which is no form of an id"),
        ("[erro]\ncorpo = '{\"m\":<status>}'", "[erro] corpo is no JSON"),
        ("[sucesso]\ncorpo = '\"<validade>\"'", "[sucesso] corpo has <validade>, which only [login] can fill"),
        ("[erro]\ncorpo = '\"<codigo>404</codigo>\"'", "[erro] corpo has </codigo>, which closes nothing: <codigo> is"),
        ("[erro]\ncorpo = '<texto'", "[erro] corpo is no JSON"),
        ("[status]\nAbertoo = 'OPEN'", "line 2: [status] Abertoo is no status; did you mean Aberto?"),
        ("[status]\naberto = 'OPEN'", "line 2: [status] aberto is no status; did you mean Aberto?"),
        ("[status]\nAberto = ''", "line 2: [status] Aberto has to have 1 to 100 characters"),
        ("[status]\nAberto = \"a\\nb\"", "[status] Aberto has to have 1 to 100 characters, and none that controls"),
        ("[status]\nAberto = true", "expected a text, a number, or a table of them"),
        ("[status.id]\nNovo = 1", "[status.id] Novo is no status; Aberto, Em atendimento, "),
        ("[status.Id]\nAberto = 1", "line 1: [status.Id] has to have a name of small letters"),
        ("[status.id]\nAberto = 1.5", "expected a text"),
        ("[sucesso]\ncorpo = '\"<status id>\"'", "[sucesso] corpo has <status id>, which takes a table [status.id]"),
        ("[sucesso]\ncorpo = '<status id>'\n[status.id]\nAberto = 1", "[sucesso] corpo is no JSON"),
        ("[login]\ncorpo = '\"<token><status id>\"'\n[status.id]\nAberto = 1", "which [login] can't fill"),
        ("[erro]\ncorpo = '<text>'", "did you mean <texto>?"),
        ("[respostas.wrong_senha]\ntexto = 'a {}'", "texto has 1 of {}; the contract's text has 0 values"),
        ("[respostas.same_status]\ncodigo = 400", "is never given; it takes mesmo_status = \"recusado\""),
        (
            "[entidades]\napostrofo = \"'\"",
            "line 2: [entidades] apostrofo has to be one of &#39;, &#x27;, &apos;, &#039;",
        ),
        ("[token]\ncabecalhos = []", "[token] cabecalhos has to name a header"),
        ("[token]\ncabecalhos = ['a b']", "[token] cabecalhos has 'a b', which is no header"),
        ("[token]\ncabecalhos = ['token', 'Token']", "names Token twice"),
        ("[cabecalhos]\nContent-Length = '1'", "line 2: [cabecalhos] Content-Length can't be set here"),
        ("[cabecalhos]\nx = \"a\\nb\"", "[cabecalhos] x is no value of a header"),
        ("content_type = ''", "line 1: content_type has to be a media type"),
        ("content_type = 'text/html; charset=klingon'", "line 1: content_type names a charset in which we can't"),
        ("[erro]\ncontent_type = 'text/html; charset=UTF-32'", "line 2: [erro] content_type names a charset"),
        ("charset = 'ISO8859_1'", "line 1: charset is none in which we can write"),
        ("[cabecalhos]\nDate = ''", "line 2: [cabecalhos] Date can't be left out"),
        ("[token]\ncabecalhos = ['Idempotency-Key']", "can't carry a token"),
        ("[erro]\ncorpo = '<p>'\ncontent_type = 'Application/JSON'", "line 2: [erro] corpo is no JSON"),
        ("[erro]\ncorpo = '{\"m\":<metodo>}'", "[erro] corpo is no JSON"),
        (
            "[erro]\ncorpo = '<p>'\ncontent_type = 'text/html'\n[respostas.wrong_senha]\ncontent_type = 'application/json'",
            "line 5: [respostas.wrong_senha] content_type says JSON",
        ),
        (
            "[erro]\ncorpo = '<p>'\ncontent_type = 'text/html'\n[respostas.required]\ncontent_type = 'application/json'\ncorpo = '{}'\n[respostas.required_status]\ncorpo = '<p>'",
            "line 8: [respostas.required_status] corpo is no JSON",
        ),
    ] {
        assert!(complaint(text).contains(words), "{text}: {}", complaint(text));
    }
}

#[test]
fn all_slips_are_named_at_once() {
    let text = "content_type = ''\ncor = 1\n[login]\ncorpo = '1'\n[cabecalhos]\na = ''\nA = ''\n[respostas.nada]\n";
    let complaint = complaint(text);
    let lines = complaint.lines().map(|line| line.split(':').next().unwrap());
    assert_eq!(lines.collect::<Vec<_>>(), ["line 1", "line 2", "line 4", "line 6", "line 8"], "{complaint}");
    let many: String = (0..150).map(|number| format!("a{number} = 1\n")).collect();
    assert!(self::complaint(&many).ends_with("\nand 50 more"));
}

#[test]
fn a_body_may_be_no_json_where_it_says_so() {
    dialect("[erro]\ncorpo = '<texto'\ncontent_type = 'text/plain'");
    dialect("escapes = 'nenhum'\n[erro]\ncorpo = '<texto'");
    // An answer without a body, and without a type.
    dialect("[erro]\ncorpo = ''\ncontent_type = ''");
    dialect("[sucesso]\ncodigo = 204\ncorpo = ''");
    // What it says may stand elsewhere.
    dialect("[respostas.required]\ncontent_type = 'text/plain'\n[respostas.required_status]\ncorpo = 'falta <texto>'");
    dialect("charset = 'UTF-8'\ncontent_type = 'text/html; charset=klingon'");
    dialect("[erro]\ncorpo = '{\"m\":\"<texto>\",\"p\":<protocolo>}'");
}

#[test]
fn a_file_reads_as_it_is_written() {
    let text = "escapes = \"ascii-e-barras\"\nnomes_de_cabecalhos = \"iniciais-maiusculas\"\n[regras]\n\
                motivo_desnecessario = \"conferido\"\n[respostas.wrong_senha]\ncodigo = 400\n";
    let file: DialectFile = toml::from_str(text).unwrap();
    assert_eq!(toml::from_str::<DialectFile>(&toml::to_string(&file).unwrap()).unwrap(), file);
}
