//! Settings read one by one, each with its complaint.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::source::Sources;
use super::{secret, settings};
use crate::auth::token::SECRET_MIN;
use crate::service::throttle::{Limit, Limits, NAMES};
use crate::text::trimmed;

/// The longest window of a limit, in seconds: 30 days.
const WINDOW_MAX: u32 = 2_592_000;

/// The IPv6 addresses that mean IPv4 ones.
const MAPPED: Ipv6Net = Ipv6Net::new_assert(Ipv4Addr::UNSPECIFIED.to_ipv6_mapped(), 96);

/// `network` in the form in which clients' addresses are compared: IPv4 that is written as IPv6 is IPv4. None where
/// it reaches beyond [`MAPPED`] on both sides; `::/0` is all of IPv6 and nothing of IPv4.
fn canonical(network: IpNet) -> Option<IpNet> {
    match network {
        IpNet::V6(v6) if MAPPED.contains(&v6) => {
            Some(Ipv4Net::new(v6.addr().to_ipv4_mapped()?, v6.prefix_len() - MAPPED.prefix_len()).ok()?.into())
        }
        IpNet::V6(v6) if v6.contains(&MAPPED) && (v6.prefix_len() > 0 || MAPPED.contains(&v6.addr())) => None,
        _ => Some(network),
    }
}

/// Reads settings one by one and collects what is wrong with them.
pub(super) struct Reader<'a> {
    pub sources: &'a Sources,
    pub complaints: Vec<String>,
}

impl Reader<'_> {
    pub fn text(&mut self, name: &str) -> String {
        let setting = settings::setting(name).expect("every name read is in the table");
        let value = self.sources.value(setting).map(|(text, _)| text);
        self.checked(value, String::new)
    }

    pub fn checked<T>(&mut self, outcome: Result<T, String>, otherwise: impl FnOnce() -> T) -> T {
        outcome.unwrap_or_else(|complaint| {
            self.complaints.push(complaint);
            otherwise()
        })
    }

    pub fn number(&mut self, name: &str, min: u64, max: u64) -> u64 {
        let number = self.text(name).trim().parse().ok().filter(|number| (min..=max).contains(number));
        self.checked(number.ok_or_else(|| format!("{name} has to be a whole number from {min} to {max}")), || min)
    }

    pub fn seconds_or_none(&mut self, name: &str) -> Duration {
        Duration::from_secs(self.number(name, 0, 3_600))
    }

    pub fn seconds(&mut self, name: &str) -> Duration {
        Duration::from_secs(self.number(name, 1, 3_600))
    }

    pub fn flag(&mut self, name: &str) -> bool {
        let flag = match self.text(name).trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err(format!("{name} has to be true or false")),
        };
        self.checked(flag, || false)
    }

    pub fn address(&mut self, name: &str) -> String {
        let text = self.text(name).trim().to_owned();
        let is_host = |host: &str| !host.is_empty() && !host.contains(['/', '*', ' ', '@']);
        let shaped = text.rsplit_once(':').is_some_and(|(host, port)| is_host(host) && port.parse::<u16>().is_ok());
        let complaint = || format!("{name} has to be an address and a port, such as 127.0.0.1:8080");
        self.checked(if shaped { Ok(text) } else { Err(complaint()) }, String::new)
    }

    /// Addresses and networks, with commas or blanks between.
    pub fn networks(&mut self, name: &str) -> Vec<IpNet> {
        let text = self.text(name);
        let parts = text.split([',', ' ', '\t', '\n']).filter(|part| !part.is_empty());
        let network = |part: &str| canonical(part.parse().or_else(|_| part.parse().map(IpAddr::into)).ok()?);
        let networks: Option<_> = parts.map(network).collect();
        let complaint = || {
            format!(
                "{name} has to list addresses or networks, such as 10.1.2.3 or 10.0.0.0/8; IPv4 in IPv6 is ::ffff:0:0/96 or narrower"
            )
        };
        self.checked(networks.ok_or_else(complaint), Vec::new)
    }

    pub fn jwt_secret(&mut self) -> Option<SecretString> {
        let text = self.text(settings::JWT_SECRET);
        if text.is_empty() {
            return None;
        }
        // It could not stand among JWT_ACCEPTED_SECRETS, one a line, when it is changed.
        if text.contains(['\r', '\n']) {
            self.complaints.push("JWT_SECRET has more than one line; it has to be one".to_owned());
        }
        if text.len() < SECRET_MIN {
            self.complaints.push(secret::too_short(text.len()));
        }
        Some(SecretString::from(text))
    }

    /// One a line, so that a secret may have any other character.
    pub fn jwt_accepted(&mut self) -> Vec<SecretString> {
        let text = self.text(settings::JWT_ACCEPTED_SECRETS);
        let secrets: Vec<&str> = text.split(['\r', '\n']).map(trimmed).filter(|line| !line.is_empty()).collect();
        if secrets.len() > secret::ACCEPTED_MAX {
            self.complaints.push(secret::too_many(secrets.len()));
        }
        for (i, secret) in secrets.iter().enumerate().filter(|(_, secret)| secret.len() < SECRET_MIN) {
            self.complaints.push(secret::accepted_too_short(i + 1, secret.len()));
        }
        secrets.into_iter().map(SecretString::from).collect()
    }

    pub fn limits(&mut self) -> Limits {
        let names = [
            settings::LOGIN_LIMIT_PAIR,
            settings::LOGIN_LIMIT_ACCOUNT,
            settings::LOGIN_LIMIT_ADDRESS,
            settings::LOGIN_LIMIT_TOTAL,
        ];
        let mut limits = NAMES.map(|name| (name, None));
        for ((_, limit), name) in limits.iter_mut().zip(names) {
            *limit = self.limit(name);
        }
        limits
    }

    fn limit(&mut self, name: &str) -> Option<Limit> {
        let text = self.text(name);
        if text.trim().eq_ignore_ascii_case("off") {
            return None;
        }
        let limit = text.split_once('/').and_then(|(quota, window)| {
            let limit = Limit { quota: quota.trim().parse().ok()?, window: window.trim().parse().ok()? };
            let bounded = (1..=WINDOW_MAX).contains(&limit.window);
            (bounded && (1..=limit.window.saturating_mul(1000)).contains(&limit.quota)).then_some(limit)
        });
        let complaint = format!(
            "{name} has to be off, or failures/seconds such as 10/600: 1 to {WINDOW_MAX} s, and 1 to 1000 failures for each"
        );
        self.checked(limit.map(Some).ok_or(complaint), || None)
    }

    pub fn login_concurrency(&mut self) -> usize {
        if self.text(settings::LOGIN_CONCURRENCY).is_empty() {
            return std::thread::available_parallelism().map_or(1, usize::from);
        }
        self.number(settings::LOGIN_CONCURRENCY, 1, 1_024) as usize
    }

    /// A word alone is a level; the filter's own grammar would take a misspelt one for a target and log nothing.
    pub fn log_filter(&mut self) -> String {
        let text = self.text(settings::LOG_LEVEL);
        let known = |part: &str| part.contains('=') || part.trim().parse::<LevelFilter>().is_ok();
        let valid = text.split(',').all(known) && EnvFilter::try_new(&text).is_ok();
        let complaint = "LOG_LEVEL has to be error, warn, info, debug or trace, or a filter such as info,sqlx=warn";
        self.checked(if valid { Ok(text) } else { Err(complaint.to_owned()) }, String::new)
    }

    pub fn log_json(&mut self) -> bool {
        let json = match self.text(settings::LOG_FORMAT).trim() {
            "text" => Ok(false),
            "json" => Ok(true),
            _ => Err("LOG_FORMAT has to be text or json".to_owned()),
        };
        self.checked(json, || false)
    }
}
