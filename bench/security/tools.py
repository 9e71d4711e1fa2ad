"""What reads the code and the pins instead of attacking: Bandit, pip-audit, and Django's checks of a deployment."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.security.report import Check, as_text
from config.tests.live import PROJECT

CODE = ("accounts", "catalog", "orders", "payments", "social", "config", "manage.py")
REQUIREMENTS = ("requirements.txt", "requirements-observability.txt", "requirements-s3.txt")
PATIENCE = 120
ELSEWHERE = (
    "where PyPI or osv.dev can be reached: pip-audit -r requirements.txt --no-deps --disable-pip [-s osv]"
)


def checks() -> list[Check]:
    found = [bandit(), *map(audited, REQUIREMENTS), patched(), deployment()]
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
    pins = pins_of(name)
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


def pins_of(name: str) -> list[str]:
    return [line for line in Path(PROJECT, name).read_text().splitlines() if "==" in line]


def patched() -> Check:
    """Each pin against the newest patch release of its series, where mends of what is vulnerable go: any index can say
    that. Who is behind is named and not counted, for most patches mend something else."""
    check = Check("pins against the newest patch release of each")
    pins = dict(pin.split("==") for name in REQUIREMENTS for pin in pins_of(name))
    wanted = [f"{name}~={version}" for name, version in pins.items()]
    done = output_of(
        "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed", "--no-deps", "--report", "-", *wanted
    )
    if done.returncode:
        check.note = f"NOT COMPARED: {done.stderr.strip()[-120:]}"
        return check
    newest = {
        canonical(one["metadata"]["name"]): one["metadata"]["version"]
        for one in json.loads(done.stdout)["install"]
    }
    check.attempts = len(newest)
    behind = [
        f"{name} {version} ({found})"
        for name, version in pins.items()
        if (found := newest.get(canonical(name))) != version
    ]
    check.note = f"behind: {', '.join(behind) or 'none'}"
    return check


def canonical(name: str) -> str:
    return name.partition("[")[0].lower().replace("_", "-")


def deployment() -> Check:
    check = Check("manage.py check --deploy under production settings")
    done = output_of(
        "manage.py", "check", "--deploy", "--fail-level", "WARNING", DJANGO_SETTINGS_MODULE="config.settings"
    )
    check.tried(done.returncode == 0, done.stderr[-300:])
    return check
