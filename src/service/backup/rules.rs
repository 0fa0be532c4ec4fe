//! What a value of a column may be. It holds for what is written into a backup as for what is read from one, so that
//! every backup that was made can be restored.

use crate::auth::password::is_bearable_hash;
use crate::domain::atendimento::Status;
use crate::domain::text::{COMENTARIO_MAX, Name, PROTOCOLO_MAX, fits, is_blank};
use crate::store::{Column, Kind, Value};

/// The greatest id or revision: what a JSON number can always carry.
pub(super) const NUMBER_MAX: i64 = (1 << 53) - 1;
/// The last millisecond of the year 9999.
const MILLIS_MAX: i64 = 253_402_300_799_999;
const SENHA_HASH_MAX: usize = 512;

/// What is wrong with `value` in `column`.
pub(super) fn fault(column: &Column, value: &Value) -> Option<&'static str> {
    if *value == Value::Null {
        return (!column.nullable).then_some("is missing");
    }
    match (column.kind, value) {
        (Kind::Id | Kind::Reference, Value::Number(number)) => {
            (!(1..=NUMBER_MAX).contains(number)).then_some("is not an id")
        }
        (Kind::Revision, Value::Number(number)) => {
            (!(0..=NUMBER_MAX).contains(number)).then_some("is not a number of changes")
        }
        (Kind::Status, Value::Number(code)) => {
            let status = i16::try_from(*code).ok().and_then(Status::from_code);
            status.is_none().then_some("is not a status: 1 to 5")
        }
        (Kind::Millis, Value::Number(millis)) => {
            (!(0..=MILLIS_MAX).contains(millis)).then_some("is not a time from 1970 to 9999")
        }
        (Kind::Time, Value::Time(time)) => {
            (!(1970..=9999).contains(&time.year())).then_some("is not a time from 1970 to 9999")
        }
        (Kind::Number, Value::Number(_)) | (Kind::Flag, Value::Flag(_)) => None,
        (Kind::Bytes(length), Value::Bytes(bytes)) => (bytes.len() != length).then_some("has the wrong length"),
        (kind, Value::Text(text)) => fault_of_text(kind, text),
        _ => Some("has the wrong type"),
    }
}

fn fault_of_text(kind: Kind, text: &str) -> Option<&'static str> {
    let is_right = match kind {
        Kind::Name => Name::is_stored(text),
        Kind::Text(max) => !text.is_empty() && fits(text, max),
        Kind::SenhaHash => fits(text, SENHA_HASH_MAX) && is_bearable_hash(text),
        Kind::Protocolo => !is_blank(text) && text.trim() == text && fits(text, PROTOCOLO_MAX),
        Kind::Comentario => fits(text, COMENTARIO_MAX),
        _ => return Some("has the wrong type"),
    };
    let fault = match kind {
        Kind::Name => "is not a name",
        Kind::SenhaHash => "is not the hash of a senha, or one that takes too much work",
        Kind::Protocolo => "is not a protocolo",
        _ => "is empty, too long, or has a NUL",
    };
    (!is_right).then_some(fault)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::store::TABLES;

    fn column(table: &str, name: &str) -> &'static Column {
        let table = TABLES.iter().find(|t| t.name == table).unwrap();
        table.columns_at(i64::MAX).into_iter().find(|column| column.name == name).unwrap()
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn each_kind_takes_its_values_and_no_others() {
        let hash = "$argon2id$v=19$m=19456,t=2,p=1$Y2l0cnVzLXN0YXR1cw$ZHVtbXktZGlnZXN0LW9mLTMyLWJ5dGVzLTAwMDAwMDA";
        let cases: [(&str, &str, Vec<Value>, Vec<Value>); 11] = [
            (
                "nivel",
                "id",
                vec![Value::Number(1), Value::Number(NUMBER_MAX)],
                vec![Value::Number(0), Value::Number(-1), Value::Number(NUMBER_MAX + 1), text("1"), Value::Null],
            ),
            ("nivel", "superior_id", vec![Value::Null, Value::Number(7)], vec![Value::Number(0), Value::Flag(true)]),
            (
                "usuario",
                "login",
                vec![text("user.api"), text("Já")],
                vec![text(""), text(" a"), text("Ja\u{301}"), text("a\nb")],
            ),
            ("usuario", "senha_hash", vec![text(hash)], vec![text("1234"), text(&hash.replace("19456", "4194304"))]),
            ("usuario", "ativo", vec![Value::Flag(false)], vec![Value::Number(0), Value::Null]),
            ("usuario", "geracao", vec![Value::Number(i64::MIN), Value::Number(i64::MAX)], vec![text("1")]),
            (
                "atendimento",
                "protocolo",
                vec![text("20221104000001"), text(&"9".repeat(64))],
                vec![text(""), text(" 1"), text("1\0"), text(&"9".repeat(65))],
            ),
            (
                "atendimento",
                "status",
                vec![Value::Number(1), Value::Number(5)],
                vec![Value::Number(0), Value::Number(6), Value::Number(65_537)],
            ),
            (
                "atendimento",
                "atualizado_em",
                vec![Value::Time(datetime!(1970-01-01 0:00 UTC)), Value::Time(datetime!(9999-12-31 23:59:59.999 UTC))],
                vec![Value::Time(datetime!(1969-12-31 23:59:59 UTC)), Value::Number(1)],
            ),
            (
                "historico",
                "comentario",
                vec![text(""), text("a\u{1b}[2J"), text(&"é".repeat(COMENTARIO_MAX)), Value::Null],
                vec![text("a\0"), text(&"é".repeat(COMENTARIO_MAX + 1))],
            ),
            (
                "tentativa",
                "chave",
                vec![Value::Bytes(vec![0; 16])],
                vec![Value::Bytes(vec![0; 15]), text("x"), Value::Null],
            ),
        ];
        for (table, name, right, wrong) in cases {
            let column = column(table, name);
            assert!(right.iter().all(|value| fault(column, value).is_none()), "{table}.{name}");
            assert!(wrong.iter().all(|value| fault(column, value).is_some()), "{table}.{name}");
        }
    }
}
