//! The shapes of bodies, as the document shows them.
//!
//! They are written down here, and not derived: requests are read member by member, and answers are made of
//! the domain's types, which know nothing of documents.
//!
//! Generated clients get one plain type for each member: the one that the vendor's page has. What else the server
//! takes for it is said in words.

use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::atendimento::Status as AtendimentoStatus;
use crate::domain::texto::{COMENTARIO_MAX, LOGIN_MAX, NOME_MAX, PROTOCOLO_MAX, SENHA_MAX};
use crate::http::limits::BATCH_ITEMS_MAX;

/// Without NUL.
const NO_NUL: &str = r"^[^\u0000]*$";
/// Neither blank nor with NUL.
const NOT_BLANK: &str = r"^[^\u0000]*[^\s\u0000][^\u0000]*$";

/// As a text, in any case.
const TRUE_OR_FALSE: &str = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$";

/// Declares a shape by its name and what it is.
macro_rules! shapes {
    ($($(#[$doc:meta])+ $name:ident => $schema:expr;)+) => {$(
        $(#[$doc])+
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
    /// Body of the login.
    Credenciais => taken(
        "O que o login pede.",
        vec![
            ("login", described(name(LOGIN_MAX), "Credencial de acesso do usuário [doc]. Comparada sem espaços nas \
                pontas, em NFC e sem distinguir maiúsculas de minúsculas [ours]."), true),
            ("senha", described(text().min_length(Some(1)).max_length(Some(SENHA_MAX)).pattern(Some(NO_NUL)),
                "Credencial de autenticação do usuário [doc]. Exatamente como enviada; o limite é em bytes de UTF-8 \
                [ours]."), true),
        ],
    );

    /// Answer of a login.
    Token => given(
        "O token de acesso [doc]; os nomes das chaves são [ours].",
        vec![
            ("accessToken", described(text(), "O token, a enviar em `Authorization: Bearer …`."), true),
            ("tokenType", described(text().enum_values(Some(["Bearer"])), "O esquema do cabeçalho."), true),
            ("expiresIn", described(integer().minimum(Some(1)), "Validade em segundos."), true),
        ],
    );

    /// One of the five.
    Status => text()
        .enum_values(Some(AtendimentoStatus::ALL.map(AtendimentoStatus::nome)))
        .description(Some("Status de um atendimento [doc]. Nas requisições, comparado sem espaços nas pontas e sem \
            distinguir maiúsculas de minúsculas [ours]."));

    /// Body of a change.
    Alteracao => taken(
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
                incluir no protocolo, desde o Citrus 2.63.0 [doc]. Em branco, nenhum [ours]."), false),
            ("visivelCliente", described(or_null(text()).pattern(Some(TRUE_OR_FALSE)), "Se o cliente vê o comentário: `True` ou \
                `False` [doc]. Em qualquer caixa; um booleano, 1 e 0 também são aceitos, e em branco equivale a não enviado [ours]. \
                Obrigatório com um comentário."), false),
            ("statusAtual", reference_or_null("Status", "O status em que o cliente supõe estar o atendimento; se for outro, \
                412 e nada muda. Em branco equivale a não enviado [ours]."), false),
        ],
    );

    /// Every error, and most successes.
    Mensagem => given("A resposta comum [doc]; a forma é [ours].", vec![("message", text().into(), true)]);

    /// Answer of 412.
    Divergencia => given(
        "O atendimento não está como o cliente o leu [ours].",
        vec![("message", text().into(), true), ("statusAtual", reference("Status", "O status atual."), true)],
    );

    /// Answer of a change, made or simulated.
    Alterado => given(
        "O que houve. Com `simular=true`, também o que a alteração faria [ours].",
        vec![
            ("message", text().into(), true),
            ("de", reference("Status", "O status atual, numa simulação."), false),
            ("para", reference("Status", "O status que teria, numa simulação."), false),
            ("motivoStatus", described(or_null(text()), "O motivo que seria registrado, numa simulação."), false),
        ],
    );

    /// Body of many changes.
    Lote => taken(
        "Muitas alterações [ours].",
        vec![("itens", list(reference_to("Alteracao")).min_items(Some(1)).max_items(Some(BATCH_ITEMS_MAX)).into(), true)],
    );

    /// Answer of many changes.
    Resultados => given(
        "Uma entrada por alteração, na mesma ordem [ours].",
        vec![("resultados", list(reference_to("Resultado")).into(), true)],
    );

    /// What became of one of many changes.
    Resultado => given(
        "O que uma requisição só desta alteração receberia.",
        vec![
            ("protocolo", described(or_null(text()), "Como enviado, sem espaços nas pontas; `null` se ilegível."), true),
            ("codigo", described(integer(), "O código de status."), true),
            ("message", text().into(), true),
            ("statusAtual", reference("Status", "O status atual, com 412."), false),
        ],
    );

    /// The present state.
    Atendimento => given(
        "O estado atual de um atendimento [ours].",
        vec![
            ("protocolo", text().into(), true),
            ("status", reference_to("Status"), true),
            ("motivoStatus", described(or_null(text()), "O motivo da última alteração."), true),
            ("atualizadoEm", described(time(), "Quando foi alterado pela última vez, ou registrado."), true),
        ],
    );

    /// A page of a history.
    Historico => given(
        "Uma página do histórico, da entrada mais antiga à mais nova [ours].",
        vec![
            ("protocolo", text().into(), true),
            ("historico", list(reference_to("Entrada")).into(), true),
            ("proximo", described(or_null(text()), "O `cursor` da página seguinte; `null` na última."), true),
        ],
    );

    /// An entry of a history.
    Entrada => given(
        "Uma alteração.",
        vec![
            ("em", time().into(), true),
            ("de", reference_to("Status"), true),
            ("para", reference_to("Status"), true),
            ("motivoStatus", or_null(text()).into(), true),
            ("usuario", described(or_null(text()), "Quem alterou; `null` numa importação. Ausente com \
                `visivelCliente=true`."), false),
            ("comentario", reference_or_null("Comentario", "O comentário que veio com ela."), true),
        ],
    );

    /// A comment of a history.
    Comentario => given(
        "Um comentário.",
        vec![("texto", text().into(), true), ("visivelCliente", boolean().into(), true)],
    );

    /// Where an atendimento may go.
    Transicoes => given(
        "Para onde o atendimento pode ir agora [ours].",
        vec![
            ("protocolo", text().into(), true),
            ("status", reference_to("Status"), true),
            ("transicoes", list(reference_to("Transicao")).into(), true),
            ("motivos", described(list(text()), "Os motivos ativos."), true),
        ],
    );

    /// One way that an atendimento may go.
    Transicao => given(
        "Um status para onde pode ir.",
        vec![("para", reference_to("Status"), true), ("motivoObrigatorio", boolean().into(), true)],
    );

    /// The active motivos.
    Motivos => given("Os motivos ativos, por nome [ours].", vec![("motivos", list(text()).into(), true)]);

    /// An error for programs.
    Problema => given(
        "Um erro segundo a RFC 9457 [ours]. Programas devem se guiar por `status`, `code` e `field`.",
        vec![
            ("type", described(text(), "`/problemas/` e o código; um nome, não um endereço."), true),
            ("title", described(text(), "O que todos os erros do código têm em comum."), true),
            ("status", described(integer(), "O código de status da resposta."), true),
            ("detail", described(text(), "O que houve."), true),
            ("code", described(text(), "A palavra para programas."), true),
            ("field", described(text(), "O campo, parâmetro ou cabeçalho em questão."), false),
            ("allowed", described(list(text()), "Os valores que pode ter, onde são poucos."), false),
            ("message", described(text(), "O texto da resposta comum."), true),
            ("statusAtual", reference("Status", "O status atual, com 412."), false),
        ],
    );
}

/// A member: its name, its shape, and whether it is always there.
type Member = (&'static str, RefOr<Schema>, bool);

/// An object in a request: other members are ignored.
fn taken(description: &str, members: Vec<Member>) -> Object {
    object(description, members).build()
}

/// An object in an answer: it may gain members. That is said, as generators take silence for a ban.
fn given(description: &str, members: Vec<Member>) -> Object {
    object(description, members).additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(true))).build()
}

fn object(description: &str, members: Vec<Member>) -> ObjectBuilder {
    let object = ObjectBuilder::new().description(Some(description));
    members.into_iter().fold(object, |object, (name, schema, required)| {
        let object = object.property(name, schema);
        if required { object.required(name) } else { object }
    })
}

fn of(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(kind))
}

/// Any text.
pub fn text() -> ObjectBuilder {
    of(Type::String)
}

/// A text that is not blank, of at most `max` characters.
pub fn name(max: usize) -> ObjectBuilder {
    text().min_length(Some(1)).max_length(Some(max)).pattern(Some(NOT_BLANK))
}

/// A whole number.
pub fn integer() -> ObjectBuilder {
    of(Type::Integer)
}

/// True or false.
pub fn boolean() -> ObjectBuilder {
    of(Type::Boolean)
}

fn time() -> ObjectBuilder {
    text().format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
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
    reference.description = description.to_owned();
    reference.into()
}

/// A shape that can be described.
trait Described: Into<RefOr<Schema>> {
    fn described(self, description: &str) -> Self;
}

impl Described for ObjectBuilder {
    fn described(self, description: &str) -> Self {
        self.description(Some(description))
    }
}

impl Described for ArrayBuilder {
    fn described(self, description: &str) -> Self {
        self.description(Some(description))
    }
}

fn described(schema: impl Described, description: &str) -> RefOr<Schema> {
    schema.described(description).into()
}

fn reference_or_null(name: &str, description: &str) -> RefOr<Schema> {
    OneOfBuilder::new().item(reference_to(name)).item(of(Type::Null)).description(Some(description)).into()
}
