import json
import signal
import subprocess
import sys
import time

import pytest
import requests
import stripe

from payments.standin.events import API_VERSION
from payments.standin.testing import ROOT, running_standin
from payments.standin.tests.conftest import client_of

INTENT = {"amount": 2000, "currency": "usd"}


def start(*options):
    command = [sys.executable, "-m", "payments.standin", *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_what_was_answered_survives_kill_9(tmp_path):
    state = tmp_path / "state.db"
    with running_standin(state) as standin:
        client = client_of(standin)
        client.payment_intents.create(INTENT, {"idempotency_key": "k"})
        intents = [client.payment_intents.create(INTENT).id for _ in range(20)]
        standin.kill()
    with running_standin(state) as standin:
        client = client_of(standin)
        found = [intent.id for intent in client.payment_intents.list({"limit": 100})]
        assert set(intents) < set(found)
        assert client.payment_intents.create(INTENT, {"idempotency_key": "k"}).id == found[-1]


def test_asynchronous_outcomes_survive_kill_9(tmp_path):
    state = tmp_path / "state.db"
    debit = {"payment_method": "pm_usBankAccount_success", "confirm": True, "return_url": "https://shop.test"}
    with running_standin(state, settle_after=3600) as standin:
        intent = client_of(standin).payment_intents.create({**INTENT, **debit}).id
        standin.kill()
    with running_standin(state, settle_after=3600) as standin:
        assert standin.advance() == 1
        assert client_of(standin).payment_intents.retrieve(intent).status == "succeeded"


def test_outcomes_come_by_themselves():
    debit = {"payment_method": "pm_usBankAccount_success", "confirm": True, "return_url": "https://shop.test"}
    with running_standin(settle_after=0.2) as standin:
        client = client_of(standin)
        intent = client.payment_intents.create({**INTENT, **debit}).id
        deadline = time.monotonic() + 10
        while client.payment_intents.retrieve(intent).status == "processing":
            assert time.monotonic() < deadline


def test_sigterm_stops_it_in_under_a_second_even_with_a_call_that_hangs():
    with running_standin() as standin:
        standin.trouble(hang=True, times=1)
        with pytest.raises(requests.Timeout):
            requests.get(
                standin.url + "/v1/charges", headers={"Authorization": "Bearer sk_test_x"}, timeout=0.2
            )
        started = time.monotonic()
        standin.process.send_signal(signal.SIGTERM)
        assert standin.process.wait(5) == 0
        assert time.monotonic() - started < 1


def test_the_line_and_the_port_file(tmp_path):
    port_file = tmp_path / "port.json"
    process = start("--port-file", str(port_file))
    try:
        line = json.loads(process.stdout.readline())
        assert json.loads(port_file.read_text()) == line
        assert line["pid"] == process.pid
        assert requests.get(line["url"] + "/_standin/health", timeout=5).json() == {"status": "ok"}
    finally:
        process.kill()
        process.wait()


def test_it_ends_with_its_parent():
    parent = subprocess.Popen(["sleep", "60"])
    process = start("--parent-pid", str(parent.pid))
    process.stdout.readline()
    parent.kill()
    parent.wait()
    assert process.wait(5) == 0


def test_it_listens_on_loopback_only():
    process = start("--host", "0.0.0.0")
    assert process.wait(10) == 1
    assert process.stdout.read() == ""


@pytest.mark.parametrize("header", [None, "Basic abc", "Bearer sk_live_x", "Bearer pk_test_x"])
def test_a_test_key_is_needed(standin, header):
    headers = {"Authorization": header} if header else {}
    answer = requests.get(standin.url + "/v1/charges", headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "invalid_request_error")
    assert answer.headers["Request-Id"].startswith("req_")


def test_unknown_addresses_are_404(standin):
    answer = requests.get(
        standin.url + "/v1/unicorns", headers={"Authorization": "Bearer rk_test_x"}, timeout=5
    )
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "invalid_request_error")


def test_the_api_version_is_the_sdks():
    assert stripe.api_version == API_VERSION


def test_it_comes_back_at_the_same_address_after_kill_9(tmp_path):
    with running_standin(tmp_path / "state.db") as standin:
        intent = client_of(standin).payment_intents.create(INTENT).id
        standin.kill()
        with pytest.raises(stripe.APIConnectionError):
            client_of(standin).payment_intents.retrieve(intent)
        port = int(standin.url.rpartition(":")[2])
        with running_standin(tmp_path / "state.db", port=port) as again:
            assert again.url == standin.url
            assert client_of(standin).payment_intents.retrieve(intent).id == intent


def test_it_needs_neither_django_nor_the_project():
    program = "import sys, payments.standin.app; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    roots = {name.split(".")[0] for name in modules.stdout.split()}
    assert roots.isdisjoint({"django", "stripe", "config", "accounts", "catalog", "orders", "social"})
    assert [name for name in modules.stdout.split() if name.startswith("payments.")] == [
        name for name in modules.stdout.split() if name.startswith("payments.standin")
    ]
