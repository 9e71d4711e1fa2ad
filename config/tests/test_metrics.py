"""What Prometheus reads."""

from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.utils.crypto import constant_time_compare

from accounts.tests.factories import UserFactory
from catalog.tests.factories import VariantFactory
from config.shared import metrics
from orders.tests.factories import place_order_for

pytestmark = pytest.mark.django_db


def figures(client, **headers):
    """Sample → number."""
    answer = client.get("/metrics", **headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {sample: float(value) for sample, value in (line.rsplit(" ", 1) for line in lines)}


def test_requests_are_counted_by_route_not_by_path(client):
    sample = 'souk_requests_total{method="GET",route="api/v1/products/<str:id>",status="404"}'
    stranger = 'souk_requests_total{method="other",route="unmatched",status="404"}'
    before = figures(client)
    for path in ("/api/v1/products/none-such", "/api/v1/products/neither"):
        assert client.get(path).status_code == 404
    client.generic("BREW", "/no-such-page")
    after = figures(client)
    assert after[sample] - before.get(sample, 0) == 2
    assert after[stranger] - before.get(stranger, 0) == 1
    assert not [name for name in after if "none-such" in name or "BREW" in name]


def test_what_the_database_knows(client):
    place_order_for(UserFactory(), VariantFactory(stock=5), quantity=2)
    found = figures(client)
    assert found['souk_orders_open{state="pending_payment"}'] == 1
    assert found['souk_stock_held{state=""}'] == 2
    assert found['souk_jobs{state="failed"}'] == 0
    assert 'souk_cache_lookups{state="hit"}' in found
    assert found['souk_event_lag_seconds{state=""}'] >= 0


@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": "203.0.113.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=203.0.113.7"},
    ],
)
def test_strangers_find_no_such_page(client, headers):
    assert client.get("/metrics", **headers).status_code == 404


def test_a_token_opens_it_from_anywhere_and_then_nothing_else_does(client, settings):
    settings.METRICS_TOKEN = "a-token-for-prometheus"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer wrong").status_code == 404
    assert figures(client, REMOTE_ADDR="203.0.113.7", HTTP_AUTHORIZATION="Bearer a-token-for-prometheus")


def test_how_long_a_wrong_token_takes_tells_nothing(client, settings, monkeypatch):
    settings.METRICS_TOKEN = "a-token-for-prometheus"
    compared = []

    def compare(*texts):
        compared.append(texts)
        return constant_time_compare(*texts)

    monkeypatch.setattr(metrics, "constant_time_compare", compare)
    for given in ("Bearer a-token-for-prometheut", "Bearer é", ""):
        assert client.get("/metrics", HTTP_AUTHORIZATION=given).status_code == 404
        assert compared.pop() == (given, "Bearer a-token-for-prometheus")


def test_a_worker_serves_its_own(settings):
    settings.METRICS_TOKEN = "a-token-for-prometheus"
    server = metrics.serve("127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        asked = Request(f"{address}/metrics", headers={"Authorization": "Bearer a-token-for-prometheus"})
        with urlopen(asked, timeout=10) as answer:
            assert b"souk_event_lag_seconds" in answer.read()
        for path in ("/metrics", "/healthz"):
            with pytest.raises(HTTPError, match="404"):
                urlopen(address + path, timeout=10)
    finally:
        server.shutdown()
        server.server_close()


def test_a_process_that_is_gone_has_no_open_sockets(monkeypatch):
    left = metrics.FOLDER / "gauge_livesum_999999.db"
    left.write_bytes((next(metrics.FOLDER.glob("counter_*.db"))).read_bytes())
    monkeypatch.setattr(metrics, "is_running", lambda pid: pid != 999_999)
    metrics.forget_dead()
    assert not left.exists()
