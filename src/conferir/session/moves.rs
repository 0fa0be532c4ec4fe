//! Changes of the status that no case asks for: those that bring the atendimento to where one needs it, and back.

use std::time::Duration;

use tokio::time::sleep;

use super::{Session, post};
use crate::conferir::case::{Case, STATUS};
use crate::conferir::client::{ClientError, Received};
use crate::conferir::learned::Reading;
use crate::domain::atendimento::Status;

/// How often the status is set back before the run gives up.
const ATTEMPTS: usize = 3;
const PAUSE: Duration = Duration::from_secs(1);

impl Session {
    /// Brings the atendimento to `status`.
    pub(in crate::conferir) async fn bring_to(&mut self, status: Status) -> Result<(), String> {
        if self.present == Some(status) { Ok(()) } else { self.move_to(status).await.map(drop) }
    }

    /// Brings the atendimento to the status that `case` needs.
    pub(in crate::conferir) async fn prepare(&mut self, case: &Case) -> Result<(), String> {
        let Some(from) = case.from else { return Ok(()) };
        let moved = self.bring_to(from).await;
        moved.map_err(|reason| format!("the atendimento could not be brought to {from}: {reason}"))
    }

    /// Brings the atendimento back to `start`; says what stood in the way.
    pub async fn restore(&mut self, start: Status) -> Result<(), String> {
        let mut trouble = String::new();
        if self.is_unsure {
            self.doubt();
        }
        for attempt in 0..ATTEMPTS {
            if !self.begun || self.present == Some(start) {
                return Ok(());
            }
            if attempt > 0 {
                sleep(PAUSE).await;
                // The token may have expired.
                _ = self.log_in().await;
                if self.present.is_none() {
                    // A server may refuse the status that it has.
                    let other = if start == Status::Aberto { Status::EmAtendimento } else { Status::Aberto };
                    _ = self.move_to(other).await;
                }
            }
            match self.move_to(start).await {
                Ok(_) => return Ok(()),
                Err(reason) => {
                    let body = self.values.move_to(self.present, start);
                    trouble = format!("POST {}\n{body}\n{reason}", self.client.url(STATUS));
                }
            }
        }
        Err(trouble)
    }

    /// Sets the status outside of a case.
    pub(in crate::conferir) async fn move_to(&mut self, status: Status) -> Result<Received, String> {
        let before = self.present;
        let mut moved = self.set(status).await;
        if before.is_none() && !matches!(moved, Ok((_, true))) {
            // Some servers refuse a motivo where none is required, and it is not known whether one is.
            moved = self.set_by(self.values.move_to(Some(status), status), status).await;
        }
        match moved.map_err(|error| error.to_string())? {
            (received, true) => Ok(received),
            (received, false) => Err(self.shown(&received)),
        }
    }

    /// The answer to a change to `status` outside of a case, and whether it was made.
    pub(in crate::conferir) async fn set(&mut self, status: Status) -> Result<(Received, bool), ClientError> {
        self.set_by(self.values.move_to(self.present, status), status).await
    }

    async fn set_by(&mut self, body: String, status: Status) -> Result<(Received, bool), ClientError> {
        let before = self.present.take();
        let mut request = post(STATUS, body);
        request.headers.push((self.token_header.name.clone(), self.values.sent(&self.token_header.value("<token>"))));
        let received = self.ask(request).await?;
        self.present = before;
        let reading = self.read(Some(status), Some(status), &received);
        Ok((received, reading == Reading::Made))
    }
}
