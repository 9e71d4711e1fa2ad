"""The documents as tests read them: their text, and the shell examples in it."""

import re
from pathlib import Path

from config.tests.live import PROJECT, Souk

DOCS = PROJECT / "docs"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Every document but what programs write."""
    found = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md"]
    found += [page for folder in (DOCS, PROJECT / "bench") for page in sorted(folder.rglob("*.md"))]
    written = {"results", "build", "node_modules"}
    return [page for page in found if not written & set(page.relative_to(PROJECT).parts)]


def text_of(name: str) -> str:
    return (DOCS / name).read_text()


def whole_text() -> str:
    return "\n".join(path.read_text() for path in sorted(DOCS.rglob("*.md")))


def blocks_of(name: str, language: str) -> list[str]:
    return [text for of, text in BLOCK.findall(text_of(name)) if of == language]


def shell_of(name: str) -> list[str]:
    return blocks_of(name, "sh")


# Whose blocks test_tutorial.py runs: all that talk to a Souk.
RUN = {
    (Path(name).name, script)
    for name in ("tutorial.md", "webhooks.md", "../README.md")
    for script in shell_of(name)
    if "curl" in script or (name == "tutorial.md" and script != "make run\n")
}


def answers_of(name: str) -> list[str]:
    """Lines that a reader is told to see, of the blocks without a language; what is shortened (…) is left out."""
    lines = "".join(blocks_of(name, "")).splitlines()
    return [line for line in lines if "…" not in line]


def for_this(souk: Souk, script: str, python: Path) -> str:
    """The same commands against another port, and with the Python that runs the tests."""
    moved = script.replace("localhost:8000", f"127.0.0.1:{souk.port}").replace(
        "localhost:4000", f"127.0.0.1:{souk.ws_port}"
    )
    return moved.replace(".venv/bin/python", str(python))
