//! The templates of the routes, by which requests are counted and logged: a path may be anything, they are few.

use std::sync::Arc;

/// What a request is counted under that no route takes.
const NONE: &str = "none";

#[derive(Clone)]
pub struct RouteNames {
    templates: matchit::Router<Arc<str>>,
    none: Arc<str>,
}

impl RouteNames {
    /// With these templates, in the router's own grammar.
    pub fn new(templates: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut names = Self { templates: matchit::Router::new(), none: NONE.into() };
        names.add(templates);
        names
    }

    /// Adds templates. One that is there already stays.
    pub fn add(&mut self, templates: impl IntoIterator<Item = impl AsRef<str>>) {
        for template in templates {
            let template = template.as_ref();
            _ = self.templates.insert(template, template.into());
        }
    }

    /// Whether a route takes `path`.
    pub fn has(&self, path: &str) -> bool {
        self.templates.at(path).is_ok()
    }

    /// The template of the route that takes `path`.
    pub fn find(&self, path: &str) -> Arc<str> {
        Arc::clone(self.templates.at(path).map_or(&self.none, |found| found.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_called_by_its_template() {
        let names = RouteNames::new(["/", "/docs", "/docs/", "/docs/{file}"]);
        for (path, name) in [
            ("/", "/"),
            ("/docs", "/docs"),
            ("/docs/", "/docs/"),
            ("/docs/a.css", "/docs/{file}"),
            ("/docs/a/b", "none"),
        ] {
            assert_eq!(&*names.find(path), name);
        }
        assert_eq!(&*names.find("/\u{1b}[2J"), "none");
    }
}
