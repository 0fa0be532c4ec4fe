//! The letters that HTML writes by names and numbers.

use icu_normalizer::ComposingNormalizer;

/// Signs, by the names of their entities.
const SIGNS: [(&str, char); 28] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("excl", '!'),
    ("num", '#'),
    ("dollar", '$'),
    ("percnt", '%'),
    ("lpar", '('),
    ("rpar", ')'),
    ("ast", '*'),
    ("plus", '+'),
    ("comma", ','),
    ("hyphen", '-'),
    ("period", '.'),
    ("sol", '/'),
    ("colon", ':'),
    ("semi", ';'),
    ("equals", '='),
    ("quest", '?'),
    ("commat", '@'),
    ("bsol", '\\'),
    ("lowbar", '_'),
    ("ordf", 'ª'),
    ("ordm", 'º'),
    ("ndash", '–'),
];
/// How the names of letters with accents end.
const ACCENTS: [(&str, char); 6] = [
    ("acute", '\u{301}'),
    ("grave", '\u{300}'),
    ("circ", '\u{302}'),
    ("tilde", '\u{303}'),
    ("uml", '\u{308}'),
    ("cedil", '\u{327}'),
];

/// The letter of an entity such as `amp`, `aacute`, `#39` or `#x2F`: what stands between `&` and `;`.
pub fn letter(entity: &str) -> Option<char> {
    let Some(number) = entity.strip_prefix('#') else {
        let sign = SIGNS.into_iter().find(|(name, _)| *name == entity).map(|(_, sign)| sign);
        return sign.or_else(|| accented(entity));
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?)
}

/// The letter that `name` has before the name of its accent.
fn accented(name: &str) -> Option<char> {
    let base = name.chars().next().filter(char::is_ascii_alphabetic)?;
    let (_, accent) = ACCENTS.into_iter().find(|(accent, _)| *accent == &name[1..])?;
    let composed = ComposingNormalizer::new_nfc().normalize(&format!("{base}{accent}")).into_owned();
    let mut letters = composed.chars();
    letters.next().filter(|_| letters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_names_and_numbers() {
        for (entity, expected) in [
            ("amp", Some('&')),
            ("aacute", Some('á')),
            ("Ccedil", Some('Ç')),
            ("otilde", Some('õ')),
            ("commat", Some('@')),
            ("#233", Some('é')),
            ("#xE9", Some('é')),
            ("acute", None),
            ("bcircus", None),
            ("qacute", None),
            ("", None),
            ("#", None),
        ] {
            assert_eq!(letter(entity), expected, "{entity}");
        }
    }
}
