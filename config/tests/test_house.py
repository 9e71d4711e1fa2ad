"""The house keeps its own rules: imports point one way, no model change without its migration."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management import call_command
from django.db import models
from django.db.migrations import operations
from django.db.migrations.state import ModelState, ProjectState
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from config.migration_safety import of, problems


def test_imports_point_one_way_and_domain_code_knows_no_transport():
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


@pytest.mark.django_db
def test_no_model_change_lacks_its_migration():
    call_command("makemigrations", check=True, dry_run=True)


def test_the_openapi_document_is_valid_and_without_warnings(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yaml"))


def test_every_setting_that_is_read_is_explained():
    readers = r"\b(?:text|flag|integer|port|one_of|address|ratio|duration|several|networks|required|secret)\(\s*\"([A-Z_]+)\""
    pages = (settings.BASE_DIR / "config" / "settings").glob("*.py")
    read = set(re.findall(readers, "".join(page.read_text() for page in pages)))
    assert len(read) > 70
    explained = set(
        re.findall(r"^#([A-Z_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.MULTILINE)
    )
    assert read - explained == set()


# --- Upgrades and deployment ---------------------------------------------------------------------------------


def test_every_migration_can_run_while_the_release_before_it_serves():
    assert list(problems()) == []


TEXT, NULL = models.CharField(max_length=9), models.CharField(max_length=9, null=True)
INDEX = models.Index(fields=["a"], name="x")


@pytest.mark.parametrize(
    ("operation", "count"),
    [
        (operations.AddField("shop", "b", TEXT), 1),
        (operations.AddField("shop", "b", NULL), 0),
        (operations.AddField("shop", "b", models.IntegerField(default=1)), 1),
        (operations.AddField("shop", "b", models.IntegerField(default=1, db_default=1)), 0),
        (operations.RemoveField("shop", "a"), 1),
        (operations.RenameField("shop", "a", "b"), 1),
        (operations.DeleteModel("shop"), 1),
        (operations.AlterField("shop", "a", TEXT), 1),
        (operations.AlterField("shop", "a", models.IntegerField(null=True)), 1),
        (operations.AlterField("shop", "a", models.CharField(max_length=99, null=True)), 0),
        (operations.AddIndex("shop", INDEX), 1),
        (AddIndexConcurrently("shop", INDEX), 0),
        (operations.RunSQL("CREATE INDEX x ON shop (a)"), 1),
        (operations.RunSQL("CREATE INDEX CONCURRENTLY x ON shop (a)"), 0),
        (operations.RunSQL("ALTER TABLE shop ALTER COLUMN a SET NOT NULL; DROP TABLE old"), 2),
        (operations.CreateModel("other", [("id", models.BigAutoField(primary_key=True))]), 0),
    ],
)
def test_what_would_hurt_an_open_shop_is_found(operation, count):
    state = ProjectState()
    state.add_model(
        ModelState("accounts", "Shop", [("id", models.BigAutoField(primary_key=True)), ("a", NULL)])
    )
    assert len(list(of(operation, "accounts", state, set()))) == count
    assert not list(of(operation, "accounts", state, {"shop"})) or isinstance(operation, operations.RunSQL)


def test_a_production_deployment_passes_djangos_checks():
    given = {
        "DB_HOST": "db.example.com", "DB_PASS": "x", "REDIS_URL": "redis://cache.example.com:6379/0",
        "SECRET_KEY": "k" * 60 + "0123456789", "JWT_SECRET": "j" * 60, "ALLOWED_HOSTS": "shop.example.com",
        "PUBLIC_URL": "https://shop.example.com", "STRIPE_SECRET_KEY": "sk_live_x", "STRIPE_WEBHOOK_SECRET": "whsec_x",
        "EMAIL_URL": "smtp://mail.example.com", "SOUK_ENV_FILE": os.devnull,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR, env={"PATH": os.environ["PATH"]} | given, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "System check identified no issues (1 silenced)."), (
        done.stderr
    )
