"""Pages of no particular domain: the home page, health checks, the API's root, and the embedded default's mails."""

import email
import email.policy
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from drf_spectacular.utils import extend_schema
from prometheus_client import CONTENT_TYPE_LATEST as CONTENT_TYPE
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from config.shared import redis
from config.shared.api.views import ApiView
from config.shared.metrics import exposition, may_read

VERSION = settings.SPECTACULAR_SETTINGS["VERSION"]
# All routes that can be listed (`config/tests/test_pages.py` compares them with the OpenAPI document), and the cart.
COLLECTIONS = (
    "products", "products/my", "categories", "brands", "sellers", "cart", "orders", "orders/seller", "returns", "coupons",
    "shipping-methods", "inventory", "locations", "payouts", "seller/ledger", "seller/disputes", "me/addresses",
    "me/api-keys", "me/payment-methods", "me/sessions", "follow", "feed", "notifications", "messages", "wishlist", "wishlists",
    "notify-me", "recently-viewed", "sellers/me/announcements", "sellers/me/blocks", "sellers/me/followers",
    "sellers/me/webhooks", "events",
    *(f"admin/{name}" for name in (
        "brands", "categories", "coupons", "disputes", "ledger", "orders", "reviews", "security-events", "sellers",
        "shipping-methods", "tax-exemptions", "tax-rates", "users", "webhooks",
    )),
)  # fmt: skip
SOCKETS = ("orders", "inventory", "notifications")


class Root(ApiView):
    """Links to all collections."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(tags=["platform"], responses={200: dict})
    def get(self, request: Request) -> Response:
        return Response(
            {
                "version": VERSION,
                "collections": {name: f"/api/v1/{name}" for name in COLLECTIONS},
                "api": f"{settings.PUBLIC_URL}/api/v1",
                "websockets": {name: f"{settings.PUBLIC_WS_URL}/ws/v1/{name}" for name in SOCKETS},
                "stripe_publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
                "schema": "/api/schema",
                "docs": "/api/docs",
                "asyncapi": "/asyncapi.yaml",
                "console": "/console",
            }
        )


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {"version": VERSION, "settings": settings})


def console(request: HttpRequest) -> HttpResponse:
    """A page to try the sockets by hand; it may connect to this service only (see `config.shared.csp`)."""
    return render(request, "console.html", {"settings": settings})


def alive(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> HttpResponse:
    """503 unless PostgreSQL and Redis answer and no migration is pending; the body says which."""
    checks = {"postgresql": database_state(), "redis": redis_state()}
    healthy = all(state == "ok" for state in checks.values())
    headers = {} if healthy else {"Retry-After": "5"}
    return JsonResponse(
        {"status": "ok" if healthy else "unavailable", "checks": checks},
        status=200 if healthy else 503,
        headers=headers,
    )


def database_state() -> str:
    try:
        executor = MigrationExecutor(connection)
        return "migrations wait" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"
    except OperationalError:
        return "down"


def redis_state() -> str:
    try:
        redis.connection().ping()
    except redis.DOWN:
        return "down"
    return "ok"


def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus; 404 for those who may not read them."""
    if not may_read(request):
        raise Http404
    return HttpResponse(exposition(), content_type=CONTENT_TYPE)


# --- /dev/mail: only routed in the embedded default ------------------------------------------------------------


def mail_list(request: HttpRequest) -> HttpResponse:
    files = sorted(
        Path(settings.EMAIL_FILE_PATH).glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True
    )
    mails = [{"name": file.name, "message": read_mail(file)} for file in files[:100]]
    return render(request, "dev_mail_list.html", {"mails": mails})


def mail(request: HttpRequest, name: str) -> HttpResponse:
    file = Path(settings.EMAIL_FILE_PATH) / Path(name).name
    if file.suffix != ".log" or not file.is_file():
        raise Http404
    message = read_mail(file)
    body = message.get_body(preferencelist=("plain", "html"))
    return render(request, "dev_mail.html", {"message": message, "body": body.get_content() if body else ""})


def read_mail(file: Path) -> email.message.EmailMessage:
    """The newest mail in a file of Django's file backend, which separates mails with a line of dashes."""
    parts = [part for part in file.read_bytes().split(b"-" * 79) if part.strip()]
    return email.message_from_bytes(parts[-1].lstrip(), policy=email.policy.default)
