"""Sets Souk up and runs the targets of `make`: `python3 config/bootstrap.py TARGET [ARGUMENT ...]`.

Needs only Python, and parses on Python 3.6 and later, so that users of a version that is too old get a clear message.
"""

import contextlib
import glob
import hashlib
import os
import shlex
import shutil
import subprocess
import sys

try:
    import fcntl
except ImportError:
    sys.exit("Souk's tools run on Linux and macOS: on Windows use WSL.")

OLDEST = (3, 11)
CANDIDATES = ("python3.13", "python3.12", "python3.11", "python3")
PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(PROJECT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "souk-setup")
REQUIREMENTS = ("requirements-dev.txt", "requirements.txt", "requirements-observability.txt")
# A suitable Python prints its version, and whether it can make virtual environments.
ASK = (
    "import sys, importlib.util as u; "
    "print(sys.version_info >= {!r}, None not in map(u.find_spec, ('venv', 'ensurepip')))"
).format(OLDEST)

MANAGE = ("{python}", "manage.py")
WORKERS = str(max(2, min(4, os.cpu_count() or 2)))
PYTEST = ("{python}", "-m", "pytest", "-n", WORKERS, "--dist", "worksteal")
LINT = (
    ("{python}", "-m", "ruff", "check", "."),
    ("{python}", "-m", "ruff", "format", "--check", "."),
    (*MANAGE, "makemigrations", "--check", "--dry-run"),
    ("{python}", "-m", "mypy", "{services}"),
    ("{bin}/lint-imports",),
)
# name: (what it does, the commands; the last command gets the user's arguments)
TARGETS = {
    "help": ("show this list", ()),
    "setup": ("make .venv and install the packages; every other target does it when it is needed", ()),
    "run": ("start everything: services, demo data, web, websockets, worker (PORT=8000 WS_PORT=4000)", ((*MANAGE, "up"),)),
    "test": ('run the tests; ARGS="-k cart" selects', (PYTEST,)),
    "test-stripe": (
        "run payment tests against Stripe's test mode: STRIPE_TEST_SECRET_KEY=sk_test_... make test-stripe",
        (("{python}", "-m", "pytest", "-n", "0", "payments/tests/test_at_stripe.py"),),
    ),
    "bench": (
        "measure reads, orders and sockets on production processes; BENCH_PRODUCTS=10000 BENCH_KEEP=",
        (("{python}", "bench/run.py"),),
    ),
    "soak": (
        "buyers, sellers and sockets at work while processes are killed; SOAK_SECONDS=300 SOAK_SEED=1 SOAK_LOSE=each",
        (("{python}", "-m", "bench.soak"),),
    ),
    "races": (
        "the same thing at once by many over HTTP, and what happens without its guard; RACES_ROUNDS=20 RACES_SEED=1",
        (("{python}", "-m", "bench.races"),),
    ),
    "security": (
        "attack running processes under production settings; Bandit and pip-audit; SECURITY_SEED=1",
        (("{python}", "-m", "bench.security"),),
    ),
    "mutation": (
        "take away each lock, condition, constraint and trigger, and see that a test fails; MUTATION_SECONDS=7200",
        (("{python}", "-m", "bench.mutation"),),
    ),
    "rehearse": (
        "a dump while orders are placed and its restore; an upgrade with data while the shop is open",
        (("{python}", "bench/rehearsal.py"),),
    ),
    "lint": ("check style, formatting, missing migrations, types and the layers of imports", LINT),
    "format": ("format the code and mend what can be mended", (
        ("{python}", "-m", "ruff", "format", "."),
        ("{python}", "-m", "ruff", "check", "--fix", "."),
    )),
    "check": ("what a change must pass: lint, then the tests", (*LINT, PYTEST)),
    "migrations": ("write the migrations that changed models need", ((*MANAGE, "makemigrations"),)),
    "shell": ("a Python shell with the models loaded", ((*MANAGE, "shell"),)),
    "reference": ("write docs/reference.md anew from the code", ((*MANAGE, "write_reference"),)),
    "clients": ("generate clients from a running Souk, and buy something with each (docs/clients)", (("/usr/bin/env", "bash", "docs/clients/run.sh"),)),
    "contract": (
        "hold a Souk of its own against its OpenAPI document: linters, schemathesis as every role; EXAMPLES=3 CASES=3 ROLES=",
        (("{python}", "-m", "bench.contract"),),
    ),
    "clean": ("remove .venv and the tools' caches", ()),
    "reset": ("remove the embedded data (.souk): the next run begins anew", ()),
}  # fmt: skip
CACHES = (
    ".venv",
    ".pytest_cache",
    ".ruff_cache",
    ".mypy_cache",
    ".import_linter_cache",
    ".hypothesis",
    "htmlcov",
    ".coverage",
)


def main(arguments):
    target = arguments[0] if arguments else "help"
    if target not in TARGETS:
        sys.exit("There is no target {!r}. Those that there are:\n\n{}".format(target, explained()))
    os.chdir(PROJECT)
    if target == "help":
        print(explained())
    elif target in ("clean", "reset"):
        remove(CACHES if target == "clean" else (".souk",))
    else:
        ensure_packages()
        run(TARGETS[target][1], arguments[1:] + shlex.split(os.environ.get("ARGS", "")))


def explained():
    lines = ["  {:<12}{}".format(name, TARGETS[name][0]) for name in TARGETS]
    return "make TARGET, or without make: python3 config/bootstrap.py TARGET\n\n" + "\n".join(lines)


def remove(names):
    for name in names:
        path = os.path.join(PROJECT, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.remove(path)


def run(commands, arguments):
    """Runs all the commands, even if one fails; a single command replaces this process."""
    if not commands:
        return
    commands = [expanded(command) for command in commands]
    commands[-1] += arguments
    sys.stdout.flush()
    if len(commands) == 1:
        os.execv(commands[0][0], commands[0])  # noqa: S606
    failed = []
    for command in commands:
        print("$ " + " ".join([os.path.relpath(command[0]), *command[1:]]), flush=True)
        if subprocess.call(command):
            failed.append(command)
    if failed:
        sys.exit("{} of {} failed.".format(len(failed), len(commands)))


def expanded(command):
    parts = []
    for part in command:
        if part == "{services}":
            parts += sorted(glob.glob("*/services") + glob.glob("*/services.py"))
        else:
            parts.append(part.format(python=VENV_PYTHON, bin=os.path.dirname(VENV_PYTHON)))
    return parts


def ensure_packages():
    """Installs the packages unless the stamp says that exactly these are installed; one process at a time."""
    if stamped():
        return
    with alone():
        if stamped():
            return
        if read(STAMP) and interpreter(VENV_PYTHON) == (True, True):
            print("The requirements have changed: updating .venv.", flush=True)
            os.remove(STAMP)
        else:
            make_venv()
        install()
        with open(STAMP, "w") as file:
            file.write(fingerprint())


def stamped():
    return os.access(VENV_PYTHON, os.X_OK) and read(STAMP).decode() == fingerprint()


def fingerprint():
    """A digest of the requirements, the Python behind the virtual environment, and the environment's path."""
    parts = [read(os.path.join(PROJECT, name)) for name in REQUIREMENTS]
    parts += [os.path.realpath(VENV_PYTHON).encode(), VENV.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


@contextlib.contextmanager
def alone():
    descriptor = os.open(PROJECT, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def make_venv():
    """Makes it from scratch, since an interrupted installation looks like a good one."""
    shutil.rmtree(VENV, ignore_errors=True)
    python = suitable_python()
    print("Making .venv and installing the packages: once, a minute or two.", flush=True)
    command = [python, "-m", "venv", VENV]
    if subprocess.call(command):
        sys.exit("`{}` failed, see above.".format(" ".join(command)))


def install():
    command = [VENV_PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
    if subprocess.call([*command, "-r", REQUIREMENTS[0]]):
        sys.exit("The packages could not be installed, see above: check the network, then run this again.")


def suitable_python():
    """This Python if it is suitable, otherwise a newer one on PATH; if there is none, stops with one sentence."""
    found = {}
    for candidate in (sys.executable, *CANDIDATES):
        known = interpreter(candidate)
        if known == (True, True):
            return candidate
        if known is not None:
            found[candidate] = known
    if any(new_enough for new_enough, _ in found.values()):
        name = next(candidate for candidate in found if found[candidate][0])
        sys.exit(
            "{} has no venv module: install it (Debian, Ubuntu: apt install python3-venv), "
            "then run this again.".format(name)
        )
    version = ".".join(map(str, sys.version_info[:2]))
    sys.exit(
        "Souk needs Python 3.11 or newer and this is {} ({}): install a newer one "
        "(Debian, Ubuntu: apt install python3.11 python3.11-venv).".format(version, sys.executable)
    )


def interpreter(name):
    """Whether this Python is new enough, and whether it has venv; None if it does not run."""
    try:
        answer = subprocess.check_output([name, "-c", ASK], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    new_enough, has_venv = answer.split()
    return new_enough == b"True", has_venv == b"True"


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main(sys.argv[1:])
        sys.exit(0)
    sys.exit(130)
