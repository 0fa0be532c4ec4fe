//! Long work in portions, between which others have as much time as one takes.

use std::time::{Duration, Instant};

use tokio::time::sleep;

/// How many rows a portion takes: so many that it is soon over, whatever the disk and the texts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace(u32);

impl Pace {
    pub const START: Self = Self(100);
    const LEAST: u32 = 10;
    const MOST: u32 = 5_000;
    const SHORT: Duration = Duration::from_millis(10);
    const LONG: Duration = Duration::from_millis(30);

    /// How many rows the next portion takes.
    pub fn rows(self) -> u32 {
        self.0
    }

    /// Pauses for as long as the portion took that began at `began`, and returns the pace of the next one.
    pub async fn pause(self, began: Instant) -> Self {
        let took = began.elapsed();
        sleep(took).await;
        self.after(took)
    }

    fn after(self, took: Duration) -> Self {
        let rows = match took {
            _ if took < Self::SHORT => self.0 * 2,
            _ if took > Self::LONG => self.0 / 2,
            _ => self.0,
        };
        Self(rows.clamp(Self::LEAST, Self::MOST))
    }
}

/// Does `portion`, which takes so many rows at most, until it finds fewer; returns how many it found in all.
pub(super) async fn in_portions<E, F>(mut portion: impl FnMut(u32) -> F) -> Result<u64, E>
where
    F: Future<Output = Result<u64, E>>,
{
    let (mut pace, mut sum) = (Pace::START, 0);
    loop {
        let began = Instant::now();
        let found = portion(pace.rows()).await?;
        sum += found;
        if found < u64::from(pace.rows()) {
            return Ok(sum);
        }
        pace = pace.pause(began).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_grow_while_they_are_short_and_shrink_when_they_are_long() {
        let of = |rows, millis| Pace(rows).after(Duration::from_millis(millis)).0;
        assert_eq!((of(100, 9), of(100, 10), of(100, 30), of(100, 31)), (200, 100, 100, 50));
        assert_eq!((of(4_000, 0), of(15, 1_000)), (5_000, 10));
    }

    #[tokio::test]
    async fn portions_follow_until_one_is_not_full() {
        let (mut left, mut asked) = (350, Vec::new());
        let portion = |rows: u32| {
            asked.push(rows);
            let found = left.min(u64::from(rows));
            left -= found;
            std::future::ready(Ok::<_, ()>(found))
        };
        assert_eq!(in_portions(portion).await, Ok(350));
        assert_eq!((left, asked), (0, vec![100, 200, 400]));
    }
}
