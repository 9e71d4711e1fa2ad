"""What the documents name exists, and what exists is named."""

import re
import time

from config.openapi.reference import written
from config.shared.metrics import EVENTS, LATENCY, REDIS, REQUESTS, SOCKETS
from config.shared.registry import GAUGES
from config.shared.webhooks import signing
from config.tests.documents import DOCS, text_of, whole_text
from config.tests.live import PROJECT

LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
SETTING = re.compile(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`")
METRIC = re.compile(r"`(souk_\w+)")
# Names of this form that are no settings: HTTP's and the guide's own.
NO_SETTINGS = {"DATABASE_URL"}


def test_the_reference_names_every_route_command_event_and_error_code():
    assert text_of("reference.md") == written(), "run `make reference`"


def test_every_link_leads_to_a_file():
    pages = [*DOCS.rglob("*.md"), PROJECT / "README.md", PROJECT / "CONTRIBUTING.md"]
    links = [
        (page, target)
        for page in pages
        if "build" not in page.parts
        for target in LINK.findall(page.read_text())
    ]
    assert [f"{page.name}: {target}" for page, target in links if not (page.parent / target).exists()] == []
    assert len(links) > 40


def test_every_setting_that_is_named_exists():
    known = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    assert set(SETTING.findall(whole_text())) - known - NO_SETTINGS == set()


def test_the_operators_guide_names_every_command_and_metric():
    guide = text_of("operating.md")
    commands = set(re.findall(r"`manage\.py (\w+)`", text_of("reference.md")))
    assert {name for name in commands - {"write_reference"} if name not in guide} == set()
    counted = {f"{metric._name}" for metric in (REQUESTS, EVENTS, LATENCY, REDIS, SOCKETS)} | set(GAUGES)
    named = {name.removesuffix("_total") for name in METRIC.findall(guide)}
    assert named <= counted, named - counted


def test_every_decision_is_in_the_index():
    index = text_of("decisions/README.md")
    pages = sorted(DOCS.glob("decisions/0*.md"))
    assert [page.name for page in pages if page.name not in index] == []
    assert len({page.name[:4] for page in pages}) == len(pages)


def test_the_example_verifies_our_signatures():
    example = re.search(r"```python\n(.*?)```", text_of("webhooks.md"), re.DOTALL).group(1)
    names: dict = {}
    exec(example, names)
    secret, body = (
        signing.new_secret(),
        signing.body_of("order.placed", "2026-01-31T12:00:00Z", {"order": "7"}),
    )
    headers = signing.headers([signing.new_secret(), secret], "evt_1", int(time.time()), body)
    assert names["verify"](secret, headers, body.encode())
    assert not names["verify"](secret, headers, body.encode() + b" ")
    assert not names["verify"](signing.new_secret(), headers, body.encode())
