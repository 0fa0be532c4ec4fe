//! HTTP: routes, and the way in and out. Rules and storage are elsewhere.

pub mod admin;
pub mod answer;
pub mod api;
pub mod console;
pub mod foreseen;
pub mod frame;
#[doc(hidden)]
pub mod fuzzing;
pub mod limits;
pub mod memory;
pub mod openapi;
pub mod pages;
pub mod request;
pub mod routes;
pub mod sandbox;
pub mod shapes;
pub mod state;
pub mod transport;
