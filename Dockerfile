# The stages share one Debian release, so that the binary finds the glibc that it was linked to.
FROM rust:1.95.0-bookworm AS build
WORKDIR /build

# The dependencies alone, behind a stand-in for our own code: this layer is built again only when
# Cargo.toml or Cargo.lock change.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo build --release --locked

COPY docs/openapi.json docs/openapi.json
COPY migrations migrations
COPY src src
# The copied files may be older than the stand-in's build; a new time makes cargo look at them.
RUN touch src/main.rs src/lib.rs \
    && cargo build --release --locked \
    && mkdir /data

# glibc and libgcc are all that the binary needs. The roots for TLS to PostgreSQL are compiled in, so no
# certificates are needed here.
FROM debian:bookworm-slim
COPY --from=build /build/target/release/citrus-status /usr/local/bin/citrus-status
COPY --from=build --chown=65532:65532 /data /data

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
