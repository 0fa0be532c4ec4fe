//! Elements of XML and pages, as far as a body's frame needs them.

use crate::dialect::Template;

/// Elements of pages that need no end.
const OPEN_ENDED: [&str; 25] = [
    "area", "base", "body", "br", "col", "dd", "dt", "embed", "head", "hr", "html", "img", "input", "li", "link",
    "meta", "option", "p", "source", "tbody", "td", "th", "tr", "track", "wbr",
];

/// Whether what stands between `before` and `after` is inside of one element, or in no markup.
pub(super) fn is_one_element(before: &str, after: &str) -> bool {
    let [before, after] = [before, after].map(without_gaps);
    let mut open: Vec<&str> = Vec::new();
    for tag in tags(&before) {
        match tag {
            Tag::Begin(name) => open.push(name),
            Tag::End(name) => _ = close(&mut open, name),
        }
    }
    let mut inside = 0_usize;
    tags(&after).all(|tag| match tag {
        Tag::Begin(_) => {
            inside += 1;
            true
        }
        Tag::End(_) if inside > 0 => {
            inside -= 1;
            true
        }
        Tag::End(name) => close(&mut open, name),
    })
}

/// `text` without our gaps, which look like elements.
fn without_gaps(text: &str) -> String {
    Template::parse(text).map_or_else(|_| text.to_owned(), |text| text.rewritten(str::to_owned, |_| String::new()))
}

enum Tag<'a> {
    Begin(&'a str),
    End(&'a str),
}

/// The tags in `text`: neither comments nor declarations, nor what is its own end.
fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    text.split('<').skip(1).filter_map(|part| {
        let (tag, _) = part.split_once('>')?;
        let name = |tag: &str| tag.find(|letter: char| letter.is_whitespace()).map_or(tag.len(), |end| end);
        if tag.ends_with('/') || !tag.starts_with(|first: char| first == '/' || first.is_alphabetic()) {
            return None;
        }
        Some(match tag.strip_prefix('/') {
            Some(tag) => Tag::End(tag.trim_end()),
            None => Tag::Begin(&tag[..name(tag)]),
        })
    })
}

/// Closes `name`, with what is open in it and needs no end. False where something else is open.
fn close(open: &mut Vec<&str>, name: &str) -> bool {
    let Some(at) = open.iter().rposition(|own| *own == name) else { return OPEN_ENDED.contains(&name) };
    let is_closed = open[at + 1..].iter().all(|own| OPEN_ENDED.contains(own));
    open.truncate(at);
    is_closed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_in_one_element() {
        for (before, after) in [
            ("<f><c>1</c><s>", "</s></f>"),
            ("<html><body><h1>Erro <codigo></h1><p>", "</p><hr>Tomcat</body></html>"),
            ("<html><p>", "<hr><b>x</b></html>"),
            ("<!DOCTYPE html><p class=\"a\">", "<br/>x</p>"),
            ("<?xml version=\"1.0\"?><s:F xmlns:s=\"u\"><s:T>", "</s:T></s:F>"),
            ("ERRO: ", "\n"),
            ("", ""),
        ] {
            assert!(is_one_element(before, after), "{before} {after}");
        }
        for (before, after) in [("<f><c>", "</s></f>"), ("<f><c>soap:", "</s><d></d></f>"), ("<f><c>x</c>", "</s></f>")]
        {
            assert!(!is_one_element(before, after), "{before} {after}");
        }
    }
}
