"""Abuse has limits that count exactly, also when all comes at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from accounts.tests.factories import UserFactory
from catalog.tests.factories import VariantFactory
from social.models import Follow, Question, Review

pytestmark = pytest.mark.django_db(transaction=True)


def test_follows_reviews_and_messages_have_limits(settings: Any, as_user: Any) -> None:
    settings.THROTTLE_SCALE, settings.CHANNEL_PREFIX = 1, f"souk-test-{uuid4().hex}"
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {
        "follow": (3, 60),
        "review": (4, 60),
        "message": (5, 60),
    }
    product, client = VariantFactory().product, as_user(UserFactory())
    acts = [
        ("/api/v1/follow", {}),
        (f"/api/v1/products/{product.pk}/reviews", {}),
        (f"/api/v1/products/{product.pk}/questions", {}),
        ("/api/v1/messages", {"part": "0", "body": "Hello?"}),
    ]

    def act(number: int) -> tuple[str, int]:
        path, body = acts[number % len(acts)]
        try:
            return path, client.post(path, body).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(act, range(40)))
    counted = {status: [told.count((path, status)) for path, _ in acts] for status in (400, 404, 429)}

    of_talk = counted[400][2] + counted[404][3]  # questions and messages share one limit
    assert (counted[400][:2], of_talk) == ([3, 4], 5)
    assert counted[429][:2] == [7, 6]
    assert counted[429][2] + counted[429][3] == 15
    assert not (Follow.objects.exists() or Review.objects.exists() or Question.objects.exists())
    assert client.get(f"/api/v1/products/{product.pk}/questions").status_code == 200
