"""What stands in the code against a race, and the code without it: one mutant for each lock, order of locks and condition."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

APPS = ("config/shared", "accounts", "catalog", "orders", "payments", "social")
APART = {"tests", "migrations", "standin", "management", "generation.py", "admin"}
IDENTITY = re.compile(r"(.*_)?(pk|id)(__in)?")
TEXTS: tuple[tuple[str, str, str], ...] = (
    ("order of locks", r"ORDER BY [\w.]+ (?=FOR (NO KEY )?UPDATE)", ""),
    ("lock", r"FOR (NO KEY )?UPDATE( OF \w+)?( SKIP LOCKED)?(?=[\s\"])", ""),
    ("lock", r"SELECT pg_advisory_xact_lock\(", "SELECT hashint8("),
    ("lock", r"pg_try_advisory_xact_lock\(hashtextextended\(%\(name\)s, 0\)\)", "true"),
    ("condition", r"ON CONFLICT \(event_id\) DO NOTHING ", ""),
    ("condition", r" AND level\.reserved \+ plan\.reserve >= 0", ""),
    ("condition", r"\n +AND level\.reserved \+ plan\.reserve - \(level\.on_hand \+ plan\.hand\) <= level\.backorder_limit", ""),
    ("condition", r"\n +AND level\.reserved - level\.on_hand <= %\(limit\)s", ""),
    ("condition", r" AND status = 'active'(?= ORDER BY id)", ""),
    ("condition", r"WHERE \(SELECT count\(\*\) FROM locked\) > 0 AND ", "WHERE "),
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    kind: str
    path: str
    place: str  # the function or class, else nothing
    line: int
    words: str  # what was taken away
    source: str

    @property
    def name(self) -> str:
        return f"{self.kind}: {self.path}:{self.line} {self.place}: {' '.join(self.words.split())[:100]}"


def mutants(project: Path) -> Iterator[Mutant]:
    for app in APPS:
        for file in sorted((project / app).rglob("*.py")):
            path = file.relative_to(project)
            if not APART & {*path.parts}:
                yield from of_file(str(path), file.read_text())


def of_file(path: str, source: str) -> Iterator[Mutant]:
    seen: set[str] = set()
    for kind, words, begin, end, instead in (*of_locks(source), *of_texts(source), *of_conditions(source)):
        mutated = source[:begin] + instead + source[end:]
        if mutated not in seen and mutated != source:
            seen.add(mutated)
            yield Mutant(
                kind, path, place_of(source, begin), source.count("\n", 0, begin) + 1, words, mutated
            )


Change = tuple[str, str, int, int, str]  # kind, words, from, to, what stands there instead


def of_locks(source: str) -> Iterator[Change]:
    """`.select_for_update(…)`, and the `.order_by(…)` of the same expression."""
    for found in re.finditer(r"\.select_for_update\(", source):
        end = closing(source, found.end())
        yield "lock", source[found.start() : end], found.start(), end, ""
        begin_of, end_of = statement_around(source, found.start())
        for order in re.finditer(r"\.order_by\([^()]*\)", source[begin_of:end_of]):
            yield "order of locks", order[0], begin_of + order.start(), begin_of + order.end(), ".order_by()"


def of_texts(source: str) -> Iterator[Change]:
    for kind, words, instead in TEXTS:
        for found in re.finditer(words, source):
            in_comment = (
                source[source.rfind("\n", 0, found.start()) + 1 : found.start()].lstrip().startswith("#")
            )
            is_prose = "FOR UPDATE:" in source[found.start() : found.end() + 1]
            if not in_comment and not is_prose:
                yield kind, found[0], found.start(), found.end(), instead


def of_conditions(source: str) -> Iterator[Change]:
    """Each condition, besides which row it is, of what a conditional update filters by."""
    tree = ast.parse(source)
    offsets = [0]
    for line in source.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line.encode()))
    raw = source.encode()
    for call in filters_of_updates(tree):
        begin = offsets[call.lineno - 1] + call.col_offset
        end = offsets[call.end_lineno - 1] + call.end_col_offset  # type: ignore[operator]
        begin, end = len(raw[:begin].decode()), len(raw[:end].decode())
        for gone, less in without_one(call):
            yield "condition", ast.unparse(gone), begin, end, ast.unparse(less)


def without_one(call: ast.Call) -> Iterator[tuple[ast.expr | ast.keyword, ast.Call]]:
    for gone in call.args:
        yield gone, ast.Call(call.func, [other for other in call.args if other is not gone], call.keywords)
    for named in call.keywords:
        if named.arg and not IDENTITY.fullmatch(named.arg):
            left = [other for other in call.keywords if other is not named]
            yield named, ast.Call(call.func, call.args, left)


def filters_of_updates(tree: ast.AST) -> Iterator[ast.Call]:
    """The `filter(…)` before an `.update(…)`, directly or by the name of a variable of the function."""
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        filters = {
            target.id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and is_method(node.value, "filter")
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(function):
            if not is_method(node, "update"):
                continue
            on = node.func.value  # type: ignore[attr-defined]
            if is_method(on, "filter"):
                yield on
            elif isinstance(on, ast.Name) and on.id in filters:
                yield filters[on.id]  # type: ignore[misc]


def is_method(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name


def closing(source: str, after: int) -> int:
    """Behind the bracket that closes the one before `after`."""
    depth = 1
    while depth:
        depth += {"(": 1, ")": -1}.get(source[after], 0)
        after += 1
    return after


def statement_around(source: str, position: int) -> tuple[int, int]:
    line = source.count("\n", 0, position) + 1
    around = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt)
        and not hasattr(node, "body")
        and node.lineno <= line <= (node.end_lineno or 0)
    ]
    if not around:  # the head of a loop
        begin = source.rfind("\n", 0, position) + 1
        return begin, source.find("\n", position)
    lines = source.splitlines(keepends=True)
    return sum(map(len, lines[: around[-1].lineno - 1])), sum(map(len, lines[: around[-1].end_lineno]))


def place_of(source: str, position: int) -> str:
    line = source.count("\n", 0, position) + 1
    functions = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    return functions[-1].name if functions else ""


def callers_of(place: str, source: str) -> set[str]:
    """The function, and those of its module that call it: a test may know it by theirs alone."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    calling = {
        function.name
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == place
    }
    return {place, *calling} - {""}
