"""What every command of the operator has: help, JSON, a rehearsal that changes nothing, exit codes; and replays."""

import io
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import OperationalError, ProgrammingError
from django.utils import timezone
from redis.exceptions import RedisError

from accounts.models import SecurityEvent, User
from accounts.services.trail import record
from accounts.tests.factories import SellerFactory, UserFactory
from catalog.models import Product, SearchEntry
from catalog.tests.factories import VariantFactory
from config.shared.commands import OperatorCommand
from config.shared.models import EventRecord, IdempotencyRecord, LogReader, WebhookDelivery, WebhookEndpoint
from config.shared.registry import VERIFIERS
from config.tests.access.snapshot import snapshot
from orders.models import Order
from payments.models import Payment
from payments.tests.factories import PaymentFactory, order_for

pytestmark = pytest.mark.django_db
# Command → whether it writes; and arguments by which it can be tried here, None where that would take a machine.
COMMANDS = {
    "up": (True, None),
    "demo": (True, []),
    "verify": (False, ["stock", "orders", "payments", "search", "cache"]),
    "doctor": (False, None),
    "reconcile_payments": (True, []),
    "release_holds": (True, []),
    "import_products": (True, ["{file}", "--seller", "{shop}"]),
    "export_products": (False, ["--seller", "{shop}", "--output", "{output}"]),
    "warm_cache": (True, []),
    "reindex_search": (True, []),
    "replay_events": (True, ["--webhook", "{webhook}", "--after", "0"]),
    "prune": (True, []),
    "create_admin": (True, ["boss@example.com", "--password", "correct-horse-9"]),
    "create_roles": (True, []),
    "check_attributes": (False, []),
    "generate_catalog": (True, ["--products", "3"]),
}
# What a rehearsal may leave behind: an import's own report, and the frames of its progress.
OWN_TRACE = {"import_products": {"catalog_productimport", "shared_eventrecord"}}
OURS = {"accounts", "catalog", "config", "orders", "payments", "social", "config.shared"}
# Those that run until they are stopped, and tell by their log; and what writes a document of the project anew.
OTHERS = {"worker", "runserver", "write_reference"}


def command(name):
    return load_command_class(get_commands()[name], name)


def test_the_table_names_every_command():
    assert {name for name, app in get_commands().items() if app in OURS} == set(COMMANDS) | OTHERS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_and_has_what_it_must(name):
    writes, _ = COMMANDS[name]
    one = command(name)
    assert isinstance(one, OperatorCommand)
    parser = one.create_parser("manage.py", name)
    options = {option: action for action in parser._actions for option in action.option_strings}
    assert "--json" in options
    assert ("--dry-run" in options) == writes == one.writes
    ours = [action for action in parser._actions if action.dest not in DJANGOS]
    assert all(action.help for action in ours), [action.dest for action in ours if not action.help]
    assert len(one.help) > 60
    assert "Exit code" in parser.format_help()


DJANGOS = {
    "help",
    "version",
    "verbosity",
    "settings",
    "pythonpath",
    "traceback",
    "no_color",
    "force_color",
    "skip_checks",
}


@pytest.fixture
def given(tmp_path, db):
    shop = SellerFactory()
    file = tmp_path / "goods.csv"
    file.write_text("handle,title,sku,price,currency,stock\nlamp,Lamp,L-1,9.50,USD,4\n")
    webhook = WebhookEndpoint.objects.create(owner="admin", url="https://example.com/hook")
    order = order_for(UserFactory())
    Order.objects.update(hold_expires_at=timezone.now() - timedelta(hours=1))
    EventRecord.objects.update(position=None)
    for position, event in enumerate(EventRecord.objects.order_by("pk"), 1):
        EventRecord.objects.filter(pk=event.pk).update(position=position)
    IdempotencyRecord.objects.create(caller="user:1", key="old", fingerprint="x")
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(days=9))
    names = {
        "shop": shop.slug,
        "file": str(file),
        "output": str(tmp_path / "out.csv"),
        "webhook": str(webhook.pk),
    }
    return names | {"order": order}


def state():
    """Table → its rows, of all; the snapshot leaves out the audit trail."""
    return snapshot() | {"trail": SecurityEvent.objects.count()}


@pytest.mark.parametrize(
    "name", [name for name, (writes, arguments) in COMMANDS.items() if writes and arguments is not None]
)
def test_a_rehearsal_changes_nothing_and_tells_one_json_document(name, given, capsys):
    arguments = [text.format(**given) for text in COMMANDS[name][1]]
    SearchEntry.objects.update(words=["nonsense"])
    before = state()
    call_command(name, *arguments, "--dry-run", "--json", *(["--force"] if name == "demo" else []))
    outcome = json.loads(capsys.readouterr().out)
    assert outcome
    now = state()
    assert {table for table in now if now[table] != before[table]} == OWN_TRACE.get(name, set())


@pytest.mark.parametrize(
    "write",
    [
        lambda: SearchEntry.objects.update(words=["lamp"]),
        lambda: Group.objects.create(name="support"),
        lambda: Payment.objects.update(status="cancelled"),
        lambda: User.objects.update(name="Somebody"),
        lambda: record("role_changed", user=User.objects.first()),
    ],
)
def test_a_rehearsal_that_wrote_anything_would_be_seen(given, write):
    PaymentFactory(order=given["order"])
    before = state()
    write()
    assert state() != before


@pytest.mark.parametrize(
    "name", ["release_holds", "prune", "import_products", "export_products", "create_roles", "verify"]
)
def test_what_was_done_is_told_as_one_json_document(name, given, capsys):
    call_command(name, *[text.format(**given) for text in COMMANDS[name][1]], "--json")
    outcome = json.loads(capsys.readouterr().out)
    if name == "release_holds":
        assert outcome == {"expired": 1}
    if name == "prune":
        assert outcome["removed"]["idempotency"] == 1
    if name == "import_products":
        assert (outcome["created"], outcome["failed"], Product.objects.filter(title="Lamp").count()) == (
            1,
            0,
            1,
        )
    if name == "verify":
        assert not any(outcome.values())


def test_refusals_have_exit_codes(given, capsys):
    for name, arguments in {
        "prune": ["weather"], "verify": ["weather"], "import_products": ["no.csv", "--seller", given["shop"]],
        "export_products": ["--seller", "nobody"], "replay_events": ["--webhook", "0", "--after", "0"],
        "create_admin": ["nobody", "--password", "correct-horse-9"],
    }.items():  # fmt: skip
        with pytest.raises(CommandError):
            call_command(name, *arguments)
    broken = given["file"].replace("goods", "broken")
    with open(broken, "w") as file:
        file.write("handle,title,sku,price,currency\nlamp,Lamp,L-1,abc,USD\n")
    with pytest.raises(SystemExit) as ended:
        call_command("import_products", broken, "--seller", given["shop"], stderr=io.StringIO())
    assert ended.value.code == 1


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (ProgrammingError('relation "catalog_product" does not exist'), "run `manage.py migrate` first"),
        (OperationalError("connection refused\nIs the server running?"), "PostgreSQL: connection refused"),
        (RedisError("Error 111"), "Redis: Error 111"),
    ],
)
def test_what_an_operator_can_mend_is_a_sentence_and_a_json_document(problem, told, monkeypatch, capsys):
    def broken():
        raise problem

    monkeypatch.setitem(VERIFIERS, "stock", broken)
    monkeypatch.setattr("config.shared.commands.waiting_migrations", lambda: 3)
    with pytest.raises(CommandError) as refused:
        call_command("verify", "stock", "--json")
    assert told in str(refused.value)
    assert json.loads(capsys.readouterr().out) == {"error": str(refused.value)}


def test_a_statement_that_is_wrong_on_tables_that_are_right_is_no_refusal(monkeypatch):
    def broken():
        raise ProgrammingError("syntax error")

    monkeypatch.setitem(VERIFIERS, "stock", broken)
    with pytest.raises(ProgrammingError, match="syntax error"):
        call_command("verify", "stock")


def test_verify_finds_a_search_entry_that_is_stale(capsys):
    product = VariantFactory().product
    entry = product.search_entry
    entry.words = ["nonsense"]
    entry.save(update_fields=["words"])
    with pytest.raises(SystemExit):
        call_command("verify", "search", "--json")
    (found,) = json.loads(capsys.readouterr().out)["search"]
    assert (found["kind"], found["id"]) == ("search_entry_stale", str(product.pk))
    entry.refresh_from_db()
    assert entry.words == ["nonsense"]


# --- Replays -------------------------------------------------------------------------------------------------


def logged(*types):
    LogReader.objects.all().delete()
    EventRecord.objects.bulk_create(
        EventRecord(type=kind, stream="orders", audiences=["admin", "seller:5"], data={}, position=position)
        for position, kind in enumerate(types, 1)
    )


def test_events_are_delivered_again_with_the_same_id_and_missing_ones_for_the_first_time(capsys):
    logged("order.placed", "order.paid", "order.placed")
    endpoint = WebhookEndpoint.objects.create(owner="admin", url="https://example.com/hook")
    first = WebhookDelivery.objects.create(
        endpoint=endpoint, position=1, type="order.placed", body="{}", status="delivered", attempts=2,
        delivered_at=timezone.now(), expires_at=timezone.now(),
    )  # fmt: skip
    for _ in range(2):
        call_command(
            "replay_events", "--webhook", str(endpoint.pk), "--after", "0", "--type", "order.placed", "--json"
        )
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["delivering"] == 2
    rows = WebhookDelivery.objects.order_by("position").values_list("position", "status", "attempts")
    assert list(rows) == [(1, "pending", 0), (3, "pending", 0)]
    first.refresh_from_db()
    assert first.message_id == f"msg_{first.pk}"


def test_a_replay_keeps_to_its_span_and_to_what_the_owner_may_know():
    logged("order.placed", "order.paid", "order.paid")
    shop = WebhookEndpoint.objects.create(owner="seller:5", url="https://example.com/hook")
    other = WebhookEndpoint.objects.create(owner="seller:6", url="https://example.com/hook")
    for endpoint in (shop, other):
        call_command(
            "replay_events",
            "--webhook",
            str(endpoint.pk),
            "--after",
            "1",
            "--until",
            "2",
            stdout=io.StringIO(),
        )
    assert list(WebhookDelivery.objects.values_list("endpoint", "position")) == [(shop.pk, 2)]
    call_command(
        "replay_events", "--webhook", str(shop.pk), "--since", "2999-01-01T00:00Z", stdout=io.StringIO()
    )
    shop.disabled_at, shop.disabled_reason = timezone.now(), "owner"
    shop.save()
    with pytest.raises(CommandError, match="not active"):
        call_command("replay_events", "--webhook", str(shop.pk), "--after", "0")
    assert WebhookDelivery.objects.count() == 1
