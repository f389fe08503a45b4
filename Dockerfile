# One image for every command: `docker run tidegate` is a worker; `docker run tidegate tidegate topics create` and the like.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# The dependencies have a layer of their own, which lasts until the lock file changes. The run lock has no test tools.
WORKDIR /opt/tidegate
COPY requirements-run.lock ./
RUN pip install --require-hashes -r requirements-run.lock

COPY pyproject.toml README.md ./
COPY config config
COPY models models
COPY streams streams
COPY scripts scripts
RUN pip install --no-deps --no-build-isolation . \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/tidegate tidegate \
    && install --directory --owner tidegate /var/lib/tidegate/models

USER tidegate
WORKDIR /var/lib/tidegate
ENV TIDEGATE_DATA_DIR=/var/lib/tidegate

# 503 means stuck: records wait and nothing is committed. What runs the image then starts it again.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:9464/healthz', timeout=2)"]

CMD ["tidegate", "worker"]
