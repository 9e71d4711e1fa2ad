"""The line to Redis: a Valkey that hangs is asked once and then left alone; a lost connection is made anew."""

import os
import signal
import subprocess

import pytest
from redis import Redis, exceptions

from config.embedded import valkey
from config.shared import redis

ECHO = redis.Script("return {KEYS[1], ARGV[1]}")


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A Valkey of its own, which may be stopped."""
    path = tmp_path / "v.sock"
    process = subprocess.Popen(
        [
            str(valkey.binary()),
            "--port",
            "0",
            "--unixsocket",
            str(path),
            "--save",
            "",
            "--dir",
            str(tmp_path),
        ],
        stdout=subprocess.PIPE,
    )
    for written in process.stdout:
        if b"Ready to accept connections" in written:
            break
    client = Redis(unix_socket_path=str(path), socket_timeout=0.1, socket_connect_timeout=0.1)
    monkeypatch.setattr(redis, "get_redis_connection", lambda alias: client)
    monkeypatch.setattr(redis, "lines", redis.Lines())
    redis.health.rests_until = 0.0
    yield process
    process.kill()
    process.wait()
    process.stdout.close()
    client.close()
    redis.health.rests_until = 0.0


@pytest.fixture
def sent(monkeypatch):
    """What was sent to Redis."""
    sent, answer = [], redis.Line.answer

    def noted(line, packed):
        sent.append(packed)
        return answer(line, packed)

    monkeypatch.setattr(redis.Line, "answer", noted)
    return sent


def skipped():
    return redis.REDIS.labels("skipped")._value.get()


def test_who_hangs_is_asked_once_and_then_left_alone(server, sent, monkeypatch):
    assert ECHO(["a"], [1]) == [b"a", b"1"]
    os.kill(server.pid, signal.SIGSTOP)
    monkeypatch.setattr(redis, "REST", 1000)
    before = skipped()
    sent.clear()
    with pytest.raises(exceptions.TimeoutError):
        ECHO(["a"], [2])
    for _ in range(20):
        with pytest.raises(redis.Resting):
            ECHO(["a"], [3])
    assert (len(sent), skipped() - before) == (1, 20)
    with pytest.raises(exceptions.TimeoutError):
        ECHO(["a"], [4], insists=True)  # a write's marks
    assert len(sent) == 2

    redis.health.rests_until = 1.0  # long ago: one tries, the others go on resting
    with pytest.raises(exceptions.TimeoutError):
        ECHO(["a"], [5])
    with pytest.raises(redis.Resting):
        ECHO(["a"], [6])
    assert len(sent) == 3

    os.kill(server.pid, signal.SIGCONT)
    redis.health.rests_until = 1.0
    assert [ECHO(["a"], [number]) for number in (7, 8)] == [
        [b"a", b"7"],
        [b"a", b"8"],
    ]  # none of the late answers
    assert redis.health.rests_until == 0.0


def test_a_lost_connection_is_made_anew_and_a_script_sent_again(server, sent):
    assert ECHO(["a"], [1]) == [b"a", b"1"]
    with redis.get_redis_connection("default") as client:
        client.script_flush()
        client.client_kill_filter(_type="normal", skipme=True)
    sent.clear()
    assert ECHO(["a"], ["x" * 100_000]) == [b"a", b"x" * 100_000]  # more than is read at once
    assert len(sent) == 3  # lost; unknown; answered
    assert redis.health.rests_until == 0.0


def test_errors_of_the_answer_let_nobody_rest(server):
    with pytest.raises(exceptions.ResponseError):
        redis.Script("return redis.call('LPUSH', KEYS[1])")(["a"], [])
    assert ECHO(["a"], [1]) == [b"a", b"1"]
