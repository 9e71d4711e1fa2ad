import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError, connection, transaction

from config.shared.errors import Problem
from config.shared.events import log, relay
from config.shared.events.declared import Event, schema_of
from config.shared.models import EventRecord


@dataclass(frozen=True, kw_only=True)
class Ticked(Event, type="test.ticked", stream="test"):
    number: int
    name: str | None = None


def tick(number: int, *audiences: str) -> None:
    log.append(Ticked(number=number), audiences=audiences or ["all"])


def drain() -> int:
    return async_to_sync(relay.drain)()


def numbers(events) -> list[int]:
    return [event.data["number"] for event in events]


def test_an_event_type_describes_its_data():
    assert schema_of(Ticked) == {
        "type": "object",
        "required": ["number", "name"],
        "properties": {"number": {"type": "integer"}, "name": {"type": ["string", "null"]}},
    }


def test_an_event_type_is_declared_once():
    with pytest.raises(TypeError, match="declared twice"):
        type("Other", (Event,), {}, type="test.ticked", stream="test")


@pytest.mark.django_db
def test_an_event_of_a_transaction_that_rolled_back_was_never_there():
    with pytest.raises(RuntimeError), transaction.atomic():
        tick(1)
        raise RuntimeError
    assert drain() == 0


@pytest.mark.django_db
def test_committed_events_get_consecutive_places_in_order():
    for number in range(3):
        tick(number)
    start = log.head()
    assert log.between(start) == []
    assert drain() == 3
    assert [(e.position - start, e.data["number"]) for e in log.between(start)] == [(1, 0), (2, 1), (3, 2)]
    assert drain() == 0


@pytest.mark.django_db
def test_a_relay_that_is_told_to_stop_leaves_the_rest_to_the_next():
    tick(1)
    assert async_to_sync(relay.drain)(None, lambda: True) == 0
    assert drain() == 1


@pytest.mark.django_db
def test_readers_get_what_concerns_them():
    start = log.head()
    tick(1, "user:1")
    tick(2, "user:2", "seller:1")
    tick(3, "user:1", "admin")
    drain()
    for_one = log.for_audiences(["user:1", "admin"], streams=["test"], after=start, until=log.head())
    assert numbers(for_one) == [1, 3]
    assert log.for_audiences(["user:1"], streams=["orders"], after=start, until=log.head()) == []


@pytest.mark.django_db
def test_a_cursor_that_is_too_old_or_ahead_cannot_be_resumed():
    for number in range(3):
        tick(number)
    drain()
    first, last = log.between(0)[0].position, log.head()
    assert log.can_resume(first - 1, last)
    assert log.can_resume(last, last)
    assert not log.can_resume(last + 1, last)
    EventRecord.objects.filter(position=first).delete()
    assert not log.can_resume(first - 1, last)
    assert log.can_resume(first, last)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "abc", "9" * 19, "٣"])
def test_a_made_up_cursor_is_refused(text):
    with pytest.raises(Problem) as refusal:
        log.parse_cursor(text)
    assert refusal.value.code == "invalid_cursor"


@pytest.mark.django_db(transaction=True)
def test_two_relays_and_many_writers_leave_no_gap_and_no_double():
    def write(number):
        try:
            tick(number)
        finally:
            connection.close()

    def place(_):
        try:
            return len(relay.place()[1])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        writers = [threads.submit(write, number) for number in range(60)]
        placed = sum(threads.map(place, range(40)))
        [writer.result() for writer in writers]
    placed += len(relay.place()[1])
    events = log.between(0)
    assert placed == 60
    assert [event.position for event in events] == list(range(1, 61))
    assert sorted(numbers(events)) == list(range(60))


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_comes_late_gets_a_later_place():
    """The earlier insert commits last: whoever has read up to the other one must still get it."""
    slow = connection.copy()
    slow.set_autocommit(False)
    with slow.cursor() as cursor:
        cursor.execute(
            "INSERT INTO shared_eventrecord (type, version, stream, audiences, data) "
            "VALUES ('test.ticked', 1, 'test', '{all}', '{\"number\": 1}')"
        )
        tick(2)
        drain()
        assert numbers(log.between(0)) == [2]
        seen = log.head()
        slow.commit()
    slow.close()
    drain()
    assert numbers(log.between(seen)) == [1]


@pytest.mark.django_db(transaction=True)
def test_the_relay_is_woken_by_a_commit():
    with psycopg.connect(**relay.listen_parameters(), autocommit=True) as listener:
        listener.execute(f"LISTEN {relay.NOTIFY_CHANNEL}")
        tick(1)
        assert len(list(listener.notifies(timeout=5, stop_after=1))) == 1


@pytest.mark.django_db(transaction=True)
def test_a_relay_that_is_killed_with_places_given_out_leaves_them_to_the_other():
    """The other one waits for its lock, and then gives the very same places."""
    for number in range(5):
        tick(number)
    has_placed = threading.Event()

    def place_and_die():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                relay.place()
                cursor.execute("SELECT pg_backend_pid()")
                dying.append(cursor.fetchone()[0])
                has_placed.set()
                cursor.execute("SELECT pg_sleep(60)")  # until it is killed
        except OperationalError:
            return "killed"
        finally:
            connection.close()

    def place():
        try:
            return relay.place()
        finally:
            connection.close()

    dying: list[int] = []
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(place_and_die)
        assert has_placed.wait(20)
        second = threads.submit(place)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", dying)
        assert first.result(20) == "killed"
        head, rows = second.result(20)

    assert (head, [row[0] for row in rows]) == (0, [1, 2, 3, 4, 5])
    assert numbers(log.between(0)) == [0, 1, 2, 3, 4]
    assert drain() == 0
