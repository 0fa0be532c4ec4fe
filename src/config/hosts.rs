//! The hosts of a PostgreSQL URL. As in libpq, several stand with commas between: `h1:5432,h2:5433` before the path, or
//! `host=h1,h2&port=5432,5433` among the parameters.

use url::Url;

use super::url_parameters::{self, canonical};

/// Most hosts of one URL.
const MOST: usize = 16;
const ATTRIBUTES: &str = "target_session_attrs";

const NAMELESS: &str = "a host has no name; remove the comma";
pub(super) const BROKEN: &str = "DATABASE_URL is not a PostgreSQL URL: postgres://user:password@host:5432/database";

/// A URL for each host of `url`, in its order, with what the driver understands.
pub(super) fn each(url: &str) -> Result<Vec<Url>, String> {
    let listed = before_the_path(url)?;
    let Some(first) = listed.first() else { return Err(BROKEN.to_owned()) };
    url_parameters::check(first)?;
    let hosts = values(first, "host");
    let ports = values(first, "port");
    let count = hosts.len().max(listed.len());
    if let Some(complaint) = wrong(&listed, &hosts, &ports, count) {
        return Err(format!("DATABASE_URL: {complaint}"));
    }
    let of_host = |number: usize| {
        let own = |name: &str, value: &str| match canonical(name) {
            Some("host") => hosts[number].clone(),
            Some("port") => ports.get(number).unwrap_or(&ports[0]).clone(),
            _ => value.to_owned(),
        };
        let parameters: Vec<(String, String)> = first
            .query_pairs()
            .filter(|(name, _)| name != ATTRIBUTES)
            .map(|(name, value)| (name.to_string(), own(&name, &value)))
            .collect();
        let mut url = listed.get(number).unwrap_or(first).clone();
        url.query_pairs_mut().clear().extend_pairs(parameters);
        url
    };
    Ok((0..count).map(of_host).collect())
}

/// `url` with each of the hosts that stand before its path.
fn before_the_path(url: &str) -> Result<Vec<Url>, String> {
    let (scheme, rest) = url.split_once("://").ok_or(BROKEN)?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (user, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    if hosts.contains(',') && hosts.split(',').any(|host| host.is_empty() || host.starts_with(':')) {
        return Err(format!("DATABASE_URL: {NAMELESS}"));
    }
    let urls = hosts.split(',').map(|host| Url::parse(&format!("{scheme}://{user}{host}{path}")));
    urls.collect::<Result<_, _>>().map_err(|_| BROKEN.to_owned())
}

/// The values of a parameter, with commas between; none where it is missing.
fn values(url: &Url, parameter: &str) -> Vec<String> {
    let value = url.query_pairs().find(|(name, _)| canonical(name) == Some(parameter)).map(|(_, value)| value);
    value.map(|value| value.split(',').map(str::to_owned).collect()).unwrap_or_default()
}

/// What is wrong with the hosts, which are `count`. Values are never repeated.
fn wrong(listed: &[Url], hosts: &[String], ports: &[String], count: usize) -> Option<String> {
    if listed.len() > 1 && !hosts.is_empty() {
        return Some("hosts stand before the path and in host; keep one list".to_owned());
    }
    if hosts.len() > 1 && hosts.iter().any(String::is_empty) {
        return Some(NAMELESS.to_owned());
    }
    if ports.len() > 1 && ports.len() != count {
        return Some("port has to be one for all hosts, or one for each".to_owned());
    }
    if count > MOST {
        return Some(format!("there may be {MOST} hosts at most"));
    }
    let wanted = values(&listed[0], ATTRIBUTES);
    (count > 1 && !matches!(wanted.first().map(String::as_str), Some("read-write" | "primary")))
        .then(|| format!("several hosts need {ATTRIBUTES}=read-write: the server uses the one that can be written to"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(url: &str) -> Vec<String> {
        each(url).unwrap_or_else(|complaint| panic!("{url}: {complaint}")).into_iter().map(String::from).collect()
    }

    #[test]
    fn each_host_gets_a_url_of_its_own() {
        assert_eq!(
            urls("postgres://u:p@h1:5432,[::1]:5433,h3/d?target_session_attrs=read-write&sslmode=require"),
            [
                "postgres://u:p@h1:5432/d?sslmode=require",
                "postgres://u:p@[::1]:5433/d?sslmode=require",
                "postgres://u:p@h3/d?sslmode=require"
            ]
        );
        assert_eq!(
            urls("postgres://u@h/d?host=/run/a,h2&port=1,2&target_session_attrs=primary"),
            ["postgres://u@h/d?host=%2Frun%2Fa&port=1", "postgres://u@h/d?host=h2&port=2"]
        );
        assert_eq!(
            urls("postgres://u@h1,h2/d?port=5433&target_session_attrs=read-write"),
            ["postgres://u@h1/d?port=5433", "postgres://u@h2/d?port=5433"]
        );
        // A comma of the user's or the password's parts no hosts.
        assert_eq!(urls("postgres://u,v:p,q@h/d?"), ["postgres://u,v:p,q@h/d?"]);
        for attributes in ["any", "read-write", "primary"] {
            assert_eq!(urls(&format!("postgres://u@h/d?target_session_attrs={attributes}")), ["postgres://u@h/d?"]);
        }
    }

    #[test]
    fn hosts_that_contradict_each_other_are_refused() {
        let many = vec!["h"; MOST + 1].join(",");
        for (url, complaint) in [
            ("postgres://u:hunter2@h1,h2/d", "several hosts need target_session_attrs=read-write: the server uses"),
            ("postgres://u@h1,h2/d?target_session_attrs=any", "several hosts need target_session_attrs=read-write"),
            ("postgres://u@h/d?host=h1,h2", "several hosts need target_session_attrs=read-write"),
            ("postgres://u@h1,h2/d?host=h3", "hosts stand before the path and in host; keep one list"),
            ("postgres://u@h1,,h2/d", "a host has no name; remove the comma"),
            ("postgres://u@h1,/d", "a host has no name; remove the comma"),
            ("postgres://u@h/d?host=h1,", "a host has no name; remove the comma"),
            ("postgres://u@h1,h2/d?port=1,2,3", "port has to be one for all hosts, or one for each"),
            ("postgres://u@h1/d?port=1,2", "port has to be one for all hosts, or one for each"),
            (&format!("postgres://u@{many}/d"), "there may be 16 hosts at most"),
        ] {
            let refused = each(url).expect_err(url);
            assert!(refused.starts_with(&format!("DATABASE_URL: {complaint}")), "{url}: {refused}");
            assert!(!refused.contains("hunter2"), "{refused}");
        }
        assert_eq!(each("postgres://u@h1:1,h2:x/d").unwrap_err(), BROKEN);
    }
}
