import json
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection

from config.shared.tests.views import Count, ask

pytestmark = pytest.mark.django_db


class Strict(Count):
    throttle_scope = "place"
    throttle_strict = True


@pytest.fixture
def limits(settings):
    """A fresh set of counters with these limits."""
    settings.THROTTLE_SCALE = 1
    settings.CHANNEL_PREFIX = f"souk-test-{uuid4().hex}"
    settings.THROTTLE_RATES = {"address": (100, 3600), "user": (50, 3600), "place": (3, 3600)}
    return settings


def test_the_tightest_limit_refuses_and_says_when_to_come_back(limits):
    answers = [ask(Strict.as_view(), "post", "/count", {"step": 1}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert answers[0]["RateLimit"].startswith('"place";r=2;t=')
    assert answers[0]["RateLimit-Policy"] == '"address";q=100;w=3600, "place";q=3;w=3600'
    assert json.loads(answers[3].content)["code"] == "throttled"
    assert 1 <= int(answers[3]["Retry-After"]) <= 3600


def test_an_invented_token_does_not_evade_a_route_limit(limits):
    answers = [ask(Strict.as_view(), "post", "/count", {"step": 1}, cart_token=f"t{n}") for n in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]


def test_a_scale_of_nought_admits_everything_and_still_tells(limits):
    limits.THROTTLE_SCALE = 0
    answers = [ask(Strict.as_view(), "post", "/count", {"step": 1}) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {201}
    assert answers[4]["RateLimit"].startswith('"place";r=0;t=')


def test_a_scale_multiplies_every_limit(limits):
    limits.THROTTLE_SCALE = 2
    answers = [ask(Strict.as_view(), "post", "/count", {"step": 1}) for _ in range(7)]
    assert [answer.status_code for answer in answers].count(201) == 6


def test_two_hundred_at_once_are_counted_as_two_hundred(limits):
    limits.THROTTLE_RATES = limits.THROTTLE_RATES | {"place": (5, 3600), "address": (1000, 3600)}

    def send(_):
        try:
            return ask(Strict.as_view(), "get", "/count").status_code, ask(
                Strict.as_view(), "post", "/count", {"step": 0}
            ).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        statuses = [post for _, post in threads.map(send, range(200))]
    assert (statuses.count(400), statuses.count(429)) == (5, 195)


@pytest.fixture
def redis_is_down(limits, monkeypatch):
    from redis.exceptions import ConnectionError as RedisDown  # noqa: PLC0415

    def refuse(*args, **kwargs):
        raise RedisDown("down")

    monkeypatch.setattr("config.shared.redis.Script.__call__", refuse)


def test_without_redis_the_shop_stays_open_and_the_door_with_the_lock_stays_shut(redis_is_down):
    assert ask(Count.as_view(), "post", "/count", {"step": 1}).status_code == 201
    closed = ask(Strict.as_view(), "post", "/count", {"step": 1})
    assert (closed.status_code, json.loads(closed.content)["dependency"], closed["Retry-After"]) == (
        503,
        "Redis",
        "5",
    )
