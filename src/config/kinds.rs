//! The kinds of settings: how each understands its text, and its words for what a value has to be.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::service::throttle::Limit;

/// What a setting may be, whatever its type.
pub trait Kind: Sync {
    /// What a value has to be: the end of "NAME has to be …", and a cell of docs/SETTINGS.md.
    fn values(&self) -> String;

    /// What one of the value counts: seconds, MiB; empty where nothing is counted.
    fn unit(&self) -> &'static str {
        ""
    }

    /// Whether it is never shown, and may come from the file that `<NAME>_FILE` names.
    fn is_secret(&self) -> bool {
        false
    }

    /// Whether the file that holds it may be empty.
    fn may_be_empty(&self) -> bool {
        false
    }

    fn shown(&self, text: &str) -> String {
        if self.is_secret() && !text.is_empty() { "***".to_owned() } else { text.to_owned() }
    }

    /// The complaint about a value that is not one of [`Kind::values`].
    fn refusal(&self, name: &str) -> String {
        format!("{name} has to be {}", self.values())
    }
}

/// A kind with the type of its values.
pub trait Parse: Kind {
    /// What its text means. The default stands in once there is a complaint.
    type Value: Default;

    /// The value of the setting `name`, or what is wrong with `text`: a complaint a line, which does not repeat it.
    fn parse(&self, name: &str, text: &str) -> Result<Self::Value, String>;
}

pub struct Text;

impl Kind for Text {
    fn values(&self) -> String {
        "any text".to_owned()
    }
}

impl Parse for Text {
    type Value = String;

    fn parse(&self, _: &str, text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }
}

pub struct Directory;

impl Kind for Directory {
    fn values(&self) -> String {
        "a path".to_owned()
    }
}

impl Parse for Directory {
    type Value = PathBuf;

    fn parse(&self, _: &str, text: &str) -> Result<PathBuf, String> {
        Ok(PathBuf::from(text))
    }
}

/// A file, or none.
pub struct OptionalFile;

impl Kind for OptionalFile {
    fn values(&self) -> String {
        "the path of a file".to_owned()
    }
}

impl Parse for OptionalFile {
    type Value = Option<PathBuf>;

    fn parse(&self, _: &str, text: &str) -> Result<Option<PathBuf>, String> {
        Ok(Some(PathBuf::from(text)).filter(|path| !path.as_os_str().is_empty()))
    }
}

pub struct Number(pub u32, pub u32);

impl Kind for Number {
    fn values(&self) -> String {
        format!("a whole number from {} to {}", self.0, self.1)
    }
}

impl Parse for Number {
    type Value = u32;

    fn parse(&self, name: &str, text: &str) -> Result<u32, String> {
        let number = text.trim().parse().ok().filter(|number| (self.0..=self.1).contains(number));
        number.ok_or_else(|| self.refusal(name))
    }
}

/// A whole number between these two; none stands for one for each core.
pub struct NumberOrCores(pub u32, pub u32);

impl Kind for NumberOrCores {
    fn values(&self) -> String {
        Number(self.0, self.1).values()
    }
}

impl Parse for NumberOrCores {
    type Value = usize;

    fn parse(&self, name: &str, text: &str) -> Result<usize, String> {
        if text.is_empty() {
            return Ok(std::thread::available_parallelism().map_or(1, usize::from));
        }
        Ok(Number(self.0, self.1).parse(name, text)? as usize)
    }
}

/// A whole number of seconds between these two.
pub struct Seconds(pub u32, pub u32);

impl Kind for Seconds {
    fn values(&self) -> String {
        Number(self.0, self.1).values()
    }

    fn unit(&self) -> &'static str {
        "seconds"
    }
}

impl Parse for Seconds {
    type Value = Duration;

    fn parse(&self, name: &str, text: &str) -> Result<Duration, String> {
        Ok(Duration::from_secs(Number(self.0, self.1).parse(name, text)?.into()))
    }
}

/// A whole number of MiB between these two; the value is in bytes.
pub struct Mebibytes(pub u32, pub u32);

impl Kind for Mebibytes {
    fn values(&self) -> String {
        Number(self.0, self.1).values()
    }

    fn unit(&self) -> &'static str {
        "MiB"
    }
}

impl Parse for Mebibytes {
    type Value = usize;

    fn parse(&self, name: &str, text: &str) -> Result<usize, String> {
        Ok(Number(self.0, self.1).parse(name, text)? as usize * 1024 * 1024)
    }
}

pub struct Flag;

impl Kind for Flag {
    fn values(&self) -> String {
        "true or false".to_owned()
    }
}

impl Parse for Flag {
    type Value = bool;

    fn parse(&self, name: &str, text: &str) -> Result<bool, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err(self.refusal(name)),
        }
    }
}

pub struct Either(pub &'static str, pub &'static str);

impl Kind for Either {
    fn values(&self) -> String {
        format!("{} or {}", self.0, self.1)
    }
}

impl Parse for Either {
    type Value = &'static str;

    fn parse(&self, name: &str, text: &str) -> Result<&'static str, String> {
        [self.0, self.1].into_iter().find(|word| *word == text.trim()).ok_or_else(|| self.refusal(name))
    }
}

/// A host and a port, resolved when it is listened on.
pub struct Address;

impl Kind for Address {
    fn values(&self) -> String {
        "an address and a port, such as 127.0.0.1:8080".to_owned()
    }
}

impl Parse for Address {
    type Value = String;

    fn parse(&self, name: &str, text: &str) -> Result<String, String> {
        let text = text.trim();
        let is_host = |host: &str| !host.is_empty() && !host.contains(['/', '*', ' ', '@']);
        let is_address = text.rsplit_once(':').is_some_and(|(host, port)| is_host(host) && port.parse::<u16>().is_ok());
        if is_address { Ok(text.to_owned()) } else { Err(self.refusal(name)) }
    }
}

/// An [`Address`], or none.
pub struct OptionalAddress;

impl Kind for OptionalAddress {
    fn values(&self) -> String {
        "an address and a port, such as 127.0.0.1:9464".to_owned()
    }
}

impl Parse for OptionalAddress {
    type Value = Option<String>;

    fn parse(&self, name: &str, text: &str) -> Result<Option<String>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        Address.parse(name, text).map(Some).map_err(|_| self.refusal(name))
    }
}

/// Addresses and networks, with commas or blanks between.
pub struct Networks;

impl Kind for Networks {
    fn values(&self) -> String {
        "addresses or networks, such as 10.1.2.3 or 10.0.0.0/8; IPv4 in IPv6 is ::ffff:0:0/96 or narrower".to_owned()
    }

    fn refusal(&self, name: &str) -> String {
        format!("{name} has to list {}", self.values())
    }
}

impl Parse for Networks {
    type Value = Vec<IpNet>;

    fn parse(&self, name: &str, text: &str) -> Result<Vec<IpNet>, String> {
        let parts = text.split([',', ' ', '\t', '\n']).filter(|part| !part.is_empty());
        let network = |part: &str| canonical(part.parse().or_else(|_| part.parse().map(IpAddr::into)).ok()?);
        let networks: Option<_> = parts.map(network).collect();
        networks.ok_or_else(|| self.refusal(name))
    }
}

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

/// The longest window of a limit, in seconds: 30 days.
const WINDOW_MAX: u32 = 2_592_000;

/// So many failures in so many seconds, or no limit.
pub struct FailureLimit;

impl Kind for FailureLimit {
    fn values(&self) -> String {
        format!(
            "off, or failures/seconds such as 10/600: 1 to {WINDOW_MAX} s, and at most 1000 failures for each of them"
        )
    }
}

impl Parse for FailureLimit {
    type Value = Option<Limit>;

    fn parse(&self, name: &str, text: &str) -> Result<Option<Limit>, String> {
        if text.trim().eq_ignore_ascii_case("off") {
            return Ok(None);
        }
        let limit = text.split_once('/').and_then(|(quota, window)| {
            let limit = Limit { quota: quota.trim().parse().ok()?, window: window.trim().parse().ok()? };
            let is_bounded = (1..=WINDOW_MAX).contains(&limit.window);
            (is_bounded && (1..=limit.window.saturating_mul(1000)).contains(&limit.quota)).then_some(limit)
        });
        limit.map(Some).ok_or_else(|| self.refusal(name))
    }
}

/// A level of the log, or a filter.
pub struct LogFilter;

impl Kind for LogFilter {
    fn values(&self) -> String {
        "error, warn, info, debug or trace, or a filter such as info,sqlx=warn".to_owned()
    }
}

impl Parse for LogFilter {
    type Value = String;

    /// A word alone is a level; the filter's own grammar would take a misspelt one for a target and log nothing.
    fn parse(&self, name: &str, text: &str) -> Result<String, String> {
        let is_known = |part: &str| part.contains('=') || part.trim().parse::<LevelFilter>().is_ok();
        let is_valid = text.split(',').all(is_known) && EnvFilter::try_new(text).is_ok();
        if is_valid { Ok(text.to_owned()) } else { Err(self.refusal(name)) }
    }
}
