//! The letters that HTML writes by names and numbers.

/// The letter of an entity such as `amp`, `#39` or `#x2F`: what stands between `&` and `;`.
pub fn letter(entity: &str) -> Option<char> {
    let Some(number) = entity.strip_prefix('#') else {
        return [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''), ("nbsp", ' ')]
            .into_iter()
            .find(|(name, _)| *name == entity)
            .map(|(_, letter)| letter);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?)
}
