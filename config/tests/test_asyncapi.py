"""The document of the live side says what is declared, and every frame is as it says."""

import json

import pytest
import yaml
from django.utils import timezone
from jsonschema import Draft202012Validator

from config import asyncapi
from config.shared.events.declared import EVENT_TYPES, told_types
from config.shared.events.log import Placed
from config.shared.realtime import endings
from config.shared.realtime.frames import of_event
from config.shared.webhooks.signing import body_of
from config.sockets import urlpatterns
from config.tests.events import example

OWN = {kind: event for kind, event in told_types().items() if not kind.startswith("test.")}


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load(yaml.safe_dump(asyncapi.document()))


def valid(document, name, frame):
    schema = document["components"]["messages"][name]["payload"]
    Draft202012Validator.check_schema(schema)
    return sorted(error.message for error in Draft202012Validator(schema).iter_errors(json.loads(frame)))


def test_every_declared_event_is_in_it_with_its_version_and_nothing_of_the_house(document):
    messages = document["components"]["messages"]
    for kind, event in OWN.items():
        assert messages[kind]["x-version"] == event.version
        assert messages[kind]["examples"][0]["payload"]["type"] == kind
    assert "access.ended" in EVENT_TYPES
    assert not any("access.ended" in name for name in messages)


@pytest.mark.parametrize("kind", OWN)
def test_frames_and_webhooks_are_as_it_says(document, kind):
    event = example(OWN[kind])
    placed = Placed(1042, kind, event.stream, ["admin"], timezone.now(), event.data)
    assert valid(document, kind, of_event(placed).body) == []
    assert (
        valid(document, kind, json.dumps(document["components"]["messages"][kind]["examples"][0]["payload"]))
        == []
    )
    body = body_of(kind, placed.at, event.data, id="1042")
    assert valid(document, asyncapi.webhook_name(kind), body) == []
    assert valid(document, kind, json.dumps(placed.frame() | {"at": "", "id": "x"})) != []


def test_every_socket_has_its_channel_with_its_events(document):
    for pattern in urlpatterns:
        stream = pattern.callback.consumer_class.stream
        channel = document["channels"][stream]
        assert channel["address"] == f"/{pattern.pattern}"
        told = {kind for kind, event in OWN.items() if event.stream == stream}
        assert told | {"ready", "resync", "error"} <= set(channel["messages"])
    assert set(OWN) <= set(document["channels"]["events"]["messages"])


def test_every_reference_leads_somewhere(document):
    def references(part):
        if isinstance(part, dict):
            yield from ([part["$ref"]] if "$ref" in part else [])
            part = list(part.values())
        if isinstance(part, list):
            for value in part:
                yield from references(value)

    for reference in references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert found


@pytest.mark.parametrize(
    "ending", [endings.too_slow(), endings.too_many(), endings.restart(), endings.expired()]
)
def test_the_last_frame_is_as_it_says(document, ending):
    assert valid(document, "error", json.dumps(ending.frame)) == []


def test_it_is_served(client):
    answer = client.get("/asyncapi.yaml")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/yaml; charset=utf-8")
    assert yaml.safe_load(answer.content)["asyncapi"] == "3.0.0"
