"""The floor under an order: the least SQL that one needs, by pgbench on the same PostgreSQL.

    python bench/floor.py --seconds 8 --clients 16

Two transactions, as with Souk: the cart becomes an order (idempotency key, order, part, line, hold, movement, event, job, and
the stock's conditional update last), then its payment. Rows are as wide as Souk's, keys and foreign keys as many; there
is no Python, no HTTP, no parsing of prices: what W5 costs above this is Souk's own.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from machine import PROJECT, cpu_ms, services

sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
LEVELS = 10_000
TABLES = f"""
DROP SCHEMA IF EXISTS floor CASCADE;
CREATE SCHEMA floor;
SET search_path = floor;
CREATE TABLE level (id bigint PRIMARY KEY, on_hand int NOT NULL, reserved int NOT NULL DEFAULT 0, CHECK (0 <= reserved AND reserved <= on_hand));
INSERT INTO level SELECT n, 1000000 FROM generate_series(1, {LEVELS}) n;
CREATE TABLE idempotency (caller text, key text, answer text, PRIMARY KEY (caller, key));
CREATE TABLE purchase (id bigserial PRIMARY KEY, number text UNIQUE, status text, total bigint, frozen jsonb, at timestamptz DEFAULT now());
CREATE INDEX ON purchase (status, at);
CREATE TABLE part (id bigserial PRIMARY KEY, purchase bigint REFERENCES purchase, seller bigint, status text);
CREATE TABLE line (id bigserial PRIMARY KEY, part bigint REFERENCES part, level bigint REFERENCES level, quantity int, price bigint, title text);
CREATE TABLE hold (id bigserial PRIMARY KEY, purchase bigint REFERENCES purchase, level bigint REFERENCES level, quantity int, until timestamptz);
CREATE TABLE movement (id bigserial PRIMARY KEY, level bigint REFERENCES level, delta int, at timestamptz DEFAULT now());
CREATE TABLE event (id bigserial PRIMARY KEY, kind text, data jsonb, at timestamptz DEFAULT now());
CREATE TABLE job (id bigserial PRIMARY KEY, task text, args jsonb, due timestamptz DEFAULT now());
CREATE TABLE payment (id bigserial PRIMARY KEY, purchase bigint REFERENCES purchase, amount bigint, status text);
ANALYZE level;
"""
ORDER = f"""
\\set level random(1, {LEVELS})
\\set key random(1, 9000000000000)
BEGIN;
INSERT INTO floor.idempotency VALUES ('guest', 'place-' || :key, '{{}}');
INSERT INTO floor.purchase (number, status, total, frozen) VALUES ('S-' || :key, 'pending_payment', 1999, '{{"address": {{"line1": "12 Mill Lane", "city": "London"}}}}') RETURNING id AS purchase \\gset
INSERT INTO floor.part (purchase, seller, status) VALUES (:purchase, 1, 'pending') RETURNING id AS part \\gset
INSERT INTO floor.line (part, level, quantity, price, title) VALUES (:part, :level, 1, 1999, 'Steel kettle');
INSERT INTO floor.hold (purchase, level, quantity, until) VALUES (:purchase, :level, 1, now() + interval '30 minutes');
INSERT INTO floor.event (kind, data) VALUES ('order.placed', '{{"order": "1"}}');
INSERT INTO floor.job (task, args) VALUES ('mail', '{{"order": 1}}');
UPDATE floor.level SET reserved = reserved + 1 WHERE id = :level AND on_hand - reserved >= 1;
COMMIT;
BEGIN;
INSERT INTO floor.idempotency VALUES ('guest', 'pay-' || :key, '{{}}');
INSERT INTO floor.payment (purchase, amount, status) VALUES (:purchase, 1999, 'processing');
UPDATE floor.hold SET until = now() + interval '7 days' WHERE purchase = :purchase;
COMMIT;
"""


def run(seconds: int, clients: int) -> dict[str, Any]:
    from config import embedded

    embedded.ensure(without={"stripe"})
    import django

    django.setup()
    from django.db import connection

    from config.embedded import postgres

    with connection.cursor() as cursor:
        cursor.execute(TABLES)
    try:
        given = connection.settings_dict
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "order.sql")
            script.write_text(ORDER)
            command = [
                str(postgres.binary("pgbench")), "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds),
                "-f", str(script), "-h", str(given["HOST"]), "-p", str(given["PORT"]), "-U", given["USER"], given["NAME"],
            ]  # fmt: skip
            root = services()["postgres"]
            before = cpu_ms([root])
            output = subprocess.run(
                command, capture_output=True, text=True, check=True, env=os.environ | {"PGPASSWORD": given["PASSWORD"] or ""}
            ).stdout  # fmt: skip
            spent = cpu_ms([root]) - before
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA IF EXISTS floor CASCADE")
    done = int(re.search(r"actually processed: (\d+)", output)[1])
    return {
        "per_second": round(done / seconds, 1),
        "cpu_ms": round(spent / done, 3),
        "statements": sum(line[:1] not in {"", "\\"} for line in ORDER.splitlines()),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--json", action="store_true", help="as without it")
    options = parser.parse_args()
    print(json.dumps(run(options.seconds, options.clients)))
