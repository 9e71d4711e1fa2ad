"""Requests to addresses that users gave. A canary listens on loopback: whatever is refused, nothing may reach it."""

import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from config.shared import outbound
from config.shared.outbound import Failed, Refused

PUBLIC = "93.184.215.14"


@dataclass
class Request:
    body: bytes
    headers: dict[str, str]


class Canary(ThreadingHTTPServer):
    """Counts connections, not only requests, and answers as it is told."""

    daemon_threads = True

    def __init__(self):
        self.connections, self.seen, self.requests, self.sni = 0, [], [], []
        self.status, self.headers, self.body = 200, {}, b"sung"
        self.never = threading.Event()  # what hangs, hangs until the test is over
        super().__init__(("127.0.0.1", 0), Bird)
        self.port = self.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook?a=1"

    def get_request(self):
        self.connections += 1
        return super().get_request()


class Bird(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(
            Request(body, {name.lower(): value for name, value in self.headers.items()})
        )
        self.server.seen.append((self.path, self.headers["Host"], self.headers["X-Own"], body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)
        if self.server.headers.get("X-Hang"):
            self.wfile.flush()
            self.server.never.wait()

    def log_message(self, *_):
        pass


@contextmanager
def serving(canary):
    thread = threading.Thread(target=canary.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield canary
    finally:
        canary.never.set()
        canary.shutdown()
        canary.server_close()
        thread.join()


@pytest.fixture
def canary():
    with serving(Canary()) as bird:
        yield bird


@pytest.fixture
def closed(settings):
    settings.OUTBOUND_LOOPBACK = False


@pytest.fixture
def names(monkeypatch):
    """Names of the test's own, each with its addresses; counts the questions."""
    known, asked, resolve = {}, [], socket.getaddrinfo

    def answer(host, port, *args, **kwargs):
        asked.append(host)
        found = [resolve(address, port, *args, **kwargs) for address in known.get(host, [host])]
        return [row for rows in found for row in rows]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    known["asked"] = asked
    return known


def send(url, **options):
    return outbound.send("POST", url, body=b"{}", headers={"X-Own": "mine"}, **options)


def test_in_the_embedded_default_a_program_on_this_machine_is_reached(canary):
    canary.headers = {"X-Kind": "bird"}
    answer = send(canary.url)
    assert (answer.status, answer.body, answer.is_truncated) == (200, b"sung", False)
    assert answer.headers["x-kind"] == "bird"
    assert canary.seen == [("/hook?a=1", f"127.0.0.1:{canary.port}", "mine", b"{}")]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001",
        "127.8.9.10", "0.0.0.0", "0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[::127.0.0.1]",
        "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "198.18.0.1", "169.254.169.254", "100.100.100.200",
        "192.0.0.192", "168.63.129.16", "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]", "[::ffff:169.254.169.254]",
        "224.0.0.1", "239.255.255.250", "[ff02::1]", "255.255.255.255", "240.0.0.1", "192.0.2.1", "[2001:db8::1]",
    ],
)  # fmt: skip
def test_no_spelling_of_an_address_inside_is_called(closed, canary, host):
    with pytest.raises(Refused):
        send(f"http://{host}:{canary.port}/")
    assert canary.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "unix:///var/run/docker.sock",
        "//example.com/", "example.com", "http://", "http:///x", "http://user@example.com/", "http://u:p@example.com/",
        "http://example.com:25/", "http://example.com:6/", "http://example.com:99999/", "http://example.com:x/",
        "http://exa mple.com/", "http://example.com/\r\nX-Evil: 1", "http://example.com\\@127.0.0.1/", "http://①.com/",
        "http://[::1/", "http://[fe80::1%25lo]/", "https://example.com/" + "a" * 2048,
    ],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_refused_unasked(names, url):
    with pytest.raises(Refused):
        outbound.parse(url)
    assert names["asked"] == []


@pytest.mark.parametrize(
    "address", [PUBLIC, "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_public_addresses_may_be_called(closed, address):
    outbound.judge(address)


def test_one_forbidden_address_among_a_name_s_refuses_all(closed, names, canary):
    names["mixed.example"] = [PUBLIC, "127.0.0.1"]
    with pytest.raises(Refused):
        send(f"http://mixed.example:{canary.port}/")
    assert canary.connections == 0


def test_a_name_is_asked_for_once_and_called_at_the_address_that_was_judged(names, canary):
    """Whatever it would answer the second time."""
    names["hook.example"] = ["127.0.0.1"]
    assert send(f"http://hook.example:{canary.port}/x").status == 200
    assert names["asked"] == ["hook.example"]
    assert canary.seen == [("/x", f"hook.example:{canary.port}", "mine", b"{}")]


def test_a_redirect_is_an_answer_and_not_followed(canary):
    with serving(Canary()) as elsewhere:
        canary.status, canary.headers = 307, {"Location": elsewhere.url}
        assert send(canary.url).status == 307
        assert elsewhere.connections == 0


def test_no_proxy_of_the_environment_is_asked(monkeypatch, canary):
    with serving(Canary()) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        assert send(canary.url).status == 200
        assert proxy.connections == 0


def test_of_a_long_answer_only_the_beginning_is_kept(canary):
    canary.body = b"x" * 100_000
    answer = send(canary.url, max_answer=1000)
    assert (len(answer.body), answer.is_truncated) == (1000, True)


def test_an_answer_that_never_ends_is_cut_off(canary):
    canary.headers = {"X-Hang": "1"}
    with pytest.raises(Failed) as failure:
        send(canary.url, deadline=0.2)
    assert failure.value.code == "timeout"


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_drops_of_an_answer_do_not_stretch_the_time(first):
    """Each byte comes soon enough for a timeout of single reads."""
    over = threading.Event()

    def drip(listener):
        peer, _ = listener.accept()
        with peer:
            peer.sendall(first)
            while not over.wait(0.02):
                try:
                    peer.sendall(b"x" if first else b"HTTP/1.1 100 Continue\r\n\r\n")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        with pytest.raises(Failed) as failure:
            send(f"http://127.0.0.1:{listener.getsockname()[1]}/", deadline=0.3)
        over.set()
        thread.join()
    assert failure.value.code == "timeout"


@pytest.mark.parametrize(("said", "code"), [(b"220 mail ready\r\n", "no_http"), (b"", "unreachable")])
def test_what_is_no_http_is_told(said, code):
    def answer(listener):
        peer, _ = listener.accept()
        with peer:
            peer.recv(65_536)
            peer.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        with pytest.raises(Failed) as failure:
            send(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join()
    assert failure.value.code == code


def test_a_port_that_nobody_serves_is_told():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    with pytest.raises(Failed) as failure:
        send(f"http://127.0.0.1:{free}/")
    assert failure.value.code == "unreachable"


def test_a_name_without_an_address_is_told(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Failed) as failure:
        send("https://nowhere.example/")
    assert failure.value.code == "unresolved"


@pytest.fixture
def secure(tmp_path, canary, names):
    """The canary behind TLS, with a certificate for hook.example that nobody has signed."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {key} -out {certificate} -days 2 -subj /CN=hook.example "
        "-addext subjectAltName=DNS:hook.example".split(),
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.sni_callback = lambda _, name, __: canary.sni.append(name)
    canary.socket = context.wrap_socket(canary.socket, server_side=True)
    names |= {"hook.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]}
    return certificate


def test_tls_asks_for_the_name_and_not_the_address(monkeypatch, canary, secure):
    monkeypatch.setattr(outbound, "tls_context", lambda: ssl.create_default_context(cafile=secure))
    assert send(f"https://hook.example:{canary.port}/").status == 200
    assert canary.sni == ["hook.example"]
    with pytest.raises(Failed) as failure:
        send(f"https://other.example:{canary.port}/")
    assert failure.value.code == "tls"
    assert len(canary.seen) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(canary, secure):
    with pytest.raises(Failed) as failure:
        send(f"https://hook.example:{canary.port}/")
    assert (failure.value.code, canary.seen) == ("tls", [])
