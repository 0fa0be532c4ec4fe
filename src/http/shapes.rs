//! The elementary shapes that the document of the API is made of.

use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::atendimento::Status;

impl PartialSchema for Status {
    fn schema() -> RefOr<Schema> {
        let names = Status::ALL.map(Status::nome);
        let description = "Status de um atendimento [doc]. Nas requisições, comparado sem espaços nas pontas e sem \
            distinguir maiúsculas de minúsculas [ours].";
        text().enum_values(Some(names)).description(Some(description)).into()
    }
}

impl ToSchema for Status {}

pub fn text() -> ObjectBuilder {
    of(Type::String)
}

pub fn integer() -> ObjectBuilder {
    of(Type::Integer)
}

pub fn boolean() -> ObjectBuilder {
    of(Type::Boolean)
}

fn of(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(kind))
}
