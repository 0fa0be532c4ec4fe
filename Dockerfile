# The stages share one Debian release, so that the binary finds the glibc that it was linked to.
FROM rust:1.95.0-bookworm AS build
WORKDIR /build

# The dependencies alone, behind a stand-in for our own code: this layer is built again only when
# Cargo.toml or Cargo.lock change.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
    && echo '//! A stand-in.' | tee src/lib.rs > src/main.rs \
    && echo 'fn main() {}' >> src/main.rs \
    && cargo build --release --locked

COPY release/licences release/licences
RUN release/licences licences-of-dependencies.tar.gz

COPY askama.toml askama.toml
COPY docs/openapi.json docs/openapi.json
COPY migrations migrations
COPY src src
# As late as it goes, so that a new commit builds our own code alone:
# docker build --build-arg REVISION="$(git rev-parse HEAD)" .
ARG REVISION=""
# The copied files may be older than the stand-in's build; a new time makes cargo look at them.
RUN touch src/main.rs src/lib.rs \
    && CITRUS_STATUS_COMMIT="$REVISION" cargo build --release --locked \
    && strip target/release/citrus-status

# glibc and libgcc are all that the binary needs. The roots for TLS to PostgreSQL are compiled in, so no
# certificates are needed here.
FROM debian:bookworm-slim
RUN install -d -m 700 -o 65532 -g 65532 /data
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/citrus-status/
COPY --from=build /build/licences-of-dependencies.tar.gz /usr/share/doc/citrus-status/
COPY --from=build /build/target/release/citrus-status /usr/local/bin/citrus-status

ENV BIND_ADDR=0.0.0.0:8080 \
    DATA_DIR=/data
WORKDIR /
USER 65532:65532
VOLUME ["/data"]
EXPOSE 8080

# Asks the address that BIND_ADDR names.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/citrus-status", "probe"]

ENTRYPOINT ["/usr/local/bin/citrus-status"]
CMD ["serve"]

ARG REVISION=""
LABEL org.opencontainers.image.title="citrus-status" \
    org.opencontainers.image.description="Self-hosted drop-in replacement for the status endpoints of the Citrus helpdesk API" \
    org.opencontainers.image.version="0.1.0" \
    org.opencontainers.image.revision="$REVISION" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0" \
    org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
