//! Where JWTs stand in a text.

/// The first JWT in `text`, wherever a server puts it: the page does not say.
pub fn find_jwt(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some((start, length)) = jwt_at(rest) {
        let jwt = &rest[start..start + length];
        if !jwt.ends_with('.') {
            return Some(jwt.to_owned());
        }
        rest = &rest[start + length..];
    }
    None
}

/// Where the first JWT in `text` begins, and its length; its signature may be missing. Host names and file names have periods
/// too, but do not begin so.
pub(super) fn jwt_at(text: &str) -> Option<(usize, usize)> {
    let part = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c)).unwrap_or(text.len());
    text.match_indices("eyJ").find_map(|(start, _)| {
        let word = &text[start..];
        let claims = part(word);
        let rest = word[claims..].strip_prefix('.').filter(|rest| rest.starts_with("eyJ"))?;
        let signature = claims + 1 + part(rest);
        let rest = word[signature..].strip_prefix('.')?;
        Some((start, signature + 1 + part(rest)))
    })
}
