"""What reads the code and the pins instead of attacking: Bandit, pip-audit, and Django's checks of a deployment."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.security.report import Check
from config.tests.live import PROJECT

CODE = ("accounts", "catalog", "orders", "payments", "social", "config", "manage.py")
REQUIREMENTS = ("requirements.txt", "requirements-observability.txt", "requirements-s3.txt")
PATIENCE = 120
ELSEWHERE = (
    "where PyPI or osv.dev can be reached: pip-audit -r requirements.txt --no-deps --disable-pip [-s osv]"
)


def checks() -> list[Check]:
    found = [bandit(), *map(audited, REQUIREMENTS), deployment()]
    from bench.security.report import as_text

    print(f"--- tools\n{as_text(found)}", flush=True)
    return found


def output_of(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=PATIENCE,
        env=os.environ | environment,
    )  # fmt: skip


def bandit() -> Check:
    """What it is told to pass over stands with its reason in pyproject.toml, or beside the line."""
    check = Check("Bandit over the code")
    done = output_of("-m", "bandit", "-q", "-r", *CODE, "-c", "pyproject.toml", "-f", "json")
    if not done.stdout.strip():
        check.tried(False, done.stderr[-300:])
        return check
    found = json.loads(done.stdout)
    check.attempts = found["metrics"]["_totals"]["loc"]
    check.note = f"lines of code; {found['metrics']['_totals']['skipped_tests']} justified beside the line"
    check.violations = [
        f"{one['filename']}:{one['line_number']} {one['test_id']} {one['issue_text']}"
        for one in found["results"]
    ]
    check.violations += [str(problem) for problem in found["errors"]]
    return check


def audited(name: str) -> Check:
    """Every pin is asked for; of those that the index (PyPI, or what pip is told to ask) says nothing about, nothing is known:
    they are no violations, but the row says NOT AUDITED, and so does the last line."""
    check = Check(f"pip-audit of {name}")
    pins = [line for line in Path(PROJECT, name).read_text().splitlines() if "==" in line]
    done = output_of(
        "-m", "pip_audit", "-r", name, "--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json"
    )
    try:
        told: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        check.note = f"NOT AUDITED: {done.stderr.strip().splitlines()[-1][:120] if done.stderr.strip() else 'no answer'}"
        return check
    skipped = [one["name"] for one in told if "skip_reason" in one]
    check.attempts = len(told) - len(skipped)
    if skipped or not told:
        check.note = f"NOT AUDITED: {len(skipped)} of {len(pins)} pins, of which the index that was asked knows no vulnerabilities"
    check.violations = [
        f"{one['name']} {one['version']}: {vuln['id']}" for one in told for vuln in one.get("vulns", ())
    ]
    return check


def deployment() -> Check:
    check = Check("manage.py check --deploy under production settings")
    done = output_of(
        "manage.py", "check", "--deploy", "--fail-level", "WARNING", DJANGO_SETTINGS_MODULE="config.settings"
    )
    check.tried(done.returncode == 0, done.stderr[-300:])
    return check
