"""Sentry and OpenTelemetry, switched on with transports that only remember: what is told, and what never is."""

import asyncio
from types import SimpleNamespace

import pytest
import sentry_sdk
from django.test import Client
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sentry_sdk.transport import Transport

from accounts.views import auth
from config.shared import telemetry
from config.shared.jobs import name_request
from config.shared.telemetry import sentry, tracing

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:The send_default_pii option")]
SECRETS = ("sk_live_abcdefgh12345678", "hunter2-hunter2", "s3cr3t-ticket")


class Remembering(Transport):
    def __init__(self):
        super().__init__()
        self.events = []

    def capture_envelope(self, envelope):
        self.events += [item.payload.json for item in envelope.items if item.type == "event"]


@pytest.fixture
def told(settings, monkeypatch):
    settings.SENTRY_DSN = "https://key@sentry.test/1"
    monkeypatch.setattr(telemetry, "REPORTERS", reporters := [])
    monkeypatch.setattr(sentry, "REPORTERS", reporters)
    sentry.start(transport=(transport := Remembering()))
    yield transport.events
    sentry_sdk.init()  # off again


def test_sentry_is_told_of_a_500_with_its_request_and_without_secrets(told, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError(f"it broke with {SECRETS[0]} at /ws?ticket={SECRETS[2]}")

    monkeypatch.setattr(auth.LogIn, "post", broken)
    body = {"email": "a@b.test", "password": SECRETS[1]}
    answer = Client().post(
        "/api/v1/auth/token", body, content_type="application/json",
        headers={"X-Request-Id": "mine", "Authorization": f"Bearer {SECRETS[1]}"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    [event] = told
    assert event["exception"]["values"][-1]["type"] == "RuntimeError"
    assert event["tags"]["request_id"] == "mine"
    assert [secret for secret in SECRETS if secret in str(event)] == []
    assert "headers" not in event["request"]
    assert "data" not in event["request"]


def test_sentry_is_told_of_a_job_that_failed(told):
    async def broken():
        raise RuntimeError("the job broke")

    job = SimpleNamespace(id=7, task_name="shared.try", task_kwargs={"_request_id": "mine"})
    with pytest.raises(RuntimeError):
        asyncio.run(name_request(broken, SimpleNamespace(job=job), None))
    [event] = told
    assert event["tags"] == {"request_id": "mine", "job": "7", "task": "shared.try"}


def test_traces_have_requests_and_no_secrets(settings):
    exporter = InMemorySpanExporter()
    provider = tracing.start(exporter)
    try:
        answer = Client().get(f"/api/v1/products?q=x&token={SECRETS[2]}", headers={"X-Request-Id": "mine"})
        assert answer.status_code == 400
        with provider.get_tracer("test").start_as_current_span("by hand") as span:
            span.set_attribute("db.statement", f"SELECT '{SECRETS[0]}'")
        settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://collector.test"
        assert telemetry.spanned(len, lambda read: f"GET {read}")("abc") == 3
        provider.force_flush()
    finally:
        for instrumentor in (DjangoInstrumentor(), PsycopgInstrumentor(), RedisInstrumentor()):
            instrumentor.uninstrument()
        provider.shutdown()
    spans = exporter.get_finished_spans()
    assert "mine" in [span.attributes.get("souk.request_id") for span in spans]
    assert "GET abc" in [span.name for span in spans]
    assert [s for s in SECRETS for span in spans if s in str(dict(span.attributes))] == []


def test_off_unless_asked_for(settings):
    assert (settings.SENTRY_DSN, settings.OTEL_EXPORTER_OTLP_ENDPOINT) == ("", "")
    telemetry.start()
    assert telemetry.REPORTERS == []
    assert telemetry.spanned(len, str) is len
