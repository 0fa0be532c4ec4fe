//! Charts: how long bars are, and where they stand. The templates draw them, with their numbers beside them and in a
//! table.

/// How wide a chart is, in its own units: those of a telephone's screen, so that its letters are as large there.
pub const WIDTH: i64 = 360;
/// The part of [`WIDTH`] that is for the names of rows, and for the numbers behind them.
const NAMES: i64 = 124;
const NUMBERS: i64 = 60;
const ROW: i64 = 30;
const BAR: i64 = 18;
/// How high columns may be, and the room above them for the greatest number and below them for the hours.
const COLUMN: i64 = 96;
const ABOVE: i64 = 18;
const BELOW: i64 = 20;

/// A row or a column.
pub struct Bar {
    pub name: String,
    pub value: i64,
    /// What distinguishes it by style.
    pub class: &'static str,
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
}

impl Bar {
    /// Where the text beside a row stands.
    pub fn text_y(&self) -> i64 {
        self.y + BAR - 4
    }

    /// Where the number behind a row stands.
    pub fn number_x(&self) -> i64 {
        self.x + self.width + 6
    }

    /// The middle of a column.
    pub fn middle(&self) -> i64 {
        self.x + self.width / 2
    }
}

pub struct Chart {
    pub bars: Vec<Bar>,
    pub height: i64,
    /// The greatest value.
    pub most: i64,
}

impl Chart {
    pub fn is_empty(&self) -> bool {
        self.most == 0
    }

    pub fn width(&self) -> i64 {
        WIDTH
    }

    /// Where columns stand.
    pub fn ground(&self) -> i64 {
        ABOVE + COLUMN
    }

    pub fn names_y(&self) -> i64 {
        self.height - 5
    }
}

/// `part` of `whole`, which has `length`. What is there can be seen.
fn share(part: i64, whole: i64, length: i64) -> i64 {
    if part <= 0 || whole <= 0 {
        return 0;
    }
    let share = i128::from(part) * i128::from(length) / i128::from(whole);
    i64::try_from(share).unwrap_or(length).clamp(2, length)
}

/// A row for each name.
pub fn rows(values: impl IntoIterator<Item = (String, i64, &'static str)>) -> Chart {
    let values: Vec<_> = values.into_iter().collect();
    let most = values.iter().map(|(_, value, _)| *value).max().unwrap_or_default();
    let length = WIDTH - NAMES - NUMBERS;
    let height = values.len() as i64 * ROW;
    let bars = values.into_iter().enumerate().map(|(index, (name, value, class))| Bar {
        name,
        value,
        class,
        x: NAMES,
        y: index as i64 * ROW + (ROW - BAR) / 2,
        width: share(value, most, length),
        height: BAR,
    });
    Chart { bars: bars.collect(), height, most }
}

/// A column for each name, from left to right.
pub fn columns(values: impl IntoIterator<Item = (String, i64)>) -> Chart {
    let values: Vec<_> = values.into_iter().collect();
    let most = values.iter().map(|(_, value)| *value).max().unwrap_or_default();
    let step = WIDTH / values.len().max(1) as i64;
    let bars = values.into_iter().enumerate().map(|(index, (name, value))| {
        let height = share(value, most, COLUMN);
        let (x, y) = (index as i64 * step + 1, ABOVE + COLUMN - height);
        Bar { name, value, class: "", x, y, width: step - 2, height }
    });
    Chart { bars: bars.collect(), height: ABOVE + COLUMN + BELOW, most }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share_and_what_is_there_can_be_seen() {
        let chart = rows([
            ("a".to_owned(), 1000, ""),
            ("b".to_owned(), 500, ""),
            ("c".to_owned(), 1, ""),
            ("d".to_owned(), 0, ""),
        ]);
        let widths: Vec<i64> = chart.bars.iter().map(|bar| bar.width).collect();
        assert_eq!(widths, [176, 88, 2, 0]);
        assert!(chart.bars.iter().all(|bar| bar.x + bar.width + NUMBERS <= WIDTH));
        let chart = columns((0..24).map(|hour: i64| (hour.to_string(), i64::MAX)));
        assert!(chart.bars.iter().all(|bar| bar.x >= 0 && bar.x + bar.width <= WIDTH && bar.y == ABOVE));
        assert!(columns([]).is_empty() && rows([]).is_empty());
    }
}
