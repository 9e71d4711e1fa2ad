"""Writes that are put off: none is lost, none comes too late, none survives what it belongs to, each fails as it should."""

import pytest
from django.db import IntegrityError, connection, transaction

from config.shared.errors import Busy
from config.shared.models import EventRecord, IdempotencyRecord
from config.shared.postgres import prepared, writes


def event(kind: str) -> EventRecord:
    return EventRecord(type=kind, stream="orders", audiences=[], data={})


def answer() -> IdempotencyRecord:
    return IdempotencyRecord(caller="user:1", key="k", fingerprint="f")


def kinds() -> list[str]:
    return list(EventRecord.objects.order_by("pk").values_list("type", flat=True))


@pytest.mark.django_db
def test_they_come_before_what_is_asked_next_in_the_order_in_which_they_were_given():
    with transaction.atomic():
        first, second = event("a"), event("b")
        writes.insert_later(first)
        writes.insert_later(second)
        assert (first.pk, len(connection.waiting)) == (None, 2)
        third = event("c")
        writes.insert(third)
        assert first.pk < second.pk < third.pk and connection.waiting == []
        writes.insert_later(event("d"))
        assert kinds() == ["a", "b", "c", "d"]
        third.version = 7
        writes.update_later(third, "version")
    third.refresh_from_db()
    assert third.version == 7


@pytest.mark.django_db
def test_a_savepoint_takes_back_its_own_alone():
    with transaction.atomic():
        writes.insert_later(event("kept"))
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            writes.insert_later(event("given up"))
            raise ZeroDivisionError
        with transaction.atomic():
            writes.insert_later(event("released"))
    assert kinds() == ["kept", "released"]


@pytest.mark.django_db(transaction=True)
def test_they_come_with_the_commit_and_go_with_the_rollback():
    with transaction.atomic():
        writes.insert_later(event("kept"))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        writes.insert_later(event("given up"))
        raise ZeroDivisionError
    writes.insert_later(event("at once"))
    assert (connection.waiting, kinds()) == ([], ["kept", "at once"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ask", [lambda: None, lambda: prepared.rows("SELECT 1"), kinds])
def test_one_that_is_refused_says_what_it_means_and_ends_the_transaction(ask):
    """With the commit, another statement, and one of Django's own cursors."""
    writes.insert(answer())
    for refused, meant in (lambda error: Busy(), Busy), (prepared.nothing, IntegrityError):
        with pytest.raises(meant), transaction.atomic():
            writes.insert_later(event("before"))
            writes.insert_later(answer(), refused=refused)
            writes.insert_later(event("after"))
            ask()
        assert (kinds(), connection.get_autocommit(), connection.waiting) == ([], True, [])


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_the_server_makes_a_rollback_is_no_success():
    with pytest.raises(Exception, match="rolled back"), transaction.atomic():
        writes.insert(event("lost"))
        with pytest.raises(IntegrityError):
            prepared.rows("INSERT INTO shared_eventrecord (type) VALUES (NULL)")
    assert (kinds(), connection.get_autocommit()) == ([], True)


@pytest.mark.django_db(transaction=True)
def test_more_than_the_socket_holds_and_a_connection_that_went_away():
    large = "x" * 300_000
    with transaction.atomic():
        for _ in range(20):
            prepared.later("SELECT %s::text", [large])
        assert prepared.rows("SELECT %s::text", [large]) == [(large,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (server,) = cursor.fetchone()
    other = connection.copy()
    other.cursor().execute("SELECT pg_terminate_backend(%s, 5000)", [server])
    other.close()
    with pytest.raises(Exception, match=r"terminat|closed|lost"):
        prepared.rows("SELECT 1")
    connection.close_if_unusable_or_obsolete()
    assert prepared.rows("SELECT 1") == [(1,)]
