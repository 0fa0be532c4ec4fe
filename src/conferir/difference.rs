//! Where two texts begin to differ.

use crate::dialect::Meant;

/// The first character of `received` that is not that of `expected`; `None` if the texts are the same.
pub fn first(expected: &str, received: &str) -> Option<String> {
    let (mut expected, mut received) = (expected.chars(), received.chars());
    for place in 1_usize.. {
        match (expected.next(), received.next()) {
            (None, None) => break,
            (wanted, came) if wanted != came => {
                return Some(format!("character {place}: {} expected, {} received", named(wanted), named(came)));
            }
            _ => {}
        }
    }
    None
}

/// The same, where `meant` should stand in `received` after so many bytes.
pub fn at((bytes, meant): (usize, Meant), received: &str) -> String {
    let place = received[..bytes].chars().count() + 1;
    let expected = match meant {
        Meant::Sign(sign) => named(Some(sign)),
        Meant::End => named(None),
        Meant::Id => "an id".to_owned(),
    };
    format!("character {place}: {expected} expected, {} received", named(received[bytes..].chars().next()))
}

fn named(character: Option<char>) -> String {
    character.map_or_else(|| "the end".to_owned(), |c| format!("U+{:04X}", u32::from(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named_by_code_points() {
        let dash = first("motivoStatus – x", "motivoStatus - x").unwrap();
        assert_eq!(dash, "character 14: U+2013 expected, U+002D received");
        // Decomposed letters look the same.
        assert_eq!(first("é", "e\u{301}").unwrap(), "character 1: U+00E9 expected, U+0065 received");
        assert_eq!(first("a", "a\u{1f600}").unwrap(), "character 2: the end expected, U+1F600 received");
        assert_eq!(first("ab", "a").unwrap(), "character 2: U+0062 expected, the end received");
        assert_eq!((first("", ""), first("á", "á")), (None, None));
    }
}
