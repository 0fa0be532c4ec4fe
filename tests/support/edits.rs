//! Edits of the store, as administrators make them.

use citrus_status::domain::audit::Actor;
use citrus_status::store::{Edit, Result, Store};

/// Whom entries of the tests name.
pub fn tester() -> Actor {
    Actor::Command { name: "tester".to_owned(), place: "here".to_owned() }
}

/// What `work` does in an edit of its own, which leaves no entry. A failure undoes it.
pub async fn edit<T>(store: &Store, work: impl AsyncFnOnce(&mut Edit) -> Result<T>) -> Result<T> {
    let mut edit = store.edit().await?;
    let done = work(&mut edit).await?;
    edit.commit(&tester(), &[]).await?;
    Ok(done)
}
