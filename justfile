# The tasks of this project. `just` lists them; each is one command, which you can also type.

# List the tasks
default:
    @just --list --unsorted

# Run the server with example data
demo *args:
    cargo run --release -- demo {{ args }}

# Run the tests, or those whose names contain a word
test *words:
    cargo test {{ words }}

# Run the tests and fail where PostgreSQL is missing
test-both:
    REQUIRE_POSTGRES=1 cargo test --locked

# Format, and check what the compiler and clippy say
lint:
    cargo fmt
    cargo clippy --locked --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items
    typos

# Make the generated files anew: the OpenAPI document, docs/ERRORS.md, docs/SETTINGS.md, .env.example
generate:
    cargo run -- openapi > docs/openapi.json
    UPDATE_DOCS=1 cargo test --test main docs::

# Try real clients and outside tools, on both engines
clients:
    tests/clients/run

# Walk through the console in a browser; with --screenshots FOLDER, take pictures
console *pictures:
    tests/console/run {{ pictures }}

# Try metrics, alerts and dashboard with a real Prometheus
metrics *picture:
    tests/metrics/run {{ picture }}

# Build and run the containers as the pages say
containers:
    tests/docker/run

# Try the units on a real systemd
systemd:
    tests/systemd/run

# Try Caddy, nginx, Traefik and HAProxy in front of a server, or those named
proxies *names:
    tests/proxies/run {{ names }}

# Check the manifests for Kubernetes
kubernetes:
    tests/kubernetes/run

# Build the artefacts of a release: archive, Debian package, SBOM, sums
release *args:
    release/run {{ args }}

# Try the artefacts, and the Debian package in a fresh Debian
package:
    tests/release/run

# Kill servers and databases; `just reliability --long` takes a night
reliability *args:
    cargo test --test reliability -- {{ args }}

# Measure, beside peers
bench *args:
    bench/run {{ args }}

# Count the instructions of a change, against its budget
instructions *args:
    bench/instructions {{ args }}

# Feed the parsers with random input (nightly Rust and cargo-fuzz)
fuzz target:
    cd fuzz && cargo +nightly fuzz run {{ target }}

# Licences, bans, sources and advisories of the dependencies
deny:
    cargo deny --locked check

# Everything that has to pass before a change lands
ci:
    .ci/run
