import json
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain

import pytest

from config.shared.models import EventRecord
from config.shared.tests.views import Count, Records, ask, send_raw

pytestmark = pytest.mark.django_db
records = partial(ask, Records.as_view({"get": "list"}, detail=False))
count = partial(ask, Count.as_view(), "post", "/count")
START = datetime(2026, 1, 1, tzinfo=UTC)


def make_records(number: int, *, same_time: bool = False) -> list[str]:
    """Ids, oldest first."""
    step = timedelta(0) if same_time else timedelta(minutes=1)
    rows = [
        EventRecord(type=f"t{n}", version=n % 3, stream="s", audiences=[], data={}, at=START + n * step)
        for n in range(number)
    ]
    return [str(row.pk) for row in EventRecord.objects.bulk_create(rows)]


def body_of(response):
    return json.loads(response.content)


def walk(path: str, direction: str = "next"):
    """Every id that following the links gives, and the last page."""
    seen, page = [], body_of(records(path=path))
    while True:
        seen.append([row["id"] for row in page["results"]])
        if page[direction] is None:
            return seen, page
        page = body_of(records(path=page[direction]))


@pytest.mark.parametrize("same_time", [False, True])
def test_pages_follow_each_other_forth_and_back_without_gap_or_double(same_time):
    ids = make_records(7, same_time=same_time)
    pages, last = walk("/things?limit=3")
    assert pages == [ids[:3:-1], ids[3:0:-1], ids[:1]]
    back, first = walk(last["previous"], "previous")
    assert back == [ids[3:0:-1], ids[:3:-1]]
    assert first["previous"] is None
    assert last["next"] is None


def test_a_row_that_comes_in_between_neither_repeats_nor_hides_another():
    ids = make_records(4)
    page = body_of(records(path="/things?limit=2"))
    EventRecord.objects.create(type="late", stream="s", audiences=[], data={}, at=START + timedelta(hours=1))
    EventRecord.objects.filter(pk=ids[2]).delete()
    assert [row["id"] for row in body_of(records(path=page["next"]))["results"]] == [ids[1], ids[0]]


def test_sorting_by_a_column_with_ties_both_ways():
    make_records(7)
    by_version = list(EventRecord.objects.order_by("version", "id").values_list("pk", flat=True))
    assert list(chain(*walk("/things?limit=2&sort=version")[0])) == [str(pk) for pk in by_version]
    assert list(chain(*walk("/things?limit=2&sort=-version")[0])) == [str(pk) for pk in reversed(by_version)]


def test_count_is_given_on_request():
    make_records(3)
    assert "count" not in body_of(records())
    assert body_of(records(path="/things?count=true&limit=1"))["count"] == 3
    assert body_of(records(path="/things?count=true&limit=1"))["count_capped"] is False


def test_fields_trims_rows():
    make_records(1)
    assert body_of(records(path="/things?fields=type,version"))["results"] == [{"type": "t0", "version": 0}]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("colour=red", "colour"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=1e1", "limit"),
        ("limit=٣", "limit"),
        ("sort=name", "sort"),
        ("count=yes", "count"),
        ("version=1.0", "version"),
        ("placed=1", "placed"),
        ("created_after=yesterday", "created_after"),
        ("created_after=2026-01-01T00:00:00", "created_after"),
        ("fields=secret", "fields"),
        ("cursor=abc", "cursor"),
        ("cursor=" + "A" * 40, "cursor"),
        ("limit=1&limit=2", "limit"),
        ("version=1&version=1", "version"),
        ("sort=", "sort"),
        ("version=", "version"),
        ("placed=%20", "placed"),
        ("created_after=", "created_after"),
        ("fields=", "fields"),
        ("fields=type,", "fields"),
        ("cursor=", "cursor"),
    ],
)
def test_unknown_and_malformed_parameters_are_refused_by_name(query, parameter):
    response = records(path=f"/things?{query}")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert [error["pointer"] for error in body_of(response)["errors"]] == [f"/{parameter}"]


def test_a_parameter_that_is_given_twice_has_a_code_of_its_own():
    """Which of the two was meant is not for the server to guess."""
    error = {"pointer": "/limit", "code": "repeated_parameter", "detail": "Is given more than once."}
    assert body_of(records(path="/things?limit=1&limit=2"))["errors"] == [error]


def test_a_changed_cursor_and_one_of_another_sort_are_refused():
    make_records(3)
    link = body_of(records(path="/things?limit=1"))["next"]
    assert records(path=link.replace("cursor=", "cursor=B")).status_code == 400
    assert records(path=f"{link}&sort=version").status_code == 400


def test_options_tells_the_methods():
    response = ask(Count.as_view(), "options", "/count")
    assert (response.status_code, response["Allow"], response.content) == (204, "POST, OPTIONS", b"")


def test_filters_apply():
    ids = make_records(4)
    assert [row["id"] for row in body_of(records(path="/things?version=0"))["results"]] == [ids[3], ids[0]]
    assert body_of(records(path="/things?placed=true"))["results"] == []
    after = "2026-01-01T00:02:00Z"
    assert [row["id"] for row in body_of(records(path=f"/things?created_after={after}"))["results"]] == [
        ids[3]
    ]


def test_a_field_error_is_a_problem_with_a_pointer():
    response = count(data={"step": "5"})
    assert response.status_code == 400
    assert body_of(response) == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "The request is not valid: see errors.",
        "code": "invalid",
        "request_id": "test-request",
        "errors": [{"pointer": "/step", "code": "wrong_type", "detail": "Must be an integer."}],
    }


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b"\xff\xfe", 400, "malformed"),
        (b'{"step": NaN}', 400, "malformed"),
        (b'{"step": "\\u0000"}', 400, "null_character"),
        (b"[" * 100_000, 400, "malformed"),
        (b"[]", 400, "invalid"),
        (b'"text"', 400, "invalid"),
        (b'{"step": 1' + b"0" * 400 + b"}", 400, "malformed"),
        (b" " * 1_048_577, 413, "too_large"),
    ],
)
def test_a_broken_body_is_refused(raw, status, code):
    response = send_raw(Count.as_view(), raw, "application/json")
    assert (response.status_code, body_of(response)["code"]) == (status, code)


def test_a_wrong_method_and_a_wrong_media_type_are_problems():
    assert body_of(ask(Count.as_view(), "delete", "/count"))["code"] == "method_not_allowed"
    assert send_raw(Count.as_view(), b"step=1", "text/csv").status_code == 415
