//! Words that servers use, by which a text is known to name nobody: what is not among them may be anybody.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use crate::domain::atendimento::Status;
use crate::http::answer::MADE;
use crate::http::answer::catalogue::ApiError;
use crate::sensitive::{self, folded};

/// Members of requests, in the spelling of the vendor's page.
pub const MEMBERS: [&str; 8] =
    ["login", "senha", "protocolo", "status", "motivoStatus", "comentario", "visivelCliente", "statusAtual"];
/// A word a word, without accents; lines that begin with `#` are remarks.
const LIST: &str = include_str!("words.txt");
/// The same, of words in names of members alone.
const OF_MEMBERS: &str = include_str!("members.txt");
/// Known words that are names of people, too.
const NAMES: [&str; 28] = [
    "caminha",
    "campos",
    "canto",
    "chaves",
    "cross",
    "dias",
    "edite",
    "fontes",
    "largo",
    "longo",
    "maximo",
    "maxima",
    "max",
    "may",
    "nascimento",
    "novaes",
    "pais",
    "parente",
    "pessoa",
    "ponte",
    "pontes",
    "portas",
    "porto",
    "ray",
    "real",
    "strong",
    "wells",
    "will",
];
/// How words end that are no names, if they are not at the beginning of one.
const ENDINGS: [&str; 7] = ["cao", "coes", "mente", "avel", "ivel", "amento", "ation"];
/// What is shorter may be the end of something else.
const LONG: usize = 8;
/// Numbers of so many digits tell of nobody.
const DIGITS_MAX: usize = 3;

/// The words of the list, and of the texts of the contract.
static KNOWN: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let errors = ApiError::one_of_each();
    let own = errors.iter().map(|error| error.row().text).chain(Status::ALL.map(Status::nome)).chain([MADE]);
    { own }.flat_map(of).chain(listed(LIST)).chain(MEMBERS).map(|word| stem(&folded(word))).collect()
});

/// Words in names of members.
static KNOWN_OF_MEMBERS: LazyLock<HashSet<String>> = LazyLock::new(|| listed(OF_MEMBERS).map(stem).collect());

/// The words of `list`.
fn listed(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}

/// The texts of the contract that have no values in them.
static TEXTS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let errors = ApiError::one_of_each();
    let texts = errors.iter().map(|error| error.row().text).filter(|text| !text.contains("{}"));
    texts.chain([MADE]).collect()
});

/// The words in `text`.
pub(super) fn of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether `text` is one of the contract's.
pub(super) fn is_of_contract(text: &str) -> bool {
    TEXTS.contains(text.trim())
}

/// Whether `word` tells of nobody: a short number, or a word of servers, also one made of several, as `accessToken` is.
pub(super) fn is_known(word: &str) -> bool {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return word.len() <= DIGITS_MAX || KNOWN.contains(word);
    }
    let whole = folded(word);
    KNOWN.contains(&stem(&whole))
        || has_usual_ending(word, &whole)
        || !word.contains(char::is_numeric)
            && has_several(word)
            && sensitive::words(word).iter().all(|part| is_listed(part))
}

/// Whether `text` has three letters or more that stand alone one after the other: so, anything can be spelled.
pub(super) fn is_spelled(text: &str) -> bool {
    let mut letters = 0;
    of(text).any(|word| {
        let stands_alone = word.chars().count() == 1 && word.starts_with(char::is_alphabetic);
        letters = if stands_alone { letters + 1 } else { 0 };
        letters > 2
    })
}

/// Whether all words in `text` are known.
pub(super) fn are_known(text: &str) -> bool {
    of(text).all(is_known)
}

/// Whether `name` is one that servers give to members: its words are known, or short beside known ones, as in `dsErro`.
pub(super) fn is_name(name: &str) -> bool {
    let words = sensitive::words(name);
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    name.len() <= 40
        && !is_spelled(name)
        && !is_in_odd_case(name)
        && name.chars().all(|letter| letter.is_alphanumeric() || "_-.@$".contains(letter))
        && digits <= DIGITS_MAX
        && words.iter().any(|word| is_of_member(word))
        && words.iter().all(|word| word.chars().count() <= 2 || is_of_member(word))
}

fn is_of_member(folded: &str) -> bool {
    is_listed(folded) || KNOWN_OF_MEMBERS.contains(&stem(folded))
}

/// Where known words in `text` may name somebody: with a capital, not where sentences begin, unless alone or before a name.
pub(super) fn names_in(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    for sentence in text.split(|letter: char| ".,!?:;\n\"'`()[]{}<>".contains(letter)) {
        let words: Vec<&str> = of(sentence).collect();
        for (at, word) in words.iter().enumerate().filter(|(_, word)| is_name_of_person(word)) {
            let is_before_name =
                |next: &&str| next.starts_with(char::is_uppercase) && (!is_known(next) || is_name_of_person(next));
            if at > 0 || words.len() == 1 || words.get(at + 1).is_some_and(is_before_name) {
                let start = word.as_ptr() as usize - text.as_ptr() as usize;
                places.push(start..start + word.len());
            }
        }
    }
    places
}

/// What comes before a user's login in a sentence.
const BEFORE_LOGIN: [&str; 11] = [
    "usuario",
    "usuaria",
    "user",
    "username",
    "utilizador",
    "login",
    "operador",
    "operadora",
    "atendente",
    "por",
    "by",
];

/// Where `text` has a login made of known words, after a word for a user: several in one, as `suporte.sistema`.
pub(super) fn logins_in(text: &str) -> Vec<Range<usize>> {
    let is_part = |letter: char| letter.is_alphanumeric() || "._\\-".contains(letter);
    let (mut places, mut at, mut is_next) = (Vec::new(), 0, false);
    while let Some(start) = text[at..].find(char::is_alphanumeric).map(|start| at + start) {
        let end = text[start..].find(|letter| !is_part(letter)).map_or(text.len(), |length| start + length);
        let piece = text[start..end].trim_end_matches(|letter: char| !letter.is_alphanumeric());
        if is_next && is_joined(piece) {
            places.push(start..start + piece.len());
        }
        is_next = BEFORE_LOGIN.contains(&folded(piece).as_str());
        at = start + piece.len();
    }
    places
}

/// Whether `piece` is several words in one, as `suporte.sistema`, `EMPRESA\\suporte` and `remoteWorker`.
fn is_joined(piece: &str) -> bool {
    let letters: Vec<char> = piece.chars().collect();
    piece.contains(['.', '_', '\\']) || letters.windows(2).any(|pair| pair[0].is_lowercase() && pair[1].is_uppercase())
}

/// Whether the known `word` may be the name of a person, too, as it is written.
pub(super) fn is_name_of_person(word: &str) -> bool {
    word.starts_with(char::is_uppercase) && NAMES.contains(&folded(word).as_str())
}

/// Whether `name` is one that servers and clients give to headers, such as `X-Request-Id`.
pub(super) fn is_header(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        && !is_spelled(name)
        && !is_in_odd_case(name)
        && name.bytes().filter(u8::is_ascii_digit).count() <= DIGITS_MAX
        && sensitive::words(name).iter().all(|word| word.len() <= 2 || is_listed(word))
}

/// Whether a word in `name` has capitals among its small letters so that its parts are too short to be known, as in `mArIa`.
fn is_in_odd_case(name: &str) -> bool {
    let is_short = |part: &String| part.chars().count() <= 2;
    name.split(|letter: char| !letter.is_alphabetic()).any(|word| {
        let parts = sensitive::words(word);
        let mut rows = parts.chunk_by(|one, next| is_short(one) && is_short(next)).filter(|row| row.len() > 1);
        rows.any(|row| row.len() > 2 || row.iter().any(|part| part.chars().count() == 1))
    })
}

fn has_several(word: &str) -> bool {
    word.chars().any(char::is_lowercase) && word.chars().skip(1).any(char::is_uppercase)
}

fn is_listed(folded: &str) -> bool {
    KNOWN.contains(&stem(folded))
}

fn has_usual_ending(word: &str, folded: &str) -> bool {
    folded.len() >= LONG
        && word.chars().all(char::is_lowercase)
        && ENDINGS.iter().any(|ending| folded.strip_suffix('s').unwrap_or(folded).ends_with(ending))
}

/// `word` without the ending that tells gender and number.
fn stem(word: &str) -> String {
    let long = |ending: &str| word.strip_suffix(ending).filter(|rest| rest.len() >= 3);
    let singular = match (long("oes"), long("ais"), long("eis")) {
        (Some(rest), ..) => format!("{rest}ao"),
        (_, Some(rest), _) => format!("{rest}al"),
        (.., Some(rest)) => format!("{rest}el"),
        _ => long("s").unwrap_or(word).to_owned(),
    };
    match singular.strip_suffix(['a', 'e', 'o']) {
        Some(rest) if rest.len() >= 4 => rest.to_owned(),
        _ => singular,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_servers_are_known_and_names_are_not() {
        for word in [
            "Usuário",
            "usuarios",
            "USUÁRIO",
            "permissões",
            "inválidas",
            "Incorreta",
            "accessToken",
            "AccessDeniedException",
            "JsonWebTokenError",
            "12",
            "404",
            "parametrização",
            "disponíveis",
            "credenciais",
            "1252",
            "HS256",
        ] {
            assert!(is_known(word), "{word}");
        }
        for word in [
            "Maria",
            "maria",
            "Silva",
            "Fulana",
            "canario",
            "jsilva",
            "João",
            "Conceição",
            "Clemente",
            "7531",
            "4a7f",
            "s",
            "r",
            "Fernando",
            "mariaToken",
        ] {
            assert!(!is_known(word), "{word}");
        }
    }

    #[test]
    fn names_of_members_are_known() {
        for name in [
            "message",
            "mensagemErro",
            "dsMensagem",
            "cd_erro",
            "expires_in",
            "@type",
            "traceId",
            "nr-protocolo",
            "idade",
            "nr_idade",
            "dataNascimento",
            "cidadeUf",
            "timezone",
            "sobrenome",
        ] {
            assert!(is_name(name), "{name}");
        }
        assert!(!is_known("idade") && !is_known("religiao"));
        for name in [
            "maria",
            "Ana",
            "idadeMaria",
            "erro_mArIa",
            "erroMaRiA",
            "erro_aNa",
            "canarioNome",
            "a b",
            "erro12345",
            "maria_token",
            "",
            "x",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn the_list_has_every_word_once_and_without_accents() {
        let listed: Vec<&str> = listed(LIST).collect();
        assert!(listed.len() > 1500 && listed.iter().all(|word| folded(word) == **word));
        let of_members: Vec<&str> = super::listed(OF_MEMBERS).collect();
        assert!(of_members.len() > 150 && of_members.iter().all(|word| folded(word) == **word && !is_listed(word)));
    }

    #[test]
    fn a_known_word_is_a_name_where_it_is_written_like_one() {
        for (text, names) in [
            ("Campos", &["Campos"][..]),
            ("CAMPOS", &["CAMPOS"]),
            ("Usuário Campos sem acesso", &["Campos"]),
            ("Campos Silva não encontrado", &["Campos"]),
            ("Pontes Chaves", &["Pontes", "Chaves"]),
            ("Olá, Dias!", &["Dias"]),
            ("Acesso negado (Porto)", &["Porto"]),
            ("Campos obrigatórios não preenchidos", &[]),
            ("Erro: Campos inválidos", &[]),
            ("preencha os campos", &[]),
            ("Status", &[]),
        ] {
            let found: Vec<&str> = names_in(text).into_iter().map(|place| &text[place]).collect();
            assert_eq!(found, names, "{text}");
        }
    }
}
