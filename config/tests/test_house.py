"""The house keeps its own rules: imports point one way, no model change without its migration."""

import re

import pytest
from django.conf import settings
from django.core.management import call_command
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports


def test_imports_point_one_way_and_domain_code_knows_no_transport():
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


@pytest.mark.django_db
def test_no_model_change_lacks_its_migration():
    call_command("makemigrations", check=True, dry_run=True)


def test_the_openapi_document_is_valid_and_without_warnings(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yaml"))


def test_every_setting_that_is_read_is_explained():
    readers = r"\b(?:text|flag|integer|port|one_of|address|ratio|duration|several|networks|required|secret)\(\s*\"([A-Z_]+)\""
    read = set(re.findall(readers, (settings.BASE_DIR / "config" / "settings.py").read_text()))
    explained = set(
        re.findall(r"^#([A-Z_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.MULTILINE)
    )
    assert read - explained == set()
