"""Bodies over ASGI: none is kept that is larger than any may be."""

import asyncio
import json

from config.limited import Limited


async def reads_all(scope, receive, send):
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def answer_to(*chunks):
    """What is sent for a body in these chunks, and how many of them nobody asked for."""
    waiting = [
        {"type": "http.request", "body": bytes(size), "more_body": place < len(chunks)}
        for place, size in enumerate(chunks, 1)
    ]
    sent = []

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "headers": [(b"x-request-id", b"asked-0123456789")]}
    asyncio.run(Limited(reads_all)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"], len(waiting)


def test_a_body_of_just_the_limit_passes(settings):
    settings.REQUEST_BODY_LIMIT = 100
    assert answer_to(60, 40) == (200, b"100", 0)


def test_a_larger_one_is_refused_without_reading_on(settings):
    settings.REQUEST_BODY_LIMIT = 100
    status, body, left = answer_to(60, 41, 10_000)
    problem = json.loads(body)
    assert (status, left) == (413, 1)
    assert (problem["code"], problem["request_id"]) == ("too_large", "asked-0123456789")
    assert problem["detail"] == "A body has at most 100 bytes."
