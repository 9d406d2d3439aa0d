# syntax=docker/dockerfile:1

# ---- build: the wheel, installed into an environment of its own
FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY policies policies
COPY cpq_hooks cpq_hooks
COPY scoring scoring
COPY app app
RUN python -m pip wheel --no-deps --wheel-dir /wheels . \
    && python -m venv /srv/quoteguard \
    && /srv/quoteguard/bin/python -m pip install --constraint constraints.txt "quoteguard[objects,train] @ file://$(ls /wheels/quoteguard-*.whl)"

# ---- run: no source, no compiler, no root
FROM python:3.11-slim-bookworm

# Nothing from the distribution is needed: the wheels of XGBoost, NumPy and psycopg bring their own libraries.
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/quoteguard --shell /usr/sbin/nologin quoteguard \
    && mkdir /var/empty-cwd
COPY --from=build /srv/quoteguard /srv/quoteguard

ENV PATH=/srv/quoteguard/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    QUOTEGUARD_HOME=/var/lib/quoteguard/home
USER 10001
VOLUME ["/var/lib/quoteguard"]
# Empty on purpose: `app`, `scoring` and `policies` can then only be the ones in the wheel.
WORKDIR /var/empty-cwd
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["quoteguard"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
