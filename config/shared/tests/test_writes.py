"""The hand-made INSERT and UPDATE do what `save()` does, and a prepared statement is Django's in all but its planning."""

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.db.models import Model

from config.shared.models import EventRecord, IdempotencyRecord
from config.shared.postgres import prepared, writes
from config.shared.postgres.compiled import Blank, Compiled

pytestmark = pytest.mark.django_db


def columns(row: Model) -> dict:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname != "id"
    }


def event(kind: str) -> EventRecord:
    return EventRecord(
        type=kind, stream="orders", audiences=["admin", 'a"b,{c}'], data={"text": "50 % 'off' \\ é"}
    )


def answer(**more) -> IdempotencyRecord:
    return IdempotencyRecord(
        **{"caller": "user:1", "key": "k", "fingerprint": "f", "body": b"\x00%s'"} | more
    )


@pytest.mark.parametrize(
    "make", [lambda: event("a"), lambda: answer(status=201), lambda: answer(reference="7")]
)
def test_an_insert_writes_and_reads_back_what_save_would(make):
    plain, ours = make(), make()
    if isinstance(plain, IdempotencyRecord):
        plain.key = "plain"
    plain.save(force_insert=True)
    writes.insert(ours)
    stored = type(ours).objects.get(pk=ours.pk)
    own = {"key": "", "at": None, "created_at": None}
    assert columns(stored) == columns(ours)
    assert columns(stored) | own == columns(plain) | own
    assert (ours._state.adding, ours._state.db) == (False, "default")


@pytest.mark.parametrize("count", [0, 1, 3, writes.MOST + 1])
def test_several_rows_get_their_own_keys_in_their_order(count):
    rows = [event(f"kind {number}") for number in range(count)]
    with transaction.atomic():
        writes.insert(*rows)
    found = EventRecord.objects.order_by("pk").values_list("pk", "type")
    assert list(found) == [(row.pk, row.type) for row in rows]


def test_an_update_writes_the_named_columns_alone_and_needs_the_row():
    record = answer()
    writes.insert(record)
    record.status, record.body, record.reference = 200, b"{}", "not named"
    writes.update(record, "status", "body")
    assert IdempotencyRecord.objects.values_list("status", "body", "reference").get() == (200, b"{}", "")
    IdempotencyRecord.objects.all().delete()
    with pytest.raises(DatabaseError):
        writes.update(record, "status")


def test_a_constraint_is_djangos_error_and_a_broken_transaction_takes_nothing_more():
    writes.insert(answer())
    with pytest.raises(IntegrityError), transaction.atomic():
        writes.insert(answer())
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            prepared.rows("SELECT 1")
        transaction.set_rollback(False)


def test_numbers_of_any_size_are_one_statement(django_assert_num_queries):
    sizes = [1, 70_000, 2**40]
    with django_assert_num_queries(len(sizes)):
        found = [prepared.rows("SELECT %s::bigint AS any_size", [size]) for size in sizes]
    assert found == [[(size,)] for size in sizes]
    kept = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%any_size%' AND NOT statement LIKE '%pg_prep%'"
    with connection.cursor() as cursor:
        cursor.execute(kept)
        assert cursor.fetchone() == (1,)


def test_what_is_the_same_each_time_is_part_of_the_text():
    written = Compiled(
        lambda: EventRecord.objects.filter(stream="50 %s", type__contains="%", version=Blank("version"))
    )
    _, sql, names = written.compiled
    assert (sql.count("%s") - sql.count("%%s"), names) == (1, ("version",))
    EventRecord.objects.create(type="100 %", version=3, stream="50 %s", audiences=[], data={})
    assert [row.type for row in written.rows(version=3)] == ["100 %"]


# psycopg forgets its plans where it sees an ALTER go by; this one looks as another process's does.
WIDEN = "DO 'BEGIN ALTER TABLE changing ALTER COLUMN code TYPE varchar({}); END'"


@pytest.mark.django_db(transaction=True)
def test_after_a_migration_has_changed_a_table_only_the_transaction_under_way_fails():
    question = "SELECT code FROM changing"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE changing (code varchar(9))")
        try:
            assert prepared.rows(question) == []
            cursor.execute(WIDEN.format(20))
            assert prepared.rows(question) == []
            cursor.execute(WIDEN.format(30))
            with pytest.raises(OperationalError), transaction.atomic():
                prepared.rows(question)
            with transaction.atomic():
                assert prepared.rows(question) == []
        finally:
            cursor.execute("DROP TABLE changing")
