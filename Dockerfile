# docker build -t mailfax .
# Config: /etc/mailfax/mailfax.toml. Data: /var/lib/mailfax. Runs as the user mailfax, 8025.
# scripts/clean-root takes the same steps where no Docker runs.

FROM debian:bookworm-slim AS build
RUN apt-get update -q \
 && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/build \
 && python3 -m venv --without-pip /opt/mailfax
WORKDIR /src
ENV PIP_CONSTRAINT=/src/requirements.lock
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY mailfax ./mailfax
COPY rules ./rules
COPY templates ./templates
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --wheel-dir /wheel .
RUN wheel=$(echo /wheel/mailfax-*.whl) \
 && /opt/build/bin/pip --python /opt/mailfax/bin/python install --no-cache-dir \
        "$wheel[postgresql,cel]"

FROM debian:bookworm-slim
RUN apt-get update -q \
 && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
        python3 ca-certificates \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core bubblewrap openssl gpgv \
        fonts-noto-core fonts-noto-cjk \
        libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui \
        libreoffice-draw-nogui fonts-liberation fonts-crosextra-carlito fonts-crosextra-caladea \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 8025 --user-group --no-create-home --home-dir /var/lib/mailfax \
        --shell /usr/sbin/nologin mailfax \
 && install -d -o mailfax -g mailfax -m 0750 /var/lib/mailfax \
 && install -d -m 0755 /etc/mailfax
COPY --from=build /opt/mailfax /opt/mailfax
ENV PATH=/opt/mailfax/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8
USER mailfax
WORKDIR /var/lib/mailfax
VOLUME ["/var/lib/mailfax"]
EXPOSE 2525
HEALTHCHECK --interval=30s --timeout=15s --start-period=30s CMD ["mailfax", "doctor", "--health"]
ENTRYPOINT ["mailfax"]
CMD ["serve"]
