"""The gate before HTTP: bodies are whole before anything is computed, and who sends none stops nobody."""

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from http.client import HTTPConnection
from io import BytesIO

import pytest
from django.conf import settings

from config import gate
from config.tests.live import WAIT, eventually, free_port

STALLED = b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n{"

OURS = "127.0.0.7"  # nobody else's in this process
FAR = """
import socket
server = socket.create_server(("127.0.0.7", 0))
print(server.getsockname()[1], flush=True)
server.accept()[0].recv(1)
"""


FORM = "multipart/form-data; boundary=a-z"


def request_of(body, declared, kind="text/plain"):
    headers = {"HTTP_TRANSFER_ENCODING": "chunked"} if declared is None else {"CONTENT_LENGTH": str(declared)}
    return {"REMOTE_ADDR": "192.0.2.1", "wsgi.input": BytesIO(body), "CONTENT_TYPE": kind, **headers}


@pytest.mark.parametrize("size", [1, gate.SMALL, gate.SMALL + 1, 10 * gate.CHUNK + 7])
def test_a_body_arrives_whole(size):
    sent = os.urandom(size)

    body, length = gate.Arrivals(1).receive(request_of(sent, size))

    assert (body.read(), length) == (sent, size)


@pytest.mark.parametrize(
    ("size", "declared", "refusal"),
    [
        (3, 50, gate.Cut),
        (gate.SMALL + 1, gate.SMALL + 2, gate.Cut),
        (3, None, gate.Unmeasured),
        (200_000, 200_000, gate.errors.TooLarge),
        (300_000, 5_000_000, gate.errors.TooLarge),
    ],
)
def test_a_body_that_is_not_whole_or_has_no_end_is_refused_and_its_place_is_free_again(
    monkeypatch, size, declared, refusal
):
    monkeypatch.setattr(gate, "LARGEST", 150_000)
    arrivals = gate.Arrivals(1)

    with pytest.raises(refusal):
        arrivals.receive(request_of(bytes(size), declared))

    assert arrivals.receive(request_of(b"next", 4))[0].read() == b"next"
    assert arrivals.watch.arrivals == set()


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("application/json; charset=utf-8", b'{"quantity": 1}\n'),
        ("application/json", b"[" + b"1," * gate.CHUNK + b"1]"),
        (FORM, b"--a-z\r\n\r\none\r\n--a-z--\r\n"),
    ],
)
def test_a_chunked_body_with_an_end_of_its_own_arrives_whole(kind, sent):
    body, length = gate.Arrivals(1).receive(request_of(sent, None, kind))

    assert (body.read(), length) == (sent, len(sent))


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("application/json", b""),
        ("application/json", b'{"quantity": 1'),
        (FORM, b"--a-z\r\n\r\none\r\n--a-z\r\n"),
        (FORM, b""),
        ("application/x-www-form-urlencoded", b"quantity=1"),
        ("", b"{}"),
    ],
)
def test_a_chunked_body_that_may_have_been_cut_off_is_refused(kind, sent):
    with pytest.raises(gate.Unmeasured):
        gate.Arrivals(1).receive(request_of(sent, None, kind))


def test_a_body_without_end_is_read_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(gate, "LARGEST", gate.CHUNK)
    monkeypatch.setattr(gate, "READ", 3 * gate.CHUNK)
    request = request_of(bytes(9 * gate.CHUNK), 9 * gate.CHUNK)

    with pytest.raises(gate.errors.TooLarge):
        gate.Arrivals(1).receive(request)

    assert request["wsgi.input"].tell() == 3 * gate.CHUNK


def test_a_body_has_as_long_as_what_has_arrived_of_it_allows():
    arrival, due = gate.Arrival("192.0.2.1", begun=100.0), []

    class Slowly:
        def read(self, size):
            due.append(arrival.due)
            return bytes(min(size, 40_000)) if len(due) < 3 else b""

    gate.received(Slowly(), 10**12, arrival)

    assert due == [100 + gate.GRACE, 104 + gate.GRACE, 108 + gate.GRACE]


@contextmanager
def served(grace):
    """The port of granian with four threads, three of which may wait for bodies."""
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--http", "1", "--no-ws", "--workers", "1",
        "--blocking-threads", "4", "--log-level", "error", "config.tests.gated:application",
    ]  # fmt: skip
    server = subprocess.Popen(command, cwd=settings.BASE_DIR, env=os.environ | {"GRACE": str(grace)})
    try:
        eventually(lambda: not socket.socket().connect_ex(("127.0.0.1", port)), "it listens")
        yield port
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def patient():
    with served(grace=3600) as port:
        yield port


@pytest.fixture(scope="module")
def strict():
    with served(grace=1) as port:
        yield port


def ask(port, method, path, body=None):
    connection = HTTPConnection("127.0.0.1", port, timeout=WAIT)
    connection.request(method, path, body)
    response = connection.getresponse()
    told = response.status, response.read(), response.headers
    connection.close()
    return told


def stalled(port, announced=1000):
    connection = socket.create_connection(("127.0.0.1", port), timeout=WAIT)
    connection.sendall(STALLED % announced)
    return connection


def test_who_sends_a_large_body_reads_the_refusal(patient):
    """Without the gate the connection is closed beneath nearly all of them."""
    answers = [ask(patient, "POST", "/refused", bytes(8_000_000))[:2] for _ in range(20)]

    assert answers == [(401, b"who are you?")] * 20


def test_bodies_that_do_not_come_leave_a_thread_for_reads(patient):
    waiting = [stalled(patient) for _ in range(3)]
    status, body, headers = eventually(
        lambda: (told := ask(patient, "POST", "/read", b"four"))[0] != 200 and told, "all places are taken"
    )

    assert (status, headers["Retry-After"], headers["Content-Type"]) == (503, "5", "application/problem+json")
    assert b'"code":"too_many_bodies"' in body
    assert ask(patient, "GET", "/read")[:2] == (200, b"nothing")

    for connection in waiting:
        connection.close()
    eventually(lambda: ask(patient, "POST", "/read", b"four")[:2] == (200, b"4"), "their places are free")


@pytest.mark.parametrize("announced", [1000, 10**12])
def test_a_body_that_does_not_come_is_given_up_and_its_connection_shut(strict, announced):
    waiting = [stalled(strict, announced) for _ in range(3)]

    for connection in waiting:
        while connection.recv(4096):  # a refusal, perhaps, and then the end
            pass
        connection.close()

    assert ask(strict, "POST", "/read", b"four")[:2] == (200, b"4")


def test_a_connection_that_was_just_answered_and_those_of_others_are_not_shut():
    server = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(server.getsockname(), source_address=(OURS, 0))
    ours, _ = server.accept()
    with server, client, ours:
        ours.sendall(b"an answer")
        assert gate.shut(OURS, 3600) == 0
        assert gate.shut("192.0.2.1", 0) == 0
        assert client.recv(100) == b"an answer"
        assert gate.shut(OURS, 0) == 1
        assert client.recv(100) == b""


def test_connections_that_this_process_made_itself_are_not_shut():
    """Those to Redis and Stripe, which may have the address of a client."""
    far = subprocess.Popen(
        [sys.executable, "-c", FAR],
        stdout=subprocess.PIPE,
    )
    try:
        with socket.create_connection((OURS, int(far.stdout.readline()))) as own:
            assert gate.shut(OURS, 0) == 0
            own.sendall(b"x")
        assert far.wait(WAIT) == 0
    finally:
        far.kill()
        far.stdout.close()
