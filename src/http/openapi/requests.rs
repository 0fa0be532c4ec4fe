//! The shapes of bodies that the server takes, as the document shows them. They are written down here, as requests are
//! read member by member; the shape of an answer is derived where the answer is made.
//!
//! Generated clients get one plain type for each member: the one that the vendor's page has. What else the server
//! takes for it is said in words.

use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::senha::SENHA_MIN;
use crate::domain::text::{COMENTARIO_MAX, LOGIN_MAX, NOME_MAX, PROTOCOLO_MAX, SENHA_MAX};
use crate::http::limits::BATCH_ITEMS_MAX;
use crate::http::shapes::{boolean, text};

pub const NAMES: [&str; 10] = [
    "Alteracao",
    "Credenciais",
    "Lote",
    "NovaSenha",
    "NovoAtendimento",
    "NovoMotivo",
    "NovoNivel",
    "NovoPerfil",
    "NovoUsuario",
    "PerfilDoUsuario",
];

const NO_NUL: &str = r"^[^\u0000]*$";
const NOT_BLANK: &str = r"^[^\u0000]*[^\s\u0000][^\u0000]*$";

const TRUE_OR_FALSE: &str = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$";

/// Declares a shape by its name and what it is.
macro_rules! shapes {
    ($($name:ident => $schema:expr;)+) => {$(
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

shapes! {
    Credenciais => object(
        "O que o login pede.",
        vec![
            ("login", described(name(LOGIN_MAX), "Credencial de acesso do usuário [doc]. Comparada sem espaços nas \
                pontas, em NFC e sem distinguir maiúsculas de minúsculas [ours]."), true),
            ("senha", described(text().min_length(Some(1)).max_length(Some(SENHA_MAX)).pattern(Some(NO_NUL)),
                "Credencial de autenticação do usuário [doc]. Exatamente como enviada; o limite é em bytes de UTF-8 \
                [ours]."), true),
        ],
    );

    Alteracao => object(
        "Uma alteração de status, com um comentário ou sem.",
        vec![
            ("protocolo", described(name(PROTOCOLO_MAX), "Número do protocolo do atendimento [doc]. Um número que \
                seja um inteiro exato também é aceito, e espaços nas pontas não contam [ours]."), true),
            ("status", reference("Status", "O status que o atendimento deve ter [doc]."), true),
            ("motivoStatus", described(or_null(text()).max_length(Some(NOME_MAX)).pattern(Some(NO_NUL)), "Nome de um motivo \
                cadastrado [doc]. Obrigatório para `Cancelado` e `Improcedente`, e para reabrir o que está \
                `Finalizado` [doc]. Nos outros casos um motivo cadastrado é registrado, e outro valor, ignorado \
                [ours]."), false),
            ("comentario", described(or_null(text()).max_length(Some(COMENTARIO_MAX)).pattern(Some(NO_NUL)), "Comentário a \
                incluir no protocolo, desde o Citrus 2.63.0 [doc]. Em branco equivale a não enviado [ours]."), false),
            ("visivelCliente", described(or_null(text()).pattern(Some(TRUE_OR_FALSE)), "Se o cliente vê o comentário: `True` ou \
                `False` [doc]. Maiúsculas e minúsculas não importam; um booleano, 1 e 0 também são aceitos, e em branco equivale a não enviado [ours]. \
                Obrigatório com um comentário."), false),
            ("statusAtual", reference_or_null("Status", "O status em que o cliente supõe estar o atendimento; se for outro, \
                412 e nada muda. Em branco equivale a não enviado [ours]."), false),
        ],
    );

    NovoNivel => object(
        "Um nível a criar [ours].",
        vec![
            ("nome", described(name(NOME_MAX), "O nome; único sem distinguir maiúsculas de minúsculas."), true),
            ("superior", described(or_null(text()).max_length(Some(NOME_MAX)), "O nome do nível acima; sem ele, no topo."), false),
        ],
    );

    NovoPerfil => object(
        "Um perfil a criar: num nível, ou raiz [ours].",
        vec![
            ("nome", described(name(NOME_MAX), "O nome; único sem distinguir maiúsculas de minúsculas."), true),
            ("nivel", described(or_null(text()).max_length(Some(NOME_MAX)), "O nome do seu nível. Obrigatório sem `root`."), false),
            ("root", boolean().description(Some("`true`: um perfil raiz, sem nível.")).into(), false),
        ],
    );

    NovoUsuario => object(
        "Um usuário a criar [ours].",
        vec![
            ("login", described(name(LOGIN_MAX), "O login; único sem distinguir maiúsculas de minúsculas."), true),
            ("perfil", described(name(NOME_MAX), "O nome do seu perfil."), true),
            ("senha", nova_senha(), true),
        ],
    );

    NovaSenha => object("A senha nova de um usuário [ours].", vec![("senha", nova_senha(), true)]);

    PerfilDoUsuario => object(
        "O perfil novo de um usuário [ours].",
        vec![("perfil", described(name(NOME_MAX), "O nome do perfil."), true)],
    );

    NovoMotivo => object(
        "Um motivo a criar [ours].",
        vec![("nome", described(name(NOME_MAX), "O nome; único sem distinguir maiúsculas de minúsculas."), true)],
    );

    NovoAtendimento => object(
        "Um atendimento a criar [ours].",
        vec![
            ("protocolo", described(or_null(text()).max_length(Some(PROTOCOLO_MAX)), "O protocolo; sem ele, o servidor numera."), false),
            ("status", reference_or_null("Status", "O status inicial; sem ele, `Aberto`."), false),
        ],
    );

    Lote => object(
        "Alterações em lote [ours].",
        vec![("itens", list(reference_to("Alteracao")).min_items(Some(1)).max_items(Some(BATCH_ITEMS_MAX)).into(), true)],
    );
}

fn nova_senha() -> RefOr<Schema> {
    described(
        text().min_length(Some(SENHA_MIN)).max_length(Some(SENHA_MAX)).pattern(Some(NO_NUL)),
        "Exatamente como enviada; ao menos 8 caracteres. O limite de cima é em bytes de UTF-8.",
    )
}

/// A member: its name, its shape, and whether it is always there.
type Member = (&'static str, RefOr<Schema>, bool);

/// An object; other members are ignored.
fn object(description: &str, members: Vec<Member>) -> ObjectBuilder {
    let object = ObjectBuilder::new().description(Some(description));
    members.into_iter().fold(object, |object, (name, schema, required)| {
        let object = object.property(name, schema);
        if required { object.required(name) } else { object }
    })
}

/// A text that is not blank, of at most `max` characters.
pub fn name(max: usize) -> ObjectBuilder {
    text().min_length(Some(1)).max_length(Some(max)).pattern(Some(NOT_BLANK))
}

fn list(items: impl Into<RefOr<Schema>>) -> ArrayBuilder {
    ArrayBuilder::new().items(items.into())
}

fn or_null(schema: ObjectBuilder) -> ObjectBuilder {
    schema.schema_type(SchemaType::from_iter([Type::String, Type::Null]))
}

fn reference_to(name: &str) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}

fn reference(name: &str, description: &str) -> RefOr<Schema> {
    let mut reference = Ref::from_schema_name(name);
    description.clone_into(&mut reference.description);
    reference.into()
}

fn described(schema: ObjectBuilder, description: &str) -> RefOr<Schema> {
    schema.description(Some(description)).into()
}

fn reference_or_null(name: &str, description: &str) -> RefOr<Schema> {
    OneOfBuilder::new()
        .item(reference_to(name))
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .description(Some(description))
        .into()
}
