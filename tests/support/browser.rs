//! A browser of the simplest kind: it keeps cookies, follows no redirect unless told, and fills in forms.

use std::collections::BTreeMap;

use reqwest::Method;
use url::form_urlencoded::Serializer;

use super::server::{Answer, Server};

pub struct Browser<'a> {
    server: &'a Server,
    cookies: BTreeMap<String, String>,
    /// Sent with each request.
    pub headers: Vec<(&'static str, String)>,
}

impl<'a> Browser<'a> {
    /// One that speaks English.
    pub fn new(server: &'a Server) -> Self {
        Self {
            server,
            cookies: BTreeMap::new(),
            headers: vec![("accept-language", "en".to_owned()), ("sec-fetch-site", "same-origin".to_owned())],
        }
    }

    /// One in which `login` has signed in, whose senha is the demo's.
    pub async fn signed_in(server: &'a Server, login: &str) -> Self {
        let mut browser = Self::new(server);
        let answer = browser.sign_in(login, "1234").await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("../console")), "{answer:?}");
        browser
    }

    pub async fn sign_in(&mut self, login: &str, senha: &str) -> Answer {
        let page = self.get("/console/entrar").await;
        assert_eq!(page.status, 200, "{page:?}");
        self.fill(&page, "/console/entrar", &[("login", login), ("senha", senha)]).await
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    pub fn forget(&mut self, name: &str) {
        self.cookies.remove(name);
    }

    pub fn set_header(&mut self, name: &'static str, value: Option<&str>) {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.extend(value.map(|value| (name, value.to_owned())));
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, String::new()).await
    }

    /// Sends the form of `page` to `path`: its token, and `fields`.
    pub async fn fill(&mut self, page: &Answer, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = value_of(&page.body, "ficha").unwrap_or_default();
        let mut all = vec![("ficha", token.as_str())];
        all.extend(fields);
        // Whoever registers a user types the senha twice.
        let senha = fields.iter().find(|(name, _)| *name == "senha").map(|(_, senha)| ("senha_de_novo", *senha));
        let has_both = fields.iter().any(|(name, _)| *name == "senha_de_novo");
        all.extend(senha.filter(|_| path == "/console/usuarios" && !has_both));
        self.post(path, &all).await
    }

    /// Goes where the answer leads.
    pub async fn follow(&mut self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, 303, "{answer:?}");
        let place = answer.header("location").unwrap().trim_start_matches("../").trim_start_matches("./");
        self.get(&format!("/{place}")).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, path, body).await
    }

    pub async fn send(&mut self, method: Method, path: &str, body: String) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
        }
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        let answer = self.server.send(method, path, &headers, body).await;
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") { self.forget(name) } else { self.set_cookie(name, value) }
        }
        answer
    }
}

/// The value of the first field of that name in a page.
pub fn value_of(html: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\""))?;
    let value = rest.split('"').next().unwrap();
    let escapes = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    Some(escapes.iter().fold(value.to_owned(), |value, (escape, plain)| value.replace(escape, plain)))
}
