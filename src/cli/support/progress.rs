//! Progress bars, which show on a terminal alone.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// `bar` in the form of `template`.
pub fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    let bar = bar.with_style(ProgressStyle::with_template(template).expect("the templates are well-formed"));
    // A workbook is read in one go once its last byte is there.
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
