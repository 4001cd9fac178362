# syntax=docker/dockerfile:1
# The image expects a database: DATABASE_URL, SECRET_KEY_BASE and PRIKKE_HOST have no default in production.

FROM swift:6.3-bookworm AS builder
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /build
COPY scripts/lib.sh scripts/
RUN . scripts/lib.sh && need_packages "${build_packages[@]}"
# The dependencies change seldom: fetched in a layer of their own.
COPY Package.swift ./
RUN swift package resolve
COPY . .
RUN . scripts/lib.sh && build_release --static-swift-stdlib && install -D -s .build/release/prikke /out/prikke

FROM debian:bookworm-slim
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN --mount=type=bind,source=scripts/lib.sh,target=/lib.sh \
    . /lib.sh && need_packages "${image_packages[@]}" && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/prikke --shell /usr/sbin/nologin prikke
COPY --from=builder /out/prikke /usr/local/bin/prikke
USER prikke
WORKDIR /var/lib/prikke
ENV PRIKKE_ENV=production HOST=0.0.0.0 PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["/bin/bash", "-c", "curl --fail --silent --output /dev/null http://127.0.0.1:$PORT/health"]
# Longer than a graceful stop takes (35 s at most): give `docker stop` its time, see compose.yaml.
ENTRYPOINT ["prikke"]
CMD ["serve"]
