"""Stages a file: its rows are streamed from the upload into a table, and read back product by product.

So memory does not grow with the file, a product's rows are read together even if they lie apart, and a killed job can
resume.
"""

import io
from collections.abc import Iterator
from itertools import groupby, islice
from typing import BinaryIO

from django.conf import settings
from django.db import connection, transaction
from django.db.models import BinaryField, F, Func, Value

from catalog.models import ImportRow, Product, ProductImport
from catalog.transfer.drafts import Draft, draft_of
from catalog.transfer.formats import FORMATS
from catalog.transfer.reading import Row, Table

PIECE = 256 * 1024  # bytes of the file per read
BATCH = 500  # rows per COPY
MAX_ROWS = 1_000  # per product
COPY = "COPY catalog_importrow (job_id, line, first_line, handle, sku, cells, problem) FROM STDIN"
# The planner has no statistics of the new rows: it assumes few and would use nested loops over all of them.
PLAN_FOR_MANY = "SET LOCAL enable_nestloop = off"
# Rows whose handle occurred earlier in the file belong to that earlier product.
GATHER = """
UPDATE catalog_importrow AS again SET first_line = first.line FROM (
  SELECT handle, min(line) AS line FROM catalog_importrow WHERE job_id = %(job)s AND handle <> ''
  GROUP BY handle HAVING min(first_line) < max(first_line)
) AS first WHERE again.job_id = %(job)s AND again.handle = first.handle AND again.first_line <> first.line
"""
SKU_TWICE = """
UPDATE catalog_importrow AS again SET problem = 'duplicate' FROM (
  SELECT id, first_line, first_value(first_line) OVER (PARTITION BY sku ORDER BY line) AS earlier
  FROM catalog_importrow WHERE job_id = %(job)s AND sku <> ''
) AS given WHERE again.id = given.id AND given.first_line <> given.earlier
"""
COUNT = "SELECT count(DISTINCT first_line) FROM catalog_importrow WHERE job_id = %(job)s"
NEXT = """
SELECT first_line, least(count(*), %(most)s) FROM catalog_importrow
WHERE job_id = %(job)s AND first_line > %(after)s GROUP BY first_line ORDER BY first_line LIMIT %(most)s
"""
ROWS = """
SELECT first_line, line, handle, cells, problem FROM (
  SELECT *, row_number() OVER (PARTITION BY first_line ORDER BY line) AS number FROM catalog_importrow
  WHERE job_id = %(job)s AND first_line > %(after)s AND first_line <= %(until)s
) AS row WHERE number <= %(most)s + 1 ORDER BY first_line, line
"""


class StoredFile(io.BufferedIOBase):
    """An import's uploaded file, read from the database in pieces."""

    def __init__(self, job: ProductImport) -> None:
        self.rows, self.at = ProductImport.objects.filter(pk=job.pk), 0

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1) -> bytes:
        """Returns a whole piece whatever `size` is, because each read costs a statement."""
        start, length = Value(self.at + 1), Value(PIECE)
        piece = Func(F("content"), start, length, function="substring", output_field=BinaryField())
        found = bytes(self.rows.values_list(piece, flat=True).get())
        self.at += len(found)
        return found


@transaction.atomic
def stage(job: ProductImport, file: BinaryIO) -> None:
    """Moves the file's rows into the table and drops the file. Needs the job locked (or new). Raises UnreadableFile."""
    table = Table(file)
    with connection.cursor() as cursor:
        rows = staged(job.pk, table)
        while batch := list(islice(rows, BATCH)):  # read before COPY: the file may come from this connection
            with cursor.copy(COPY) as copy:
                for row in batch:
                    copy.write_row(row)
        for statement in (PLAN_FOR_MANY, GATHER, SKU_TWICE, COUNT):
            cursor.execute(statement, {"job": job.pk})
        job.total = cursor.fetchone()[0]
    job.columns, job.content = table.columns, b""
    job.save(update_fields=["columns", "content", "total"])


def staged(job_id: int, table: Table) -> Iterator[tuple[object, ...]]:
    """Rows for the table; each row without a handle becomes a product of its own, which then fails alone."""
    columns, last, first_line = FORMATS[table.format], "", 0
    for row in table:
        cells = dict(zip(table.columns, row.cells, strict=False))
        handle = columns.handle(cells)
        if handle != last or not handle:
            last, first_line = handle, row.line
        yield job_id, row.line, first_line, handle, columns.sku(cells), row.cells, ""


def next_drafts(job: ProductImport, *, rows: int) -> list[Draft]:
    """The products after `done_line`, about `rows` rows; none at the end of the file."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT, {"job": job.pk, "after": job.done_line, "most": rows})
        until = last_within(cursor.fetchall(), rows)
        cursor.execute(ROWS, {"job": job.pk, "after": job.done_line, "until": until, "most": MAX_ROWS})
        found = cursor.fetchall()
    products = [list(group) for _, group in groupby(found, key=lambda row: row[0])]
    currencies = currencies_of(job.seller_id, [rows[0][2] for rows in products])
    return [draft_from(job, rows, currencies.get(rows[0][2])) for rows in products]


def currencies_of(seller_id: int, handles: list[str]) -> dict[str, str]:
    """Handle → currency of the existing product."""
    known = Product.objects.filter(seller=seller_id, handle__in=handles)
    return dict(known.values_list("handle", "currency"))


def last_within(sizes: list[tuple[int, int]], rows: int) -> int:
    """The first line of the product that completes `rows` rows; if there are fewer, of the last product."""
    count = 0
    for first_line, size in sizes:
        count += size
        if count >= rows:
            return first_line
    return sizes[-1][0] if sizes else 0


def draft_from(
    job: ProductImport, found: list[tuple[int, int, str, list[str], str]], currency: str | None
) -> Draft:
    """`currency` is the existing product's; a new product's prices default to the shop's, unless their row names one."""
    rows = [Row(line, cells) for _, line, _, cells, _ in found]
    twice = {line for _, line, _, _, problem in found if problem}
    return draft_of(
        found[0][2], rows, job.columns, FORMATS[job.format],
        skus_given_before=twice, currency=currency or settings.DEFAULT_CURRENCY, most=MAX_ROWS,
    )  # fmt: skip


def forget_rows(job: ProductImport) -> None:
    ImportRow.objects.filter(job=job)._raw_delete("default")  # type: ignore[attr-defined]
