# Two stages: wheels are installed with a compiler at hand, the image that runs has neither pip nor compiler.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements*.txt ./
# `--build-arg EXTRAS="s3 observability"` adds requirements-s3.txt and requirements-observability.txt.
ARG EXTRAS=""
RUN python -m venv --without-pip /opt/venv \
    && for extra in "" $EXTRAS; do \
         pip --python /opt/venv/bin/python install --no-cache-dir -r "requirements${extra:+-$extra}.txt" || exit 1; \
       done

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home souk
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0 MEDIA_ROOT=/media
# collectstatic reads no database; the secrets of this step exist only in it. The code stays root's: what runs cannot change it.
RUN SECRET_KEY=build JWT_SECRET=build SOUK_DATA_DIR=/tmp/build python manage.py collectstatic --no-input \
    && rm -rf /tmp/build \
    && install -d -o 10001 -g 10001 /media
USER 10001
EXPOSE 8000 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# The websockets and the worker run the same image with the other two lines of the Procfile.
CMD ["python", "-m", "config.serve", "--host", "0.0.0.0", "--port", "8000", "--http", "1", "--no-ws", "--workers", "2", "--blocking-threads", "4", "--http1-header-read-timeout", "5000", "--workers-kill-timeout", "12s", "--respawn-failed-workers", "--log-level", "warning"]
