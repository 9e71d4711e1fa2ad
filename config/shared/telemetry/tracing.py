"""Spans of requests, of SQL statements without values, and of Redis commands without arguments."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind

from config.shared.logs import hide

STARTED: list[TracerProvider] = []


def spanned(function: Callable[..., Any], name_of: Callable[..., str]) -> Callable[..., Any]:
    def inside(*args: Any) -> Any:
        tracer = STARTED[-1].get_tracer("souk")
        with tracer.start_as_current_span(name_of(*args), kind=SpanKind.SERVER):
            return function(*args)

    return inside


def start(exporter: SpanExporter | None = None) -> TracerProvider:
    version = settings.SPECTACULAR_SETTINGS["VERSION"]
    resource = {"service.name": settings.OTEL_SERVICE_NAME, "service.version": version}
    provider = TracerProvider(resource=Resource.create(resource))
    to = exporter or OTLPSpanExporter(endpoint=f"{settings.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(Scrubbing(to)))
    STARTED.append(provider)
    DjangoInstrumentor().instrument(tracer_provider=provider, response_hook=name_span)
    PsycopgInstrumentor().instrument(tracer_provider=provider, skip_dep_check=True)
    RedisInstrumentor().instrument(tracer_provider=provider)
    return provider


def name_span(span: Any, request: Any, response: Any) -> None:
    if span.is_recording():
        span.set_attribute("souk.request_id", getattr(request, "id", ""))


class Scrubbing(SpanExporter):
    """Wraps an exporter: hides in attributes and events what looks like a secret."""

    def __init__(self, exporter: SpanExporter) -> None:
        self.exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self.exporter.export([scrubbed(span) for span in spans])

    def shutdown(self) -> None:
        self.exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self.exporter.force_flush(timeout_millis)


def scrubbed(span: ReadableSpan) -> ReadableSpan:
    events = [Event(event.name, without_secrets(event.attributes), event.timestamp) for event in span.events]
    return ReadableSpan(
        name=span.name, context=span.context, parent=span.parent, resource=span.resource, events=events,
        attributes=without_secrets(span.attributes), links=span.links, kind=span.kind, status=span.status,
        start_time=span.start_time, end_time=span.end_time, instrumentation_scope=span.instrumentation_scope,
    )  # fmt: skip


def without_secrets(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return hide(dict(attributes or {}))
