//! The trace to which a request belongs: W3C's `traceparent`, as proxies and clients with OpenTelemetry send it.

use axum::http::{HeaderMap, HeaderName};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// `00-`, 32 digits, `-`, 16 digits, `-`, two digits. Later versions may have more behind that.
const LENGTH: usize = 55;
const LENGTH_MAX: usize = 128;

/// The trace's id, where there is one header and it is valid; others are ignored, as the standard has it.
pub fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(TRACEPARENT).iter();
    let (Some(header), None) = (all.next(), all.next()) else { return None };
    let header = header.to_str().ok().filter(|header| (LENGTH..=LENGTH_MAX).contains(&header.len()))?;
    let (known, more) = header.split_at_checked(LENGTH)?;
    let mut parts = known.split('-');
    let mut next = |digits| parts.next().filter(|part| part.len() == digits && part.bytes().all(is_digit));
    let (version, trace, parent, _flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
    let ends = more.is_empty() || version != "00" && more.starts_with('-');
    (ends && version != "ff" && is_id(trace) && is_id(parent)).then_some(trace)
}

/// A hexadecimal one, in lower case.
fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

/// An id of nothing but zeros is none.
fn is_id(id: &str) -> bool {
    id.bytes().any(|byte| byte != b'0')
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    fn of(headers: &[&str]) -> Option<String> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(TRACEPARENT, HeaderValue::from_bytes(header.as_bytes()).unwrap());
        }
        trace_id(&map).map(str::to_owned)
    }

    #[test]
    fn a_valid_one_is_taken_and_of_later_versions_what_is_known() {
        for header in [
            format!("00-{TRACE}-{PARENT}-01"),
            format!("00-{TRACE}-{PARENT}-00"),
            format!("cc-{TRACE}-{PARENT}-01"),
            format!("01-{TRACE}-{PARENT}-01-what-comes-later"),
        ] {
            assert_eq!(of(&[&header]).as_deref(), Some(TRACE), "{header}");
        }
    }

    #[test]
    fn all_others_are_ignored() {
        let valid = format!("00-{TRACE}-{PARENT}-01");
        for header in [
            String::new(),
            valid.to_uppercase(),
            format!("{valid}-more"),
            format!("{valid} "),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("01-{TRACE}-{PARENT}-01more"),
            format!("00-{}-{PARENT}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{TRACE}x{PARENT}-01"),
            format!("00-{}-{PARENT}-01", "é".repeat(16)),
            format!("00-{}g-{PARENT}-01", &TRACE[1..]),
            format!("01-{TRACE}-{PARENT}-01-{}", "x".repeat(100)),
        ] {
            assert_eq!(of(&[&header]), None, "{header}");
        }
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[&valid, &valid]), None, "which of two?");
    }
}
