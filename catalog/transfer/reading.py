"""A product file as rows, decoded and parsed as a stream, whatever its size."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from catalog.errors import UnreadableFile
from catalog.transfer.cells import restore
from catalog.transfer.formats import FORMATS

MAX_COLUMNS = 500
MAX_LINE = 1_000_000  # characters


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row in the order of the header, plus one if the row has too many."""

    line: int
    cells: list[str]


class Table:
    """The header of a file, and an iterator over its rows. Strict: an unclosed quote is an error instead of swallowing
    the rest of the file. Raises UnreadableFile on opening or while iterating.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.reader = csv.reader(lines_of(file), strict=True)
        self.columns = [name.strip() for name in self.next() or []]
        self.format = format_of(self.columns)

    def __iter__(self) -> Iterator[Row]:
        width, line = len(self.columns) + 1, self.reader.line_num + 1
        while (values := self.next()) is not None:
            cells = [restore(value.strip()) for value in values[:width]]
            if any(cells):
                yield Row(line, cells)
            line = self.reader.line_num + 1

    def next(self) -> list[str] | None:
        try:
            return next(self.reader, None)
        except csv.Error as problem:
            raise UnreadableFile(f"Line {self.reader.line_num}: {problem}.") from None


def lines_of(file: BinaryIO) -> Iterator[str]:
    """Lines in UTF-8 with their line endings (LF, CRLF or CR), for csv. Raises UnreadableFile."""
    stream: Any = io.TextIOWrapper(file, "utf-8-sig", newline="")
    number = 1
    try:
        while line := stream.readline(MAX_LINE + 1):
            if len(line) > MAX_LINE or "\x00" in line:
                wrong = "is too long" if len(line) > MAX_LINE else "holds a NUL"
                raise UnreadableFile(f"Line {number} {wrong}.")
            yield line
            number += 1
    except UnicodeDecodeError:
        raise UnreadableFile(f"Line {number} is not UTF-8, or one soon after it.") from None
    finally:
        stream.detach()


def check_text(file: BinaryIO) -> None:
    """Reads the whole file; raises UnreadableFile."""
    for _ in lines_of(file):
        pass
    file.seek(0)


def format_of(columns: list[str]) -> str:
    """The format that has these columns; raises UnreadableFile."""
    named = [name for name in columns if name]
    if len(columns) > MAX_COLUMNS:
        raise UnreadableFile(f"The header has more than {MAX_COLUMNS} columns.")
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise UnreadableFile(f"The header names a column twice: {', '.join(twice)}.")
    for name, format_ in FORMATS.items():
        if set(named) >= format_.REQUIRED:
            return name
    raise UnreadableFile
