"""The embedded services with real processes in folders of their own, killed the hard way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config import embedded
from config.embedded import keeper, locks, places, postgres, service, start, stripe, valkey
from config.embedded.processes import Processes, entries

DEADLINE = 20.0  # seconds
USER = "from config import embedded; embedded.ensure(); print('ready', flush=True); input()"
SERVICES = ("postgres", "stripe", "valkey")
GIVEN_BY_A_PERSON = (
    "DB_HOST",
    "DB_PORT",
    "DB_USER",
    "DB_PASS",
    "DB_NAME",
    "REDIS_URL",
    "STRIPE_SECRET_KEY",
    "DEBUG",
)


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in GIVEN_BY_A_PERSON:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def shared_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: creating a database cluster is the slow part."""
    return tmp_path_factory.mktemp("souk")


@pytest.fixture
def data(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SOUK_DATA_DIR", str(shared_data))
    yield shared_data
    until(all_stopped)


@pytest.fixture
def user() -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a process that uses the services until the test ends."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", USER],
            cwd=places.PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < deadline, f"{holds} never held"
        time.sleep(0.02)


def ready(process: subprocess.Popen[str]) -> bool:
    return bool(process.stdout and process.stdout.readline() == "ready\n")


def all_answer() -> bool:
    return postgres.answers("souk", "postgres", postgres.PORT) and valkey.answers() and stripe.answers()


def all_stopped() -> bool:
    """The locks are what the kernel knows, whatever a file says."""
    return not any(locks.is_held(places.lock(name)) for name in SERVICES) and not keeper_runs()


def keeper_runs() -> bool:
    return locks.is_held(locks.keeper_path(places.data_dir()))


def number(name: str) -> int:
    return int(places.lock(name).read_text() or 0)


def kill_keeper() -> None:
    os.kill(int((places.data_dir() / "keeper.pid").read_text()), signal.SIGKILL)
    until(lambda: not keeper_runs())


def test_four_at_once_share_one_of_everything(data, user):
    assert all(ready(process) for process in [user() for _ in range(4)])
    assert all_answer()
    assert places.log("postgres").read_text().count("starting PostgreSQL") == 1
    assert places.log("valkey").read_text().count("Ready to accept connections") == 1


def test_it_lives_until_the_last_user_is_killed(data, user):
    first, second = user(), user()
    assert ready(first)
    assert ready(second)
    first.kill()
    first.wait()
    time.sleep(keeper.LINGER + 5 * keeper.TICK)
    assert all_answer()
    second.kill()
    until(all_stopped)


@pytest.mark.parametrize("name", SERVICES)
def test_a_killed_service_comes_back(data, user, name):
    assert ready(user())
    before, address = number(name), embedded.stripe_url()
    os.kill(before, signal.SIGKILL)
    until(lambda: number(name) != before and all_answer())
    assert embedded.stripe_url() == address


def test_a_new_keeper_takes_over_from_a_killed_one(data, user):
    assert ready(user())
    before = [number(name) for name in SERVICES]
    kill_keeper()
    assert all_answer()
    assert ready(user())
    assert keeper_runs()
    assert [number(name) for name in SERVICES] == before


def test_everything_killed_at_once_begins_anew(data, user):
    first = user()
    assert ready(first)
    kill_keeper()
    for name in SERVICES:
        os.kill(number(name), signal.SIGKILL)
    assert ready(user())
    assert all_answer()


def test_a_process_number_left_by_a_crash_does_not_stop_postgres(data, user):
    record = data / "postgres" / "postmaster.pid"
    record.write_text(f"{os.getpid()}\n{data / 'postgres'}\n1\n5432\n{places.run_dir()}\n\n\n")
    os.chown(record, *[(data / "postgres").stat().st_uid] * 2)
    assert ready(user())


def test_a_folder_with_a_long_and_odd_name(tmp_path, monkeypatch, user):
    monkeypatch.setenv("SOUK_DATA_DIR", str(tmp_path / "Señor, a folder" / ("long" * 40)))
    monkeypatch.setenv("DB_PORT", "5599")
    run = places.run_dir()
    assert not run.exists()  # asking for it made nothing
    last = user()
    assert ready(last)
    assert len(str(run)) < 60
    assert (run / ".s.PGSQL.5599").exists()
    assert valkey.answers()
    last.kill()
    until(lambda: not run.exists())


def test_a_start_that_fails_ends_with_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("SOUK_DATA_DIR", str(tmp_path))
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("9\n")
    failed = subprocess.run(
        [sys.executable, "-c", USER], cwd=places.PROJECT, capture_output=True, text=True, check=False
    )
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"{tmp_path}/postgres was made by PostgreSQL 9 and ")
    assert "Traceback" not in failed.stderr
    until(all_stopped)


def test_missing_wheels_are_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(embedded.NotStarted, match=r"DB_HOST.*make setup"):
        start.installed({"postgres"})
    with pytest.raises(embedded.NotStarted, match=r"REDIS_URL.*make setup"):
        start.installed({"valkey"})


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        ({}, {"postgres", "valkey", "stripe"}),
        ({"DB_HOST": "db", "REDIS_URL": "redis://r"}, set()),
        ({"DB_HOST": "db", "REDIS_URL": "redis://r", "DEBUG": "true"}, {"stripe"}),
        ({"DB_HOST": "  ", "STRIPE_SECRET_KEY": "sk_test_1"}, {"postgres", "valkey"}),
    ],
)
def test_only_what_has_no_address_is_started(monkeypatch, given, needed):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert start.needed() == needed


def test_a_secret_is_made_once_whoever_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("SOUK_DATA_DIR", str(tmp_path))
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(lambda _: embedded.local_secret("RACED"), range(64)))
    assert len(secrets) == 1
    assert len(secrets.pop()) >= 32
    assert (tmp_path / "secrets" / "RACED").stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path / "secrets") == ["RACED"]


def test_a_log_stays_within_its_bound(tmp_path, monkeypatch):
    monkeypatch.setenv("SOUK_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(service, "LOG_LIMIT", 10)
    log = places.folder("logs") / "valkey.log"
    with log.open("ab") as writer:
        writer.write(b"eleven bytes")
        writer.flush()
        valkey.Valkey()._bound_log()
        writer.write(b"more")
    assert log.read_bytes() == b"more"
    assert log.with_suffix(".log.1").read_bytes() == b"eleven bytes"


def test_one_process_of_the_procfile_takes_all_with_it(tmp_path, capfd):
    """Its orphans too: a server's worker outlives a main process that is killed, and keeps the port."""
    orphan = f"sleep 60 & echo $! > {tmp_path}/orphan; kill -9 $$"
    runner = Processes({"web": orphan, "ws": "exec sleep 60"}, dict(os.environ), tmp_path)
    assert runner.run() == 1
    assert "web ended (SIGKILL), so everything was stopped." in capfd.readouterr().err
    for left in (int((tmp_path / "orphan").read_text()), runner.running["ws"].pid):
        until(lambda left=left: not runs(left))


def test_the_processes_of_a_killed_runner_are_stopped(tmp_path):
    code = "import os, pathlib; from config.embedded.processes import Processes as P\n"
    code += (
        f"P({{'web': 'echo $$ > {tmp_path}/web; exec sleep 60'}}, dict(os.environ), pathlib.Path('/')).run()"
    )
    runner = subprocess.Popen([sys.executable, "-c", code], cwd=places.PROJECT)
    until(lambda: (tmp_path / "web").exists() and (tmp_path / "web").read_text())
    runner.kill()
    runner.wait()
    until(lambda: not runs(int((tmp_path / "web").read_text())))


def test_a_full_pipe_does_not_stop_the_processes(tmp_path):
    """Whoever starts Souk and reads nothing of what it says still gets a shop that works."""
    code = "import os, pathlib; from config.embedded.processes import Processes as P\n"
    code += f"P({{'web': 'seq 50000; touch {tmp_path}/done'}}, dict(os.environ), pathlib.Path('/')).run()"
    runner = subprocess.Popen([sys.executable, "-c", code], cwd=places.PROJECT, stdout=subprocess.PIPE)
    until((tmp_path / "done").exists)
    runner.kill()
    runner.communicate()


def runs(process: int) -> bool:
    """Whether it exists and is not a zombie that nobody has collected."""
    status = Path(f"/proc/{process}/status")
    if status.exists():
        return "State:\tZ" not in status.read_text()
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return not Path("/proc/self").exists()


def test_the_procfile_names_what_make_run_promises():
    assert list(entries(places.PROJECT / "Procfile")) == ["web", "ws", "worker"]
