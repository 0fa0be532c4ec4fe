//! Parameters and headers, as the document shows them.

use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat};

use super::requests::name;
use crate::domain::access::Permissao;
use crate::domain::atendimento::Status;
use crate::domain::text::{LOGIN_MAX, NOME_MAX, PROTOCOLO_MAX};
use crate::http::limits::{IDEMPOTENCY_KEY_MAX, PAGE_ENTRIES, PAGE_ENTRIES_MAX};
use crate::http::shapes::{boolean, integer, text};

/// Declares parameters: where each is, its name, its shape, an example, and what it says.
macro_rules! parameters {
    ($($struct:ident => $parameter:expr;)+) => {$(
        pub struct $struct;

        impl IntoParams for $struct {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                vec![$parameter.build()]
            }
        }
    )+};
}

parameters! {
    ProtocoloInQuery => parameter(ParameterIn::Query, "protocolo", name(PROTOCOLO_MAX), json!("20221104000001"),
        "Número do protocolo do atendimento.").required(Required::True);

    ProtocoloInPath => parameter(ParameterIn::Path, "protocolo", name(PROTOCOLO_MAX), json!("20221104000001"),
        "Número do protocolo do atendimento.").required(Required::True);

    Simular => parameter(ParameterIn::Query, "simular", boolean().default(Some(json!(false))), json!(false),
        "`true`: simula a alteração: valida tudo, não grava nada e mostra o resultado [ours].");

    IdempotencyHeader => parameter(ParameterIn::Header, "Idempotency-Key",
        text().min_length(Some(1)).max_length(Some(IDEMPOTENCY_KEY_MAX)).pattern(Some("^[!-~]([ -~]*[!-~])?$")), Value::Null,
        "Uma chave nova por alteração, como um UUID. Com a mesma chave e o mesmo corpo, a alteração é feita uma só vez, \
        e a resposta vem de novo; vale por 24 horas [ours].");

    IfMatch => parameter(ParameterIn::Header, "If-Match", text(), Value::Null,
        "O `ETag` da leitura. Se o atendimento mudou desde então, a resposta é 412 e nada é gravado [ours].");

    IfNoneMatch => parameter(ParameterIn::Header, "If-None-Match", text(), Value::Null,
        "O `ETag` de uma leitura anterior. Sem outra alteração desde então, 304 sem corpo.");

    Cursor => parameter(ParameterIn::Query, "cursor", text(), Value::Null,
        "Onde a página começa: `proximo` da página anterior.");

    Limite => parameter(ParameterIn::Query, "limite",
        integer().minimum(Some(1)).maximum(Some(PAGE_ENTRIES_MAX)).default(Some(json!(PAGE_ENTRIES))), Value::Null,
        "Quantas entradas, no máximo.");

    IdInPath => parameter(ParameterIn::Path, "id", integer().minimum(Some(1)), json!(1),
        "O número, como nas listas.").required(Required::True);

    PermissaoInPath => parameter(ParameterIn::Path, "permissao",
        text().enum_values(Some(Permissao::ALL.iter().map(|permissao| permissao.nome()))), json!("alterar-status"),
        "O nome da permissão.").required(Required::True);

    ProtocoloPrefix => parameter(ParameterIn::Query, "protocolo", text().max_length(Some(PROTOCOLO_MAX)), Value::Null,
        "Como o protocolo começa.");

    StatusInQuery => parameter(ParameterIn::Query, "status", text().enum_values(Some(Status::ALL.map(Status::nome))),
        Value::Null, "O status atual.");

    MotivoInQuery => parameter(ParameterIn::Query, "motivoStatus", text().max_length(Some(NOME_MAX)), Value::Null,
        "O motivo da última alteração, ativo ou não.");

    UsuarioInQuery => parameter(ParameterIn::Query, "usuario", text().max_length(Some(LOGIN_MAX)), Value::Null,
        "O login de quem fez a última alteração, entre os usuários que quem consulta vê.");

    Desde => parameter(ParameterIn::Query, "desde", moment(), Value::Null, "A partir deste momento.");

    Ate => parameter(ParameterIn::Query, "ate", moment(), Value::Null, "Antes deste momento.");

    Acao => parameter(ParameterIn::Query, "acao", text(), Value::Null,
        "Só esta ação, como `usuario.senha`, ou todas de um grupo, como `usuario`.");

    VisivelCliente => parameter(ParameterIn::Query, "visivelCliente", boolean().default(Some(json!(false))), Value::Null,
        "`true`: só o que o cliente pode ver.");
}

/// A moment, as RFC 3339 writes it.
fn moment() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}

/// A parameter, not required unless it is said.
pub fn parameter(
    place: ParameterIn,
    name: &str,
    schema: ObjectBuilder,
    example: Value,
    text: &str,
) -> ParameterBuilder {
    ParameterBuilder::new()
        .parameter_in(place)
        .name(name)
        .required(Required::False)
        .schema(Some(schema))
        .example((!example.is_null()).then_some(example))
        .description(Some(text))
}
