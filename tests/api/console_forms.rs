//! The forms of the console: what is wrong is said beside each field, all of it at once, as a colleague would say it.

use citrus_status::domain::access::Permissao;
use citrus_status::http::answer::catalogue::ApiError;
use reqwest::Method;

use super::admin::{hierarchy, id_of, usuario};
use crate::support::both_engines;
use crate::support::browser::{Browser, value_of};
use crate::support::server::{Answer, Server, nome};

/// What is typed, and what is said beside which field, in Portuguese and in English.
type Case = (&'static [(&'static str, &'static str)], &'static [(&'static str, &'static str, &'static str)]);

const LONG: &str = "<255 caracteres e mais um>";
const DEEP: &str = "<20001 caracteres>";
const HIDDEN: &str = "a\u{200b}b";

const NOME: (&str, &str, &str) = ("nome", "Escreva o nome.", "Type the name.");
const NOME_LONG: (&str, &str, &str) =
    ("nome", "Escreva o nome com até 255 caracteres; há 256.", "Type a name of at most 255 characters; there are 256.");
const NOME_HIDDEN: (&str, &str, &str) =
    ("nome", "O nome tem caracteres que não aparecem", "The name has characters that nobody sees");
const PERFIL: (&str, &str, &str) = ("perfil", "Escolha um perfil.", "Choose a perfil.");
const STATUS: (&str, &str, &str) = ("status", "Escolha um status.", "Choose a status.");
const SENHA: (&str, &str, &str) = ("senha", "Escreva a senha.", "Type the password.");
const PERFIL_UNKNOWN: (&str, &str, &str) =
    ("perfil", "Este perfil não está entre os que você pode atribuir.", "This perfil is not one that you can assign.");
const DIFFERENT: (&str, &str, &str) =
    ("senha_de_novo", "As duas senhas não são iguais.", "The two passwords are not the same.");
const LOGIN: (&str, &str, &str) = ("login", "Escreva o login.", "Type the login.");

const MOTIVOS: &[Case] = &[
    (&[], &[NOME]),
    (&[("nome", LONG)], &[NOME_LONG]),
    (&[("nome", HIDDEN)], &[NOME_HIDDEN]),
    (&[("nome", "Duplicado")], &[("nome", "Já existe um motivo com este nome", "There is a motivo of this name")]),
];
const PERFIS: &[Case] = &[
    (&[], &[NOME, ("nivel", "Escolha um nível.", "Choose a nível.")]),
    (&[("nome", LONG), ("nivel", "")], &[NOME_LONG, ("nivel", "Escolha um nível.", "Choose a nível.")]),
    (&[("nome", HIDDEN), ("nivel", "Filial")], &[NOME_HIDDEN]),
    (
        &[("nome", "Gestão"), ("nivel", "Filial")],
        &[("nome", "Já existe um perfil com este nome.", "There is a perfil of this name.")],
    ),
    (
        &[("nome", "x"), ("nivel", "Vendas")],
        &[("nivel", "Este nível não está entre os que você administra.", "This nível is not one that you administer.")],
    ),
    (
        &[("nome", "x"), ("nivel", "raiz ")],
        &[("nivel", "Só um administrador raiz cria perfis raiz.", "Only a root administrator creates root perfis.")],
    ),
];
const NIVEIS: &[Case] = &[
    (&[], &[NOME, ("superior", "Escolha abaixo de qual nível ele fica.", "Choose the nível that it is below.")]),
    (&[("nome", LONG), ("superior", "Filial")], &[NOME_LONG]),
    (&[("nome", HIDDEN), ("superior", "Filial")], &[NOME_HIDDEN]),
    (
        &[("nome", "Filial"), ("superior", "Filial")],
        &[("nome", "Já existe um nível com este nome.", "There is a nível of this name.")],
    ),
    (
        &[("nome", "x"), ("superior", "Vendas")],
        &[(
            "superior",
            "Este nível não está entre os que você administra.",
            "This nível is not one that you administer.",
        )],
    ),
    (
        &[("nome", "x"), ("superior", "topo ")],
        &[(
            "superior",
            "Só um administrador raiz cria níveis no topo.",
            "Only a root administrator creates níveis at the top.",
        )],
    ),
    (
        &[("nome", "x"), ("superior", "fundo 32")],
        &[("superior", "Abaixo deste não cabe mais um nível.", "There is no room for a nível below this one.")],
    ),
];
const USUARIOS: &[Case] = &[
    (&[], &[LOGIN, PERFIL, SENHA]),
    (
        &[("login", LONG), ("senha", LONG)],
        &[
            (
                "login",
                "Escreva o login com até 255 caracteres; há 256.",
                "Type a login of at most 255 characters; there are 256.",
            ),
            PERFIL,
        ],
    ),
    (
        &[("login", HIDDEN), ("perfil", HIDDEN), ("senha", DEEP)],
        &[
            ("login", "O login tem caracteres que não aparecem", "The login has characters that nobody sees"),
            PERFIL_UNKNOWN,
            (
                "senha",
                "Escreva uma senha de até 1.024 caracteres, dos quais os acentuados contam em dobro; há 20.001.",
                "Type a password of at most 1,024 characters, of which those with accents count twice; there are 20,001.",
            ),
        ],
    ),
    (
        &[("login", "anonimo-7"), ("perfil", "Balcão"), ("senha", "a\0b")],
        &[
            ("login", "Logins que começam com “anonimo-”", "Logins that begin with “anonimo-”"),
            ("senha", "A senha tem um caractere que não se pode usar.", "The password has a character that cannot"),
        ],
    ),
    (
        &[("login", "USER.API"), ("perfil", "Balcão"), ("senha", "um segredo")],
        &[("login", "Este login já existe.", "This login is taken.")],
    ),
    (&[("login", "x"), ("perfil", "Caixa"), ("senha", "um segredo")], &[PERFIL_UNKNOWN]),
    (
        &[("login", "x"), ("perfil", "Além"), ("senha", "um segredo")],
        &[("perfil", "Este perfil tem permissões que você não pode conceder.", "This perfil has permissions that you")],
    ),
];
const NEW_SENHA: &[Case] = &[
    (&[], &[SENHA]),
    (&[("senha", ""), ("senha_de_novo", "x")], &[SENHA, DIFFERENT]),
    (&[("senha", "uma senha"), ("senha_de_novo", "y")], &[DIFFERENT]),
];
const MOVE: &[Case] = &[
    (&[], &[PERFIL]),
    (&[("perfil", "Caixa")], &[PERFIL_UNKNOWN]),
    (
        &[("perfil", "Integração")],
        &[("perfil", "Este é o perfil de agora. Escolha outro.", "That is the present perfil. Choose another one.")],
    ),
];
const NEW: &[Case] = &[
    (&[], &[STATUS]),
    (
        &[("protocolo", LONG), ("status", "Outro")],
        &[
            ("protocolo", "Escreva o protocolo com até 64 caracteres; há 256.", "Type a protocolo of at most 64"),
            STATUS,
        ],
    ),
    (
        &[("protocolo", HIDDEN), ("status", "Aberto")],
        &[("protocolo", "O protocolo tem caracteres que não aparecem", "The protocolo has characters that nobody")],
    ),
    (
        &[("protocolo", "20221104000001"), ("status", "Aberto")],
        &[("protocolo", "Este protocolo já é de outro atendimento.", "This protocolo is that of another atendimento.")],
    ),
];
const CHANGE: &[Case] = &[
    (&[], &[STATUS]),
    (&[("status", "Outro")], &[STATUS]),
    (
        &[("status", "Cancelado"), ("comentario", DEEP)],
        &[
            ("motivoStatus", "Escolha um motivo: esta alteração exige um.", "Choose a motivo: this change needs one."),
            (
                "comentario",
                "Escreva o comentário com até 20.000 caracteres; há 20.001.",
                "Type a comment of at most 20,000 characters; there are 20,001.",
            ),
        ],
    ),
    (
        &[("status", "Cancelado"), ("motivoStatus", LONG), ("comentario", "a\0b")],
        &[
            (
                "motivoStatus",
                "Este motivo não existe: um motivo tem até 255",
                "There is no such motivo: one has at most",
            ),
            ("comentario", "O comentário tem um caractere que não se pode guardar.", "The comment has a character"),
        ],
    ),
    (
        &[("status", "Cancelado"), ("motivoStatus", "Outro")],
        &[("motivoStatus", "Este motivo não existe mais ou está inativo.", "This motivo is gone or inactive.")],
    ),
    (
        &[("status", "Aberto")],
        &[("comentario", "Escreva o comentário: o status continua o mesmo", "Type the comment: the status stays")],
    ),
];
const SIGN_IN: &[Case] = &[
    (&[], &[LOGIN, SENHA]),
    (
        &[("login", LONG), ("senha", DEEP)],
        &[
            ("login", "Escreva o login com até 255 caracteres; há 256.", "Type a login of at most 255"),
            ("senha", "Escreva uma senha de até 1.024 caracteres, dos quais", "Type a password of at most 1,024"),
        ],
    ),
    (
        &[("login", "ninguem"), ("senha", "x")],
        &[("login", "Não há usuário ativo com este login.", "There is no active user of this login.")],
    ),
    (&[("login", "admin"), ("senha", "x")], &[("senha", "A senha não confere.", "The password is wrong.")]),
];
const SEARCH: &[Case] = &[(
    &[("protocolo", LONG), ("status", "Outro"), ("de", "ontem"), ("ate", "hoje")],
    &[
        ("protocolo", "Escreva o protocolo com até 64 caracteres; há 256.", "Type a protocolo of at most 64"),
        STATUS,
        ("de", "Data inválida.", "That is no day of the calendar."),
        ("ate", "Data inválida.", "That is no day of the calendar."),
    ],
)];
const FILTER: &[Case] = &[
    (
        &[("usuario", "caixa"), ("acao", "outra"), ("desde", "ontem"), ("ate", "hoje")],
        &[
            ("usuario", "Este usuário não está entre os que você vê.", "This user is not one that you see."),
            ("acao", "Isto não serve aqui. Escolha da lista.", "That will not do here. Choose from the list."),
            ("desde", "Data inválida.", "That is no day of the calendar."),
            ("ate", "Data inválida.", "That is no day of the calendar."),
        ],
    ),
    (
        &[("desde", "2026-02-02"), ("ate", "2026-02-01")],
        &[("ate", "O fim vem antes do começo.", "The end is before the beginning.")],
    ),
];

/// What a case types.
fn typed(value: &str) -> String {
    match value {
        LONG => "é".repeat(256),
        DEEP => "x".repeat(20_001),
        value => value.to_owned(),
    }
}

/// What the API says of any error, which is for programs.
fn of_the_api() -> Vec<&'static str> {
    let ours = ["A senha não confere.", "The password is wrong.", "There is no active user of this login."];
    let ours = [&ours[..], &["Não há usuário ativo com este login."]].concat();
    let details = ApiError::one_of_each().into_iter().flat_map(|error| error.row().detail);
    details.filter(|detail| !detail.contains("{}") && !ours.contains(detail)).collect()
}

#[track_caller]
fn says(answer: &Answer, wrong: &[(&str, &str, &str)], is_portuguese: bool, label: &str) {
    assert!((400..500).contains(&answer.status), "{label}: {answer:?}");
    let (_, summary) = answer.body.split_once("role=\"alert\" tabindex=\"-1\" autofocus>").expect(label);
    let summary = summary.split("</div>").next().unwrap();
    for (field, portuguese, english) in wrong {
        let text = if is_portuguese { portuguese } else { english };
        let beside = answer.body.split(&format!("id=\"{field}-erro\">")).nth(1);
        let beside = beside.unwrap_or_else(|| panic!("{label}: nothing beside {field}: {}", answer.body));
        assert!(beside.starts_with(text), "{label}: {}", beside.split('<').next().unwrap());
        assert!(summary.contains(&format!("<a href=\"#{field}\">{text}")), "{label}: {summary}");
        assert!(answer.body.contains(&format!(" id=\"{field}\"")), "{label}: the link leads to no {field}");
    }
    assert_eq!(summary.matches("<li>").count(), wrong.len(), "{label}: {summary}");
    assert_eq!(answer.body.matches("<p class=\"error\" id=").count(), wrong.len(), "{label}: {}", answer.body);
    for detail in of_the_api() {
        assert!(!answer.body.contains(detail), "{label}: {detail}");
    }
}

async fn all_that_is_wrong_is_said_at_once_in_the_persons_language(server: &Server) {
    hierarchy(server).await;
    let provisioning = &server.provisioning;
    // As deep as it goes.
    let mut above = nome("Filial");
    for depth in 4..=32 {
        let below = nome(&format!("fundo {depth}"));
        provisioning.create_nivel(&below, Some(&above)).await.unwrap();
        above = below;
    }
    provisioning.create_perfil(&nome("Além"), Some(&nome("Filial"))).await.unwrap();
    provisioning.grant(&nome("Além"), &[Permissao::ConsultarStatus]).await.unwrap();
    provisioning.withdraw(&[Permissao::ConsultarStatus], &nome("Suporte")).await.unwrap();
    server.clock.advance(time::Duration::seconds(1));
    let (user, below) = (id_of(server, "user.api").await, id_of(server, "balconista").await);
    let record = "atendimento?protocolo=20221104000001";
    let mut gestor = Browser::signed_in(server, "gestor").await;
    for (lang, is_portuguese) in [("pt-BR", true), ("en", false)] {
        gestor.set_header("accept-language", Some(lang));
        for (place, cases) in [
            ("motivos", MOTIVOS),
            ("perfis", PERFIS),
            ("niveis", NIVEIS),
            ("usuarios", USUARIOS),
            (&format!("usuarios/{below}/senha"), NEW_SENHA),
            (&format!("usuarios/{user}/perfil"), MOVE),
            ("atendimentos/novo", NEW),
            (record, CHANGE),
        ] {
            let path = format!("/console/{place}");
            let page = gestor.get(&path).await;
            assert!(page.body.contains("novalidate"), "the browser would say it otherwise: {path}");
            let hidden = ["visto", "revisao"].map(|name| (name, value_of(&page.body, name).unwrap_or_default()));
            for (index, (fields, wrong)) in cases.iter().enumerate() {
                let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, typed(value))).collect();
                let fields = fields.iter().chain(&hidden).map(|(name, value)| (*name, value.as_str()));
                let answer = gestor.fill(&page, &path, &fields.collect::<Vec<_>>()).await;
                says(&answer, wrong, is_portuguese, &format!("{place} {index} {lang}"));
            }
        }
        for (place, cases) in [("atendimentos", SEARCH), ("auditoria", FILTER)] {
            for (fields, wrong) in cases {
                let fields = fields.iter().map(|(name, value)| (*name, typed(value)));
                let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                says(&gestor.get(&format!("/console/{place}?{query}")).await, wrong, is_portuguese, place);
            }
        }
        let mut stranger = Browser::new(server);
        stranger.set_header("accept-language", Some(lang));
        let page = stranger.get("/console/entrar").await;
        for (fields, wrong) in SIGN_IN {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, typed(value))).collect();
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = stranger.fill(&page, "/console/entrar", &fields).await;
            says(&answer, wrong, is_portuguese, "entrar");
        }
    }
}

async fn a_senha_is_asked_for_again_and_never_given_back(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get("/console/usuarios").await;
    assert!(!page.body.contains("senha-de-novo"), "{page:?}");
    let fields = [("login", ""), ("perfil", "Consulta"), ("senha", "segredo secreto")];
    let answer = admin.fill(&page, "/console/usuarios", &fields).await;
    assert!(answer.body.contains("aria-describedby=\"senha-de-novo senha-ajuda\""), "{answer:?}");
    assert!(answer.body.contains("id=\"senha-de-novo\">Type the password again"), "{answer:?}");
    assert!(!answer.body.contains("segredo"), "{answer:?}");
}

/// What only programs send is taken for no form.
async fn only_a_form_is_taken_for_one(server: &Server) {
    let mut admin = Browser::signed_in(server, "admin").await;
    let page = admin.get("/console/motivos").await;
    let token = value_of(&page.body, "ficha").unwrap();
    let body = format!("ficha={token}&nome=Outro+tipo");
    for (content_type, status) in [
        (Some("text/plain"), 415),
        (Some("multipart/form-data; boundary=x"), 415),
        (Some("application/json"), 415),
        (Some("application/x-www-form-urlencoded; charset=UTF-8"), 303),
    ] {
        admin.set_header("content-type", content_type);
        for path in ["/console/motivos", "/console/entrar", "/console/sair"] {
            if status == 303 && path != "/console/motivos" {
                continue;
            }
            let answer = admin.send(Method::POST, path, body.clone()).await;
            assert_eq!(answer.status, status, "{content_type:?} {path}: {answer:?}");
            let page = status == 303 || answer.header("content-type") == Some("text/html; charset=utf-8");
            assert!(page && (status == 303 || answer.body.contains("no form of this console")), "{answer:?}");
        }
    }
    assert!(admin.get("/console/motivos").await.body.contains("Outro tipo"));
}

/// Whoever may not see the atendimento learns nothing of it from a form, either.
async fn a_change_needs_the_page_on_which_it_is_made(server: &Server) {
    let provisioning = &server.provisioning;
    provisioning.create_perfil(&nome("Cego"), Some(&nome("Suporte"))).await.unwrap();
    provisioning.grant(&nome("Cego"), &[Permissao::AlterarStatus, Permissao::ConsultarHistorico]).await.unwrap();
    usuario(server, "cego", "Cego").await;
    let mut blind = Browser::signed_in(server, "cego").await;
    let page = blind.get("/console").await;
    let mut bodies = Vec::new();
    for protocolo in ["20221104000001", "20221104000005", "999"] {
        let path = format!("/console/atendimento?protocolo={protocolo}");
        assert_eq!(blind.get(&path).await.status, 403);
        for step in ["conferir", "corrigir", "alterar"] {
            let fields = [("revisao", "7"), ("status", "Cancelado"), ("passo", step)];
            let answer = blind.fill(&page, &path, &fields).await;
            assert_eq!(answer.status, 403, "{answer:?}");
            assert!(answer.body.contains("(consultar-atendimentos)"), "{answer:?}");
            assert!(!answer.body.contains("Finalizado") && !answer.body.contains("Aberto"), "{answer:?}");
            // What was sent comes back to be sent again.
            let body = answer.body.replace(&format!("%3D{protocolo}"), "");
            bodies.push(body.replace(&format!("protocolo={protocolo}"), "").replace(&format!("value=\"{step}\""), ""));
        }
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "one can be told from another");
}

both_engines! {
    all_that_is_wrong_is_said_at_once_in_the_persons_language,
    a_senha_is_asked_for_again_and_never_given_back,
    only_a_form_is_taken_for_one,
    a_change_needs_the_page_on_which_it_is_made,
}
