//! Passwords and tokens. Knows neither HTTP nor SQL.

pub mod password;
pub mod token;
mod verified;
