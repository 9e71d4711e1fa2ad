"""`make contract`: a Souk of its own is held against its OpenAPI document, by linters and by schemathesis as each role.

    make contract                           # everything, about ten minutes on two cores
    make contract CASES=0 EXAMPLES=50       # each combination that the coverage phase knows, and more by chance
    make contract ROLES="seller admin"
    make contract SOUK=http://localhost:8000   # one that runs: it is filled with odd data, and needs THROTTLE_SCALE=0

The tools' own words are in bench/results/contract. Ends with 1 when anything was found, or when a role came to no end.
"""

import os
import re
import subprocess
import sys
import time
import urllib.request
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.program import folder_of, parser_of

ROLES = "anonymous customer seller admin"
PHASES = ("Examples", "Coverage", "Fuzzing", "Stateful")
SPECTRAL, REDOCLY, SCHEMATHESIS = (
    "@stoplight/spectral-cli@6.16.3",
    "@redocly/cli@2.77.0",
    "schemathesis==4.32.5",
)
PATIENCE = 900  # seconds for one role
WORK = Path(os.environ.get("CONTRACT_DIR", "bench/results/contract"))


@dataclass
class Verdict:
    who: str
    seconds: float
    cases: int = 0
    failures: int = 0
    unfinished: str = ""  # the phases that came to no end
    log: Path | None = None

    @property
    def is_bad(self) -> bool:
        return bool(self.failures or self.unfinished)


def main() -> int:
    parser = parser_of("contract", __doc__)
    parser.add_argument("--roles", default=os.environ.get("ROLES") or ROLES, help=f"by default: {ROLES}")
    parser.add_argument(
        "--examples", type=int, default=int(os.environ.get("EXAMPLES") or 3), help="by chance, an operation"
    )
    parser.add_argument(
        "--cases", type=int, default=int(os.environ.get("CASES") or 3),
        help="of each kind that the coverage phase knows, and then the 4th, 8th, 16th, …; 0: all",
    )  # fmt: skip
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    with folder_of("contract", options.keep) as folder, souk(folder) as base:
        schema = fetched(base)
        found = [*linted(schema)]
        program = schemathesis()
        for role in options.roles.split():
            print(f"== {role}", flush=True)
            found.append(held(program, base, role, options))
    print(as_table(found))
    return int(any(verdict.is_bad for verdict in found))


@contextmanager
def souk(folder: Path) -> Iterator[str]:
    """The address of one with the demo, unless another is named."""
    if named := os.environ.get("SOUK"):
        yield named
        return
    folder.chmod(0o755)
    from config.tests.live import Souk

    running = Souk(folder / "data")
    running.start()
    try:
        yield f"http://127.0.0.1:{running.port}"
    finally:
        running.stop()


def fetched(base: str) -> Path:
    target = WORK / "openapi.json"
    with urllib.request.urlopen(f"{base}/api/schema?format=json", timeout=60) as answer:
        target.write_bytes(answer.read())
    return target


def linted(schema: Path) -> Iterator[Verdict]:
    rules = WORK / "spectral.yaml"
    rules.write_text('extends: ["spectral:oas"]\n')
    lint = ["lint", str(schema)]
    yield run("Spectral", ["npx", "--yes", SPECTRAL, *lint, "--ruleset", str(rules)])
    yield run("Redocly", ["npx", "--yes", REDOCLY, *lint, "--extends", "recommended", "--format", "summary"])


def schemathesis() -> Path:
    """In an environment of its own: its packages are none of the project's."""
    program = WORK / "venv" / "bin" / "st"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(WORK / "venv")], check=True)
    quiet = ["install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS]
    subprocess.run([str(program.with_name("pip")), *quiet], check=True)
    return program


def held(program: Path, base: str, role: str, options: Namespace) -> Verdict:
    command = [str(program), "--config-file", "schemathesis.toml", "run", f"{base}/api/schema?format=json"]
    command += ["--max-examples", str(options.examples), "--seed", str(options.seed), "--continue-on-failure"]
    given = {"SOUK": base, "CONTRACT_ROLE": role, "CASES": str(options.cases), "PYTHONPATH": "."}
    return run(role, command, **given)


def run(who: str, command: list[str], **environment: str) -> Verdict:
    log, begun = WORK / f"{who.lower()}.txt", time.monotonic()
    with log.open("wb") as output:
        try:
            code = subprocess.run(
                command,
                env=os.environ | environment,
                stdout=output,
                stderr=output,
                timeout=PATIENCE,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            code = 1
    return judged(Verdict(who, time.monotonic() - begun, log=log), code)


def judged(verdict: Verdict, code: int) -> Verdict:
    told = verdict.log.read_text(errors="replace")
    if "chemathesis" in told:
        verdict.cases = number(r"(\d+) generated", told)
        verdict.unfinished = " ".join(
            phase for phase in PHASES if not re.search(rf"^ *\S+ +{phase} \(in", told, re.M)
        )
        verdict.failures = number(r"(\d+) unique failure", told)
    if code:
        verdict.failures = verdict.failures or 1
        print("\n".join(re.findall(r"^ *❌.*$", told, re.M)) or told[-2000:], flush=True)
    return verdict


def number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found[1]) if found else 0


def as_table(found: list[Verdict]) -> str:
    lines = ["| role | cases | failures | came to no end | seconds |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {one.who} | {one.cases or '-'} | {one.failures} | {one.unfinished or '-'} | {one.seconds:.0f} |"
        for one in found
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
