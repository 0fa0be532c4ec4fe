//! Checksums, as `sha256sum` prints them.

use aws_lc_rs::digest::Context;

/// The checksum of what `sum` has taken in, in hexadecimal.
pub(super) fn hex(sum: Context) -> String {
    sum.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
