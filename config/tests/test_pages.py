"""What belongs to no domain: the front door, the documents, health, and the embedded default's pages."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend
from django.db import OperationalError
from drf_spectacular.generators import SchemaGenerator

from config import pages
from config.shared import redis
from config.shared.schema_urls import ALONE, OnceGenerator

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "media_type", "text"),
    [
        ("/", "text/html", "Souk"),
        ("/api/docs", "text/html", "swagger-ui"),
        ("/api/redoc", "text/html", "redoc"),
        ("/api/schema", "application/vnd.oai.openapi", "openapi: 3.1.0"),
        ("/asyncapi.yaml", "application/yaml", "asyncapi: 3.0.0"),
        ("/console", "text/html", "Live console"),
        ("/static/souk/console.js", "text/javascript", "WebSocket"),
        ("/healthz", "application/json", '"ok"'),
        ("/admin/login/", "text/html", "Souk"),
        ("/static/admin/css/base.css", "text/css", "body"),
    ],
)
def test_pages_that_anybody_may_open(client, path, media_type, text):
    response = client.get(path)
    body = b"".join(response) if response.streaming else response.content
    assert (response.status_code, response["Content-Type"].partition(";")[0]) == (200, media_type)
    assert text in body.decode()
    assert "X-Request-Id" in response


@pytest.mark.parametrize("path", ["/", "/api/docs", "/api/redoc", "/console"])
def test_a_page_asks_nothing_of_other_hosts(client, path):
    body = client.get(path).content.decode()
    assert not [part for part in ("src", "href") if f'{part}="http' in body or f'{part}="//' in body]


def test_the_document_is_made_by_one_thread_alone_and_once(monkeypatch):
    alone = []

    def described(self, request=None, public=False):
        alone.append(ALONE.locked())
        return {"openapi": "3.1.0"}

    monkeypatch.setattr(SchemaGenerator, "get_schema", described)
    monkeypatch.setattr(OnceGenerator, "document", None)
    assert [OnceGenerator().get_schema() for _ in range(2)] == [{"openapi": "3.1.0"}] * 2
    assert alone == [True]


def test_every_page_has_a_policy_and_json_may_load_nothing(client):
    policies = {
        path: client.get(path)["Content-Security-Policy"]
        for path in ("/", "/api/docs", "/console", "/admin/login/")
    }
    assert [path for path, policy in policies.items() if "default-src 'none'" not in policy] == []
    assert [path for path, policy in policies.items() if "script-src 'self' 'unsafe-inline'" in policy] == []
    assert "unsafe" not in policies["/"] + policies["/console"]
    assert client.get("/api/v1")["Content-Security-Policy"] == (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert "<script>" not in "".join(client.get(path).content.decode() for path in policies)


def test_the_root_tells_both_addresses(client):
    body = client.get("/api/v1").json()
    assert body["websockets"]["orders"] == f"{settings.PUBLIC_WS_URL}/ws/v1/orders"
    assert (body["api"], body["stripe_publishable_key"]) == (
        f"{settings.PUBLIC_URL}/api/v1",
        "pk_test_souk_local",
    )


def test_the_root_links_to_every_list_that_can_be_read(client):
    """A new one is linked to, or this fails; what is linked to can be asked for."""
    told = client.get("/api/v1").json()["collections"]
    document = SchemaGenerator().get_schema(request=None, public=True)
    lists = {
        path.removeprefix("/api/v1/")
        for path, operations in document["paths"].items()
        if "{" not in path and is_list(operations.get("get"), document)
    }
    assert told.keys() == lists | {"cart"}
    assert {client.get(path).status_code for path in told.values()} == {200, 401}


def is_list(operation, document):
    """Whether the answer is a page of rows, and nothing must be said to get it."""
    if operation is None or any(one.get("required") for one in operation.get("parameters", ())):
        return False
    schema = operation["responses"]["200"]["content"].get("application/json", {}).get("schema", {})
    named = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    return "results" in named.get("properties", {})


def test_ready_says_which_dependency_is_down(client, monkeypatch):
    assert client.get("/readyz").json() == {"status": "ok", "checks": {"postgresql": "ok", "redis": "ok"}}

    def redis_down():
        raise redis.DOWN[0]

    def database_down(*_):
        raise OperationalError

    monkeypatch.setattr(redis, "connection", redis_down)
    monkeypatch.setattr(pages, "MigrationExecutor", database_down)
    response = client.get("/readyz")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["checks"] == {"postgresql": "down", "redis": "down"}


def test_mails_can_be_read_in_the_embedded_default(client, settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path)
    EmailBackend(file_path=str(tmp_path)).send_messages(
        [EmailMessage("Hello <b>", "Your link: …", "a@b.c", ["d@e.f"])]
    )
    name = next(Path(tmp_path).glob("*.log")).name
    assert "Hello &lt;b&gt;" in client.get("/dev/mail").content.decode()
    assert "Your link: …" in client.get(f"/dev/mail/{name}").content.decode()
    assert client.get("/dev/mail/..%2Fsettings.py").status_code == 404
    assert client.get("/dev/mail/other.log").status_code == 404


@pytest.mark.parametrize("path", ["/nowhere", "/api/v1/nowhere", "/api/v1/products/", "/dev/nothing"])
def test_an_unknown_address_is_a_problem_not_a_page(client, path):
    response = client.get(path, headers={"X-Request-Id": "mine"})
    assert (response.status_code, response["Content-Type"], response["X-Request-Id"]) == (
        404,
        "application/problem+json",
        "mine",
    )
    assert (json.loads(response.content)["code"], json.loads(response.content)["request_id"]) == (
        "not_found",
        "mine",
    )


def test_a_forged_host_is_refused(client):
    response = client.get("/api/v1", headers={"Host": "evil.test"})
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
