//! Ends of elements that nothing begins: what would begin them is a gap.

/// The first of the `names` of gaps that the `bytes` between them close as an element, and do not open.
pub(super) fn unopened<'a>(bytes: &[&str], mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let is_unopened = |name: &&str| {
        let ends = |after: &&str| after.starts_with(['>', ' ', '/', '\n', '\t', '\r']);
        let (open, close) = (format!("<{name}"), format!("</{name}>"));
        let opened = bytes.iter().flat_map(|bytes| bytes.split(open.as_str()).skip(1)).filter(ends).count();
        bytes.iter().map(|bytes| bytes.matches(close.as_str()).count()).sum::<usize>() > opened
    };
    names.find(is_unopened)
}
