"""Shell examples of the documents: those that test_tutorial.py does not run name what exists, down to the option."""

import re
import shlex
from pathlib import Path

import pytest
from django.core.management import CommandError, get_commands, load_command_class

from config.bootstrap import TARGETS
from config.tests.documents import BLOCK, RUN, pages
from config.tests.live import PROJECT

# What an operator's system has; `make rehearse` runs the dump and its restore.
SYSTEM = {"pg_dump", "pg_restore", "createdb", "tar", "apt", "export"}
ASSIGNMENT = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)", re.DOTALL)
SPAN = re.compile(r"`((?:make|manage\.py|python manage\.py) [^`]+)`")
SETTINGS = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))


def commands_of(script: str) -> list[list[str]]:
    """The words of each simple command, without comments."""
    found: list[list[str]] = []
    for line in script.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        found.append([])
        for word in lexer:
            found.append([]) if set(word) <= set("();|&") else found[-1].append(word)
    return [command for command in found if command]


def complaint(words: list[str]) -> str:
    """What is wrong with a command; empty if nothing."""
    names = []
    while words and (assigned := ASSIGNMENT.fullmatch(words[0])):
        names.append(assigned[1])
        words = words[1:]
    if not words:
        return ""
    program, *rest = words
    if program != "make" and (unknown := set(names) - SETTINGS):
        return f"no setting {unknown}"
    judges = {
        "make": lambda: of_make(rest, names),
        "python": lambda: of_python(rest),
        "manage.py": lambda: of_python(words),
        "docker": lambda: of_compose(rest),
        "uvicorn": lambda: of_server(program, rest),
        "cp": lambda: "" if (PROJECT / rest[0]).exists() else f"no file {rest[0]}",
    }
    no_judge = "" if program in SYSTEM else f"no program {program}"
    return judges[program]() if program in judges else no_judge


def of_make(words: list[str], names: list[str]) -> str:
    target, *given = words
    if target not in TARGETS:
        return f"no target {target}"
    about, commands = TARGETS[target]
    text = about + "".join(source.read_text() for command in commands for source in sources(command))
    arguments = []
    for word in given:
        assigned = ASSIGNMENT.fullmatch(word)
        if not assigned:
            return f"make takes NAME=value, not {word}"
        names.append(assigned[1])
        arguments += shlex.split(assigned[2]) if assigned[1] == "ARGS" else []
    unknown = [name for name in names if name != "ARGS" and name not in text and name not in SETTINGS]
    options = [word for word in arguments if word.startswith("--") and f'"{word}"' not in text]
    return f"make {target} knows no {unknown + options}" if unknown + options else ""


def sources(command: tuple[str, ...]) -> list[Path]:
    """The files of the program that a target runs, and what they share."""
    shared = [PROJECT / "bench" / "program.py"]
    if "-m" in command and command[-1].startswith("bench."):
        return [*(PROJECT / command[-1].replace(".", "/")).rglob("*.py"), *shared]
    return [PROJECT / word for word in command if word.startswith("bench/") and (PROJECT / word).is_file()]


def of_python(words: list[str]) -> str:
    if words[0] == "-m":
        words = [words[1].replace(".", "/") + ".py", *words[2:]]
    script, *arguments = words
    if not (PROJECT / script).is_file():
        return f"no file {script}"
    if script != "manage.py":
        text = (PROJECT / script).read_text()
        unknown = [word for word in arguments if word.startswith("--") and f'"{word}"' not in text]
        return f"{script} knows no {unknown}" if unknown else ""
    name, *given = arguments
    if name not in get_commands():
        return f"no command {name}"
    app = get_commands()[name]
    command = app if not isinstance(app, str) else load_command_class(app, name)
    parser = command.create_parser("manage.py", name)
    try:
        parser.parse_args(given)
    except CommandError as refusal:
        return f"{name}: {refusal}"
    return ""


def of_compose(words: list[str]) -> str:
    compose = (PROJECT / "compose.yaml").read_text()
    if words[:2] != ["compose", "run"]:
        return "" if words[:2] == ["compose", "up"] else f"docker {words}"
    service, *command = [word for word in words[2:] if word != "--rm"]
    return (
        complaint(command) if re.search(rf"^  {service}:", compose, re.MULTILINE) else f"no service {service}"
    )


def of_server(program: str, words: list[str]) -> str:
    application = next(word for word in words if ":" in word)
    file = PROJECT / (application.partition(":")[0].replace(".", "/") + ".py")
    is_pinned = re.search(rf"^{program}\b", (PROJECT / "requirements.txt").read_text(), re.MULTILINE)
    return "" if file.is_file() and is_pinned else f"{program} cannot run {application}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_shell_block_is_run_or_names_what_exists(page):
    text = page.read_text()
    scripts = [script for language, script in BLOCK.findall(text) if language == "sh"]
    checked = [script for script in scripts if (page.name, script) not in RUN]
    commands = [command for script in checked for command in commands_of(script)]
    said = {" ".join(words): complaint(words) for words in commands}
    assert {words: wrong for words, wrong in said.items() if wrong} == {}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_command_that_is_mentioned_exists(page):
    spans = [shlex.split(span) for span in SPAN.findall(page.read_text().replace("\n", " "))]
    said = {" ".join(words): complaint(words) for words in spans if "COMMAND" not in words}
    # A mention may leave out what the command needs.
    wrong = {
        words: wrong
        for words, wrong in said.items()
        if wrong and "are required" not in wrong and "expected one" not in wrong
    }
    assert wrong == {}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(PROJECT)))
def test_what_can_be_typed_is_marked_as_shell(page):
    plain = [script for language, script in BLOCK.findall(page.read_text()) if language == ""]
    programs = SYSTEM | {"make", "python", "curl", "docker", "cp", "uvicorn", "psql"}
    assert [line for script in plain for line in script.splitlines() if line.split(" ")[0] in programs] == []


def test_what_does_not_exist_is_noticed():
    wrong = [
        "make nothing", "make soak ARGS=--nothing", "NOTHING_AT=1 make bench", "python manage.py nothing",
        "python manage.py doctor --nothing", "python bench/reads.py --nothing", "docker compose run --rm nothing true",
        "uvicorn config.nothing:application", "python -m config.nothing", "cp nothing .env", "nothing", "REDIS=1 python manage.py doctor",
    ]  # fmt: skip
    assert [line for line in wrong for words in commands_of(line) if not complaint(words)] == []
    assert len(RUN) >= 18
