"""Writes that are put off: none is lost, none comes too late, none survives what it belongs to, each fails as it should."""

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

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


def hooks_after(call):
    """What follows a refusal must be neither the refused transaction's hooks nor its writes."""
    ran = []
    with pytest.raises(Busy), transaction.atomic():
        transaction.on_commit(lambda: ran.append("refused"))
        call()
    with transaction.atomic():
        transaction.on_commit(lambda: ran.append("next"))
        writes.insert_later(event("next"))
    return ran


@pytest.mark.django_db(transaction=True)
def test_the_hooks_of_what_was_refused_do_not_run_with_the_next_commit():
    writes.insert(answer())

    def refused():
        writes.insert_later(event("refused"))
        writes.insert_later(answer(), refused=lambda error: Busy())

    assert (hooks_after(refused), kinds()) == (["next"], ["next"])


@pytest.mark.django_db(transaction=True)
def test_what_is_refused_when_a_savepoint_is_released_takes_back_the_savepoint_alone():
    writes.insert(answer())
    ran = []
    with transaction.atomic():
        writes.insert_later(event("kept"))
        with pytest.raises(Busy), transaction.atomic():
            transaction.on_commit(lambda: ran.append("refused"))
            writes.insert_later(event("given up"))
            writes.insert_later(answer(), refused=lambda error: Busy())
        writes.insert_later(event("goes on"))
    assert (kinds(), ran) == (["kept", "goes on"], [])


@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_gone_stops_the_commit():
    gone = event("gone")
    writes.insert(gone)
    EventRecord.objects.filter(pk=gone.pk).delete()
    with pytest.raises(DatabaseError, match="did not affect"), transaction.atomic():
        writes.insert_later(event("with it"))
        gone.version = 2
        writes.update_later(gone, "version")
    assert (kinds(), connection.get_autocommit()) == ([], True)


def terminate():
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    other.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ask", [lambda: None, lambda: prepared.rows("SELECT 1"), kinds])
def test_a_connection_that_is_killed_before_the_commit_fails_it_and_runs_no_hook(ask):
    ran = []
    with pytest.raises(OperationalError), transaction.atomic():
        writes.insert(event("lost"))
        writes.insert_later(event("lost, too"))
        transaction.on_commit(lambda: ran.append("lost"))
        terminate()
        ask()
    connection.close_if_unusable_or_obsolete()
    with transaction.atomic():
        writes.insert_later(event("next"))
    assert (kinds(), ran) == (["next"], [])


@pytest.mark.django_db(transaction=True)
def test_a_constraint_that_is_checked_at_the_commit_and_a_timeout_of_a_write_that_was_put_off():
    with pytest.raises(IntegrityError), transaction.atomic():
        writes.insert_later(event("before"))
        prepared.later("INSERT INTO social_follow (user_id, seller_id, created_at) VALUES (-1, -1, now())")
    with pytest.raises(OperationalError, match="statement timeout"), transaction.atomic():
        writes.insert_later(event("before"))
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 20")
        prepared.later("SELECT pg_sleep(5)")
        prepared.later("INSERT INTO shared_eventrecord (type) VALUES (NULL)")
    assert kinds() == [] and prepared.rows("SHOW statement_timeout") != [("20ms",)]


@pytest.mark.django_db(transaction=True)
def test_a_cursor_of_the_server_and_a_copy_read_what_was_put_off_and_others_go_on_between():
    with transaction.atomic():
        for number in range(5):
            writes.insert_later(event(str(number)))
        read = EventRecord.objects.order_by("pk").values_list("type", flat=True).iterator(chunk_size=2)
        assert next(read) == "0"
        writes.insert_later(event("younger"))
        assert prepared.rows("SELECT 7") == [(7,)]
        assert list(read) == ["1", "2", "3", "4"]
        writes.insert_later(event("youngest"))
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY (SELECT type FROM shared_eventrecord) TO STDOUT") as copy,
        ):
            assert list(copy.rows())[-2:] == [("younger",), ("youngest",)]
    assert kinds()[-2:] == ["younger", "youngest"]


@pytest.mark.django_db(transaction=True)
def test_a_plan_that_a_migration_made_stale_is_made_anew_or_asked_again():
    """Outside a transaction at once, within one by whoever began it; what it means then is told as ever."""
    ask, many = "SELECT * FROM stale WHERE id = %s", "SELECT %s::int AS number -- "
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE stale (id int PRIMARY KEY)")
    try:
        assert prepared.rows(ask, [1]) == []
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE stale ADD COLUMN more int DEFAULT 2")
        with pytest.raises(OperationalError, match="out of date"), transaction.atomic():
            writes.insert_later(event("lost"))
            prepared.rows(ask, [1])
        assert prepared.rows(ask, [1]) == []
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE stale DROP COLUMN more")
        assert (prepared.rows(ask, [1]), kinds()) == ([], [])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE stale")
    with transaction.atomic():  # more plans than a connection keeps, and a write waiting meanwhile
        writes.insert_later(event("kept"))
        found = [prepared.rows(f"{many}{number}", [number]) for number in range(160)]
    assert (found, kinds()) == ([[(number,)] for number in range(160)], ["kept"])
