//! The product from outside: its stores, its HTTP answers and its command line, each on both engines.

mod api;
mod attacks;
mod backup;
mod cli;
mod conformance;
mod docs;
mod support;
