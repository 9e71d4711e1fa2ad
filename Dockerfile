# Two stages: wheels are built with a compiler at hand, the image that runs has none.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir -r requirements.txt

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home souk
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY --chown=souk:souk . .
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOST=0.0.0.0
# collectstatic reads no database; the secrets of this step exist only in it.
RUN SECRET_KEY=build JWT_SECRET=build python manage.py collectstatic --no-input \
    && mkdir -p /app/media && chown souk:souk /app/media
USER souk
EXPOSE 8000 4000
HEALTHCHECK --interval=10s --timeout=3s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz')"]
# The websockets and the worker run the same image with the other two lines of the Procfile.
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--http", "1", "--no-ws", "--workers", "2", "--blocking-threads", "4", "config.wsgi:application"]
