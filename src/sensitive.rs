//! Names of members, parameters and headers whose values must not be shown: those of secrets, and of what tells of people.
//! All that shows traffic goes by this list.

use icu_normalizer::DecomposingNormalizer;

/// Parts of the names of secrets.
const SECRETS: [&str; 24] = [
    "senha",
    "password",
    "passwd",
    "passphrase",
    "palavrapasse",
    "contrasenha",
    "secret",
    "segredo",
    "token",
    "jwt",
    "bearer",
    "apikey",
    "accesskey",
    "authkey",
    "privatekey",
    "chaveapi",
    "chavedeapi",
    "chaveacesso",
    "chavedeacesso",
    "credential",
    "credencia",
    "authorization",
    "autorizacao",
    "cookie",
];
/// Whole words of such names: within others they would mean something else.
const SECRET_WORDS: [&str; 16] = [
    "auth",
    "pwd",
    "pass",
    "psw",
    "pswd",
    "pw",
    "pin",
    "otp",
    "totp",
    "mfa",
    "sid",
    "session",
    "sessionid",
    "sessao",
    "signature",
    "assinatura",
];
/// Parts of the names of what tells of people.
const PEOPLE: [&str; 40] = [
    "nome",
    "name",
    "mail",
    "phone",
    "fone",
    "celular",
    "whatsapp",
    "nasc",
    "birth",
    "endereco",
    "address",
    "logradouro",
    "bairro",
    "matricula",
    "usuario",
    "user",
    "login",
    "cliente",
    "customer",
    "contato",
    "contact",
    "solicitante",
    "responsavel",
    "atendente",
    "operador",
    "autor",
    "apelido",
    "documento",
    "comentario",
    "comment",
    "alteradopor",
    "criadopor",
    "atualizadopor",
    "modificadopor",
    "executadopor",
    "feitopor",
    "changedby",
    "createdby",
    "updatedby",
    "modifiedby",
];
const PEOPLE_WORDS: [&str; 38] = [
    "cpf",
    "cnpj",
    "rg",
    "cnh",
    "pis",
    "nis",
    "ssn",
    "tel",
    "cel",
    "mobile",
    "cep",
    "zip",
    "mae",
    "pai",
    "sexo",
    "genero",
    "foto",
    "avatar",
    "sub",
    "ip",
    "pessoa",
    "person",
    "idade",
    "age",
    "aniversario",
    "gender",
    "profissao",
    "religiao",
    "raca",
    "etnia",
    "escolaridade",
    "nacionalidade",
    "naturalidade",
    "deficiencia",
    "conjuge",
    "salario",
    "salary",
    "principal",
];
/// What a server says, although it says it to a person.
const SAYINGS: [&str; 6] = ["message", "mensagem", "msg", "error", "erro", "texto"];

/// Whether `name` is that of a secret, such as `senha`, `newPassword` or `X-Api-Key`.
pub fn names_secret(name: &str) -> bool {
    is_of(name, &SECRETS, &SECRET_WORDS)
}

/// Whether `name` is that of something that tells of a person, such as `cpf` or `nomeDoCliente`.
pub fn names_person(name: &str) -> bool {
    let letters = letters(name);
    is_of(name, &PEOPLE, &PEOPLE_WORDS) && !SAYINGS.iter().any(|saying| letters.contains(saying))
}

fn is_of(name: &str, parts: &[&str], whole: &[&str]) -> bool {
    let letters = letters(name);
    parts.iter().any(|part| letters.contains(part)) || words(name).iter().any(|word| whole.contains(&word.as_str()))
}

/// The letters of `name` alone, without case and accents.
fn letters(name: &str) -> String {
    words(name).concat()
}

/// The words of a name such as `newPassword`, `api_key` or `X-Auth`, without case and accents.
pub fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let letters: Vec<char> = name.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let is_upper = |at: usize| letters.get(at).is_some_and(|letter| letter.is_uppercase());
        let is_lower = |at: usize| letters.get(at).is_some_and(|letter| letter.is_lowercase());
        // `idToken`, and the `H` of `JWTHeader`.
        let begins = is_upper(at) && at > 0 && (!is_upper(at - 1) || is_lower(at + 1));
        if !letter.is_alphabetic() || begins {
            words.push(String::new());
        }
        if letter.is_alphabetic() {
            words.last_mut().expect("it has one").push(*letter);
        }
    }
    words.iter().filter(|word| !word.is_empty()).map(|word| folded(word)).collect()
}

/// Whether the `place` of a member says that it has the status of an atendimento.
pub fn names_status(place: &str) -> bool {
    let name = folded(place);
    ["status", "situacao", "estado", "state"].iter().any(|word| name.contains(word))
}

/// `text` without case and accents.
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let is_mark = |letter: &char| ('\u{300}'..='\u{36f}').contains(letter);
    let letters = DecomposingNormalizer::new_nfkd().normalize(text).into_owned();
    letters.chars().filter(|letter| !is_mark(letter)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in [
            "senha",
            "SENHA",
            "s\u{e9}nha_senha",
            "newPassword",
            "x-api-key",
            "X-Api-Key",
            "apiKey",
            "user_pwd",
            "PIN",
            "access_token",
            "refreshToken",
            "X-Auth-Token",
            "Authorization",
            "Proxy-Authorization",
            "Cookie",
            "JWTHeader",
            "clientSecret",
            "Credenciais",
            "chave de API",
        ] {
            assert!(names_secret(name), "{name}");
        }
        for name in ["Idempotency-Key", "status", "author", "pinned", "mensagem", "passo", "Accept", "side", "chave"] {
            assert!(!names_secret(name), "{name}");
        }
    }

    #[test]
    fn what_tells_of_people_is_known_by_its_name() {
        for name in [
            "nome",
            "nomeCompleto",
            "idade",
            "nr_idade",
            "CPF",
            "nr_cpf",
            "e-mail",
            "telefone",
            "userName",
            "endereço",
            "enderec\u{327}o",
        ] {
            assert!(names_person(name), "{name}");
        }
        for name in [
            "mensagemUsuario",
            "user_message",
            "validade",
            "quantidade",
            "message",
            "hotel",
            "script",
            "tipo",
            "origem",
            "codigo",
        ] {
            assert!(!names_person(name), "{name}");
        }
    }
}
