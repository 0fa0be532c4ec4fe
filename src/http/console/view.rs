//! What all pages have in common: the frame around them, and how they are answered.

use askama::Template;
use axum::body::{Body, Bytes};
use axum::http::header::{
    CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use url::form_urlencoded;

use super::assets;
use super::cookies::{NOTICE, TYPED};
use super::phrases::{self, filled};
use super::texts::Texts;
use super::visit::{PLACE, Visit};
use crate::clock::{BRASILIA, rfc3339_millis};
use crate::domain::access::{AccessRights, Permissao};
use crate::domain::atendimento::Status;
use crate::domain::hierarchy::is_root_administrator;
use crate::domain::text::{HIDDEN, excerpt};
use crate::http::answer::problem::Language;
use crate::http::memory::{LargeBody, UNCOUNTED};

/// Only what this server sends is loaded and run, and only to it are forms sent.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// Headers of each page. The referrer stays on this server; without any, browsers would send forms without an origin.
const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, "same-origin"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// How long a notice waits for its page, in seconds.
const NOTICE_KEPT: u32 = 60;
/// The longest notice that is taken, in bytes.
const NOTICE_MAX: usize = 4096;

/// The most characters of a name that tables show before somebody wants all of it.
const LONG: usize = 80;

/// A part of the console, as the menu has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Painel,
    Atendimentos,
    /// For somebody who may register one and not search.
    NovoAtendimento,
    Motivos,
    Usuarios,
    Perfis,
    Niveis,
    Auditoria,
    Servidor,
}

impl Section {
    const ALL: &[Self] = &[
        Self::Painel,
        Self::Atendimentos,
        Self::NovoAtendimento,
        Self::Motivos,
        Self::Usuarios,
        Self::Perfis,
        Self::Niveis,
        Self::Auditoria,
        Self::Servidor,
    ];

    /// Where it is.
    pub fn place(self) -> &'static str {
        match self {
            Self::Painel => "",
            Self::Atendimentos => "atendimentos",
            Self::NovoAtendimento => "atendimentos/novo",
            Self::Motivos => "motivos",
            Self::Usuarios => "usuarios",
            Self::Perfis => "perfis",
            Self::Niveis => "niveis",
            Self::Auditoria => "auditoria",
            Self::Servidor => "servidor",
        }
    }

    /// Whether somebody of these rights may see it.
    fn is_for(self, rights: &AccessRights) -> bool {
        match self {
            Self::Painel => true,
            Self::Atendimentos => rights.allows(Permissao::ConsultarAtendimentos),
            Self::NovoAtendimento => {
                rights.allows(Permissao::CriarAtendimento) && !rights.allows(Permissao::ConsultarAtendimentos)
            }
            Self::Motivos => rights.allows(Permissao::AdministrarMotivos),
            Self::Usuarios => rights.allows(Permissao::AdministrarUsuarios),
            Self::Perfis => rights.allows(Permissao::AdministrarPerfis),
            Self::Niveis => rights.allows(Permissao::AdministrarNiveis),
            Self::Auditoria => rights.allows(Permissao::ConsultarAuditoria),
            Self::Servidor => is_root_administrator(rights),
        }
    }

    pub fn label(self, texts: &Texts) -> &'static str {
        match self {
            Self::Painel => texts.painel.title,
            Self::Atendimentos => texts.atendimentos.title,
            Self::NovoAtendimento => texts.atendimentos.new,
            Self::Motivos => texts.motivos.title,
            Self::Usuarios => texts.usuarios.title,
            Self::Perfis => texts.perfis.title,
            Self::Niveis => texts.niveis.title,
            Self::Auditoria => texts.auditoria.title,
            Self::Servidor => texts.servidor.title,
        }
    }
}

/// Somebody who is signed in, as pages show it.
#[derive(Clone)]
pub struct Person {
    pub login: String,
    /// What forms bring back.
    pub token: String,
    /// What the menu has for this person.
    pub sections: Vec<Section>,
}

impl Person {
    pub fn new(rights: &AccessRights, token: String) -> Self {
        let may = |section: &Section| section.is_for(rights);
        Self { login: rights.login.to_string(), token, sections: Section::ALL.iter().copied().filter(may).collect() }
    }
}

/// What the templates have of every page.
#[derive(Clone)]
pub struct View {
    pub visit: Visit,
    pub person: Option<Person>,
    /// What was done just now.
    pub notice: Option<String>,
    /// Cookies to set with the page.
    cookies: Vec<HeaderValue>,
}

impl View {
    pub fn new(visit: Visit, person: Option<Person>) -> Self {
        Self { visit, person, notice: None, cookies: Vec::new() }
    }

    /// The same, with what the page before has left to be told.
    #[must_use]
    pub fn with_notice(mut self) -> Self {
        let notice = self.visit.cookies.get(NOTICE).filter(|text| text.len() <= NOTICE_MAX);
        let notice = notice.and_then(|text| String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok());
        if notice.is_some() {
            self.cookies.push(self.visit.cookies.clear(NOTICE));
        }
        Self { notice: notice.filter(|text| !text.is_empty()), ..self }
    }

    /// The same, setting a cookie.
    #[must_use]
    pub fn setting(mut self, cookie: HeaderValue) -> Self {
        self.cookies.push(cookie);
        self
    }

    pub fn texts(&self) -> &'static Texts {
        self.visit.texts
    }

    pub fn language(&self) -> Language {
        self.visit.language
    }

    /// `pt-BR` or `en`
    pub fn lang(&self) -> &'static str {
        self.language().choose(["pt-BR", "en"])
    }

    pub fn href(&self, place: &str) -> String {
        self.visit.href(place)
    }

    /// The address of what has this id, in a place.
    pub fn href_of(&self, place: &str, id: &i64) -> String {
        self.href(&format!("{place}/{id}"))
    }

    /// The address of what is named so, in a place; a name may have any character.
    pub fn href_named(&self, place: &str, parameter: &str, name: &str) -> String {
        let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        self.href(&format!("{place}?{parameter}={name}"))
    }

    /// What distinguishes a status by style.
    pub fn class(&self, status: &Status) -> &'static str {
        status_class(*status)
    }

    /// A name as charts have room for it.
    pub fn short(&self, name: &str) -> String {
        excerpt(name, 14).into_owned()
    }

    /// A text of ours with a value in the place of its `{}`.
    pub fn fill(&self, text: &str, value: &str) -> String {
        filled(text, &[value])
    }

    /// Whether it stands for a name that the hierarchy hides.
    pub fn is_hidden(&self, text: impl AsRef<str>) -> bool {
        text.as_ref() == HIDDEN
    }

    pub fn hidden(&self) -> &'static str {
        HIDDEN
    }

    /// Whether a text is too long for a table.
    pub fn is_long(&self, text: impl AsRef<str>) -> bool {
        text.as_ref().chars().nth(LONG).is_some()
    }

    /// How many fields of a form are wrong.
    pub fn fields_to_correct(&self, count: usize) -> String {
        let faults = &self.texts().faults;
        phrases::counted(count as i64, ["", faults.one, faults.many], self.language())
    }

    pub fn asset(&self, name: &str) -> String {
        self.href(&format!("assets/{name}"))
    }

    pub fn css(&self) -> String {
        self.asset(assets::css())
    }

    pub fn js(&self) -> String {
        self.asset(assets::js())
    }

    pub fn icon(&self) -> String {
        self.asset(assets::icon())
    }

    /// Whether the page is of the section.
    pub fn is_here(&self, section: &Section) -> bool {
        let path = self.path();
        let first = path.split('/').next().unwrap_or_default();
        // A record belongs to the list.
        let first = if first == "atendimento" { Section::Atendimentos.place() } else { first };
        first == section.place() || path == section.place()
    }

    /// The address that switches to the other language and comes back.
    pub fn other_language(&self) -> String {
        self.other_language_of(&self.visit.place)
    }

    /// The same for a form that is not that of its address.
    pub fn other_language_of(&self, place: &str) -> String {
        self.href_named(&self.language_place(), PLACE, place)
    }

    /// The same without the way back, which a form brings.
    pub fn switch_of_language(&self) -> String {
        self.href(&self.language_place())
    }

    fn language_place(&self) -> String {
        format!("idioma/{}", self.language().choose(["en", "pt"]))
    }

    /// Where in the console the page is, without the query.
    pub fn path(&self) -> &str {
        self.visit.place.split('?').next().unwrap_or_default()
    }

    pub fn other_lang(&self) -> &'static str {
        self.language().choose(["en", "pt-BR"])
    }

    /// Whether the person's menu has the section.
    pub fn has(&self, section: Section) -> bool {
        self.person.as_ref().is_some_and(|person| person.sections.contains(&section))
    }

    /// What forms bring back; empty where nobody is signed in.
    pub fn token(&self) -> &str {
        self.person.as_ref().map_or("", |person| &person.token)
    }

    /// Whose page it is; empty where nobody is signed in.
    pub fn login(&self) -> &str {
        self.person.as_ref().map_or("", |person| &person.login)
    }

    /// The time in Brasília, to the minute.
    pub fn time(&self, at: &OffsetDateTime) -> String {
        const PT: &[BorrowedFormatItem<'_>] = format_description!("[day]/[month]/[year] [hour]:[minute]");
        const EN: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]");
        let form = self.language().choose([PT, EN]);
        at.to_offset(BRASILIA).format(form).expect("the forms name only parts that every date has")
    }

    /// The time in Brasília, as spreadsheets in the language of the page read it, to the second.
    pub fn sheet_time(&self, at: OffsetDateTime) -> String {
        const PT: &[BorrowedFormatItem<'_>] = format_description!("[day]/[month]/[year] [hour]:[minute]:[second]");
        const EN: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
        let form = self.language().choose([PT, EN]);
        at.to_offset(BRASILIA).format(form).expect("the forms name only parts that every date has")
    }

    /// The same time for programs.
    pub fn machine_time(&self, at: &OffsetDateTime) -> String {
        rfc3339_millis(*at)
    }

    /// A number as people write it.
    pub fn number(&self, number: &i64) -> String {
        phrases::number(*number, self.language())
    }

    /// Answers with a page.
    pub fn show(&self, status: StatusCode, page: &impl Template) -> Response {
        let html = page.render().expect("templates take every value, and a text takes every write");
        let html = Bytes::from(html);
        let mut response = Response::new(Body::from(html.clone()));
        *response.status_mut() = status;
        if html.len() > UNCOUNTED {
            response.extensions_mut().insert(LargeBody(html));
        }
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(self.lang()));
        for cookie in &self.cookies {
            headers.append(SET_COOKIE, cookie.clone());
        }
        response
    }

    /// Leads to `place`, whose page tells `notice`. What was typed is of no use any more.
    pub fn done(&self, place: &str, notice: &str) -> Response {
        let (text, cookies) = (URL_SAFE_NO_PAD.encode(notice), &self.visit.cookies);
        let view = self.clone().setting(cookies.set(NOTICE, &text, Some(NOTICE_KEPT)));
        let has_typed = cookies.get(TYPED).is_some();
        let view = if has_typed { view.setting(cookies.clear(TYPED)) } else { view };
        view.lead_to(place)
    }

    /// Leads to `place`, which is asked for by a GET.
    pub fn lead_to(&self, place: &str) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SEE_OTHER;
        let headers = response.headers_mut();
        // Places are ASCII, as they came in an address or are our own.
        let location = HeaderValue::try_from(self.href(place)).unwrap_or(HeaderValue::from_static("./"));
        headers.insert(LOCATION, location);
        for cookie in &self.cookies {
            headers.append(SET_COOKIE, cookie.clone());
        }
        response
    }
}

/// What distinguishes a status by style.
pub fn status_class(status: Status) -> &'static str {
    match status {
        Status::Aberto => "aberto",
        Status::EmAtendimento => "em-atendimento",
        Status::Cancelado => "cancelado",
        Status::Improcedente => "improcedente",
        Status::Finalizado => "finalizado",
    }
}
