//! How another Citrus answers, as a file tells: its status codes, texts, bodies and headers, where it takes the token
//! from, and the rules on which the vendor's page is silent. Without a file, the contract holds.

mod charset;
mod check;
mod escapes;
mod facts;
mod file;
mod filling;
mod forms;
mod gap;
mod masks;
mod moment;
mod random;
mod runs;
mod settings;
mod source;
mod status;
mod template;
mod unopened;
mod words;
mod writing;

pub use charset::{Charset, charset_of, decoded, encoding_of, label_in};
pub use check::{DialectError, FILE_MAX, Known};
pub use escapes::{Entities, Escapes};
pub use facts::{Asked, Facts, LoggedIn, Mention, named_by};
pub use file::{
    AnswerFile, DialectFile, EntitiesFile, Handling, HeaderCase, KitFile, RulesFile, StatusFile, TokenFile, Verdict,
    WordFile,
};
pub use filling::reason;
pub use forms::{AnswerForm, CONTENT_TYPE, Dialect, ERROR_BODY, LOGIN_BODY, TokenHeader, after_scheme, answer_key};
pub use gap::{Gap, Kind};
pub use masks::{Group, Piece, alike, is_explained, mask, strip};
pub use moment::Moment;
pub use random::{Alphabet, Random, is_nano_id};
pub use runs::{Meant, fits_between};
pub use template::{BODY_MAX, Part, Template};
pub use writing::Writing;
