//! Who asks for a page, and whether they may: in a handler's signature, as the permission that it needs.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout, timeout_at};

use super::again::Sent;
use super::asker::{Asker, Lack, Need};
use super::cookies::SESSION;
use super::entrance;
use super::form::{TOKEN, TYPIST, Typed};
use super::refusal::{Answer, Refusal};
use super::view::{Person, View};
use super::visit::{Visit, is_form, is_led_from_elsewhere, is_sent_by_page};
use super::{kept, repeats};
use crate::domain::access::{AccessRights, Permissao, Required};
use crate::domain::audit::{Actor, Channel};
use crate::http::answer::catalogue::{ApiError, AuditedUser};
use crate::http::api::audit;
use crate::http::limits::FORM_MAX;
use crate::http::request::body::read_bytes;
use crate::http::request::client_address::ClientAddress;
use crate::http::request::origin::is_same_origin;
use crate::http::state::SharedState;
use crate::service::provisioning::{Provisioning, ProvisioningError, SeenModel};
use crate::service::sessions::SessionId;

/// How long it may take to find out who asks: a database that does not say so soon says nothing else, either.
const KNOWN_IN: Duration = Duration::from_secs(4);
/// How long somebody waits for all that a page reads and changes, or for the page that says that it could not.
const ANSWERED_IN: Duration = Duration::from_secs(6);

/// A row id in a path.
pub type IdInPath = Result<Path<i64>, PathRejection>;

/// Asks for nothing but a session.
pub struct Anybody;

/// Whom a page is for.
pub trait Admits: Send + Sync + 'static {
    const NEEDS: Option<Need>;
}

impl<P: Required> Admits for P {
    const NEEDS: Option<Need> = Some(Need::Permissao(P::PERMISSAO));
}

impl Admits for Anybody {
    const NEEDS: Option<Need> = None;
}

/// Asks for a root administrator.
pub struct RootAdministrator;

impl Admits for RootAdministrator {
    const NEEDS: Option<Need> = Some(Need::RootAdministrator);
}

/// Somebody who is signed in and may see the page.
pub struct SignedIn<P> {
    pub app: SharedState,
    pub usuario_id: i64,
    pub rights: Arc<AccessRights>,
    pub client: ClientAddress,
    pub view: View,
    /// What was typed into the page's form before the session ended.
    pub typed: Typed,
    session: SessionId,
    generation: i64,
    asker: Asker,
    /// Until when all work for the page has to be done.
    until: Instant,
    for_whom: PhantomData<P>,
}

/// Somebody who is signed in, a session of whom lasts.
struct Known {
    session: SessionId,
    usuario_id: i64,
    generation: i64,
    rights: Arc<AccessRights>,
}

/// The id that the browser has, whether or not there is such a session.
fn id(visit: &Visit) -> Option<SessionId> {
    visit.cookies.get(SESSION).and_then(SessionId::parse)
}

/// The session of a request, if it has one that lasts and that nobody has revoked.
async fn known(app: &SharedState, visit: &Visit) -> Result<Option<Known>, ApiError> {
    // Boxed: large, and every page would hold it.
    in_time(app, Box::pin(look(app, visit))).await
}

/// What `work` finds out about who asks, in time.
async fn in_time<T>(app: &SharedState, work: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    timeout(KNOWN_IN.min(app.deadline / 4), work).await.unwrap_or(Err(ApiError::Unavailable))
}

async fn look(app: &SharedState, visit: &Visit) -> Result<Option<Known>, ApiError> {
    let Some(session) = id(visit) else { return Ok(None) };
    let Some(found) = app.sessions.find(&session).await? else { return Ok(None) };
    let (usuario_id, generation) = (found.usuario_id, found.generation);
    let rights = app.access.access_in(usuario_id, generation).await?;
    let Some(rights) = rights.filter(|rights| rights.accepts_token(generation)) else {
        app.sessions.forget(&session).await;
        return Ok(None);
    };
    Ok(Some(Known { session, usuario_id, generation, rights }))
}

/// Who is signed in, if anybody is.
pub async fn person(app: &SharedState, visit: &Visit) -> Result<Option<Person>, ApiError> {
    Ok(known(app, visit).await?.map(|known| Person::new(&known.rights, known.session.form_token())))
}

impl<P: Admits> SignedIn<P> {
    fn admit(
        app: &SharedState,
        known: Known,
        visit: Visit,
        client: ClientAddress,
        (typed, asker): (Typed, Asker),
    ) -> Result<Self, ApiError> {
        let Known { session, usuario_id, generation, rights } = known;
        let person = Person::new(&rights, session.form_token());
        asker.is(&person);
        let view = View::new(visit, Some(person)).with_notice();
        let who = Self {
            app: Arc::clone(app),
            usuario_id,
            rights,
            client,
            view,
            typed,
            session,
            generation,
            asker,
            until: answered_by(app),
            for_whom: PhantomData,
        };
        who.judge(&who.rights)?;
        Ok(who)
    }

    /// Fails for somebody whom the page is not for.
    fn judge(&self, rights: &AccessRights) -> Result<(), ApiError> {
        P::NEEDS.map_or(Ok(()), |need| self.require_of(rights, need))
    }

    /// Fails for somebody who lacks the permission, which the page needs besides.
    pub fn require(&self, permissao: Permissao) -> Result<(), ApiError> {
        self.require_of(&self.rights, Need::Permissao(permissao))
    }

    /// Fails where `rights` do not meet the `need`, and leaves a line in the log.
    fn require_of(&self, rights: &AccessRights, need: Need) -> Result<(), ApiError> {
        if need.is_met(rights) {
            return Ok(());
        }
        self.asker.lack(Lack::of(need, rights));
        let user = AuditedUser { usuario_id: self.usuario_id, login: Some(Arc::clone(&rights.login)) };
        let error = ApiError::AccessDenied(user);
        audit::denied_administration(self.client, Some(self.usuario_id), need.permissao(), &error);
        Err(error)
    }

    pub fn allows(&self, permissao: Permissao) -> bool {
        self.rights.allows(permissao)
    }

    /// What sets up and shows, for this person.
    pub fn provisioning(&self) -> Provisioning {
        let (id, generation, place) = (self.usuario_id, self.generation, self.client.0.to_string());
        let actor = Actor::Usuario { id, generation, by: Channel::Console, place };
        Provisioning::with(Arc::clone(&self.app.administration), Arc::clone(&self.app.passwords), actor)
    }

    /// The same for a creation, or for what else is done once, however often the form `typed` comes.
    pub fn creating(&self, typed: &Typed) -> Provisioning {
        self.provisioning().keyed(repeats::creation_key(&self.app, &self.view.visit, typed))
    }

    /// What the service says in time, or its refusal, which leaves a line in the log. A page that takes too long keeps
    /// what was typed; one that the frame of all requests cuts off does not.
    pub fn judged<'a, T: 'a>(
        &'a self,
        work: impl Future<Output = Result<T, ProvisioningError>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, ApiError>> {
        // Boxed: large, and next to what a page costs it is nothing.
        let work = Box::pin(timeout_at(self.until, work));
        Box::pin(async move {
            work.await.map_err(|_| ApiError::Unavailable)?.map_err(|error| {
                let error = error.into();
                if let Some(need) = P::NEEDS {
                    audit::denied_administration(self.client, Some(self.usuario_id), need.permissao(), &error);
                }
                error
            })
        })
    }

    /// The generation that the session counts in.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// How long work for a page may take: less than the request as a whole.
    pub fn deadline(&self) -> Duration {
        self.app.deadline / 2
    }

    /// Ends the session, and leads to the sign-in form, which tells `notice`.
    pub async fn signed_out(self, notice: &str) -> Answer {
        self.app.sessions.end(&self.session).await?;
        let cookie = self.view.visit.cookies.clear(SESSION);
        Ok(View::new(self.view.visit, None).setting(cookie).done("entrar", notice))
    }
}

impl<P: Required> SignedIn<P> {
    /// The access model, as this person sees it.
    pub async fn model(&self) -> Result<SeenModel, ApiError> {
        self.judged(self.provisioning().seen_model(P::PERMISSAO)).await
    }
}

impl<P: Admits> FromRequestParts<SharedState> for SignedIn<P> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &SharedState) -> Result<Self, Refusal> {
        let visit = Visit::of(parts);
        let Ok(client) = ClientAddress::from_request_parts(parts, app).await;
        let (brought, asker, session) = (parts.extensions.remove::<Typed>(), Asker::of(parts), id(&visit));
        let kept = |session| kept::found(app, &visit.cookies, session, &visit.place, &parts.uri);
        let typed = brought.or_else(|| session.as_ref().and_then(kept));
        if let Some((typed, session)) = typed.as_ref().zip(session) {
            asker.has_sent(Sent::again(&visit, &session, typed));
        }
        match known(app, &visit).await? {
            Some(known) => Ok(Self::admit(app, known, visit, client, (typed.unwrap_or_default(), asker))?),
            // A link on another site led here, so the browser kept the cookie back. It sends it when the page itself asks.
            None if visit.cookies.get(SESSION).is_none() && is_led_from_elsewhere(&parts.headers) => {
                Err(Refusal::instead(entrance::hop(visit)))
            }
            None => {
                let place = format!("entrar?volta={}", encoded(&visit.place));
                Err(Refusal::instead(View::new(visit, None).lead_to(&place)))
            }
        }
    }
}

/// A form that somebody who is signed in has sent from one of our pages.
pub struct Posted<P> {
    pub who: SignedIn<P>,
    pub typed: Typed,
}

impl<P: Admits> FromRequest<SharedState> for Posted<P> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &SharedState) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::of(&parts);
        let Ok(client) = ClientAddress::from_request_parts(&mut parts, app).await;
        if !is_same_origin(&parts.headers) {
            return Err(Refusal::instead(entrance::foreign(&View::new(visit, None))));
        }
        if !is_form(&parts.headers) {
            let person = person(app, &visit).await?;
            return Err(Refusal::instead(entrance::no_form(&View::new(visit, person))));
        }
        let asker = Asker::of(&parts);
        let keep = |visit: &Visit, typed: &Typed| {
            if let Some(key) = repeats::creation_key(app, visit, typed) {
                asker.has_key(key);
            }
            if let Some(sent) = id(visit).and_then(|session| Sent::of(visit, &session, typed)) {
                asker.has_sent(sent);
            }
        };
        let known = match known(app, &visit).await {
            Ok(Some(known)) => known,
            // The form is kept whatever comes.
            outcome => {
                let typed = Typed::of(&read_bytes(body, app, FORM_MAX).await?);
                keep(&visit, &typed);
                outcome?;
                return Err(ended(app, visit, &typed, &asker).await?);
            }
        };
        let mut who = match SignedIn::<P>::admit(app, known, visit.clone(), client, (Typed::default(), asker.clone())) {
            Ok(who) => who,
            // The permission may have gone while somebody typed.
            Err(error) => {
                if let Ok(body) = read_bytes(body, app, FORM_MAX).await {
                    keep(&visit, &Typed::of(&body));
                }
                return Err(error.into());
            }
        };
        let typed = Typed::of(&read_bytes(body, app, FORM_MAX).await?);
        keep(&who.view.visit, &typed);
        if !who.session.is_form_token(typed.get(TOKEN)) {
            if typed.is_by(who.view.login()) && repeats::is_done(app, who.view.login(), asker.key()).await? {
                return Err(Refusal::instead(entrance::done_before(who.view.visit)));
            }
            let is_sure = is_sent_by_page(&parts.headers);
            return Err(Refusal::instead(entrance::of_other_session(&who.view, &who.session, &typed, is_sure)));
        }
        // The body may have taken long.
        let rights = async { Ok(app.access.access_in(who.usuario_id, who.generation).await?) };
        match in_time(app, Box::pin(rights)).await? {
            Some(rights) if rights.accepts_token(who.generation) => who.judge(&rights)?,
            _ => return Err(ended(app, who.view.visit, &typed, &asker).await?),
        }
        who.until = answered_by(app);
        Ok(Self { who, typed })
    }
}

/// The sign-in form for somebody whose session has ended; where the form did that itself, and came twice, that it is done.
async fn ended(app: &SharedState, visit: Visit, typed: &Typed, asker: &Asker) -> Result<Refusal, ApiError> {
    let is_done = repeats::is_done(app, typed.get(TYPIST), asker.key()).await?;
    Ok(Refusal::instead(if is_done { entrance::done_before(visit) } else { entrance::ended(visit, typed) }))
}

/// Until when a page has to be answered whose work begins now: before the frame of all requests cuts it off.
fn answered_by(app: &SharedState) -> Instant {
    Instant::now() + ANSWERED_IN.min(app.deadline / 2)
}

fn encoded(place: &str) -> String {
    url::form_urlencoded::byte_serialize(place.as_bytes()).collect()
}
