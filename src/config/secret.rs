//! The secret that signs the tokens.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use super::kinds::{Kind, Parse};
use crate::auth::token::SECRET_MIN;
use crate::file_text::{read_regular, trimmed};

const FILE: &str = "jwt-secret";
/// Most secrets that are accepted beside the one that signs.
const ACCEPTED_MAX: usize = 8;

/// The secret that signs; none where it is to be generated.
pub struct SigningSecret;

impl Kind for SigningSecret {
    fn values(&self) -> String {
        format!("one line of {SECRET_MIN} bytes or more")
    }

    fn is_secret(&self) -> bool {
        true
    }
}

impl Parse for SigningSecret {
    type Value = Option<SecretString>;

    fn parse(&self, name: &str, text: &str) -> Result<Self::Value, String> {
        if text.is_empty() {
            return Ok(None);
        }
        let mut complaints = Vec::new();
        // It could not stand among JWT_ACCEPTED_SECRETS, one a line, when it is changed.
        if text.contains(['\r', '\n']) {
            complaints.push(format!("{name} has more than one line; it has to be one"));
        }
        if text.len() < SECRET_MIN {
            let (length, fresh) = (text.len(), fresh());
            complaints.push(format!(
                "{name} has {length} bytes and needs {SECRET_MIN}; here is a fresh one:\n{name}={fresh}"
            ));
        }
        if complaints.is_empty() { Ok(Some(SecretString::from(text))) } else { Err(complaints.join("\n")) }
    }
}

/// Secrets that are accepted beside the one that signs: one a line, so that each may have any other character.
pub struct AcceptedSecrets;

impl Kind for AcceptedSecrets {
    fn values(&self) -> String {
        format!("at most {ACCEPTED_MAX} lines of {SECRET_MIN} bytes or more each")
    }

    fn is_secret(&self) -> bool {
        true
    }

    fn may_be_empty(&self) -> bool {
        true
    }
}

impl Parse for AcceptedSecrets {
    type Value = Vec<SecretString>;

    fn parse(&self, name: &str, text: &str) -> Result<Self::Value, String> {
        let secrets: Vec<&str> = text.split(['\r', '\n']).map(trimmed).filter(|line| !line.is_empty()).collect();
        let too_many = secrets.len() > ACCEPTED_MAX;
        let count = too_many.then(|| format!("{name} has {} secrets and takes {ACCEPTED_MAX} at most", secrets.len()));
        let short = secrets.iter().enumerate().filter(|(_, secret)| secret.len() < SECRET_MIN);
        let short = short
            .map(|(i, secret)| format!("{name}: secret {} has {} bytes and needs {SECRET_MIN}", i + 1, secret.len()));
        let complaints: Vec<String> = count.into_iter().chain(short).collect();
        if !complaints.is_empty() {
            return Err(complaints.join("\n"));
        }
        Ok(secrets.into_iter().map(SecretString::from).collect())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("the token secret {path} can't be kept: {source}; set JWT_SECRET, or make the directory writable: {}", running_as(), path = .path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("the token secret {path} has fewer than {SECRET_MIN} bytes; remove it, and a new one is made", path = .0.display())]
    Short(PathBuf),
}

/// Which user this process is, for whoever has to let it write.
pub fn running_as() -> String {
    format!("this process runs as user {}", rustix::process::geteuid().as_raw())
}

/// The bytes of a secret that was set.
pub(super) fn bytes(secret: &SecretString) -> SecretSlice<u8> {
    SecretSlice::from(secret.expose_secret().as_bytes().to_vec())
}

pub(super) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

/// The secret kept in `data_dir`; a new one, readable by its owner alone, where there is none.
pub(super) fn generated(data_dir: &Path) -> Result<SecretSlice<u8>, SecretError> {
    let path = path(data_dir);
    let failed = |source| SecretError::Io { path: path.clone(), source };
    let secret = match read_regular(&path) {
        Ok(secret) => secret,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            keep(data_dir, &path, fresh().as_bytes()).map_err(failed)?;
            // Read again: another process may have been first.
            read_regular(&path).map_err(failed)?
        }
        Err(error) => return Err(failed(error)),
    };
    let secret = SecretSlice::from(without_ends(&secret).to_vec());
    if secret.expose_secret().len() < SECRET_MIN { Err(SecretError::Short(path)) } else { Ok(secret) }
}

/// `secret` without a byte order mark and the line ends after it, as if it were set; it may be no text.
fn without_ends(secret: &[u8]) -> &[u8] {
    let secret = secret.strip_prefix("\u{feff}".as_bytes()).unwrap_or(secret);
    let end = secret.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |last| last + 1);
    &secret[..end]
}

/// Writes the whole file or none, with mode 0600, unless it is there.
fn keep(data_dir: &Path, path: &Path, secret: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(data_dir)?;
    file.write_all(secret)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        outcome => outcome.map(drop).map_err(|error| error.error),
    }
}

/// What to say when a secret has to be set.
pub(super) fn required() -> String {
    format!(
        "JWT_SECRET is required with PostgreSQL, so that all servers sign alike; here is a fresh one:\nJWT_SECRET={}",
        fresh()
    )
}

/// 256 random bits as text.
fn fresh() -> String {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the system gives random bytes");
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn it_is_made_once_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let first = generated(dir.path()).unwrap();
        let second = generated(dir.path()).unwrap();
        assert_eq!(first.expose_secret(), second.expose_secret());
        assert_eq!(first.expose_secret().len(), 43);
        let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn one_from_an_editor_is_what_it_would_be_as_a_setting() {
        let dir = tempfile::tempdir().unwrap();
        let secret = " thirty-two bytes, or a few more ";
        for written in [secret.to_owned(), format!("{secret}\r\n\n"), format!("\u{feff}{secret}\n")] {
            fs::write(dir.path().join(FILE), written).unwrap();
            assert_eq!(generated(dir.path()).unwrap().expose_secret(), secret.as_bytes());
        }
    }

    #[test]
    fn a_damaged_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "short\n").unwrap();
        assert!(matches!(generated(dir.path()), Err(SecretError::Short(_))));
        assert!(matches!(generated(&dir.path().join("gone")), Err(SecretError::Io { .. })));
    }
}
