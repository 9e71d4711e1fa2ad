"""The tutorial and README's first calls, word for word: their blocks are sessions against a Souk with the demo marketplace."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.tests.documents import answers_of, for_this, shell_of
from config.tests.live import PROJECT, Souk


@pytest.fixture(scope="module")
def souk(tmp_path_factory):
    souk = Souk(tmp_path_factory.mktemp("tutorial") / "data")
    try:
        souk.start()
        yield souk
    finally:
        souk.stop()


def said_by(souk: Souk, *blocks: str) -> str:
    """What one session of a shell answers; it ends at the first command that fails."""
    script = for_this(souk, "set -euo pipefail\n" + "\n".join(blocks), Path(sys.executable))
    done = subprocess.run(
        ["bash", "-c", script.replace("invoice.pdf", f"{souk.log.parent}/invoice.pdf")],
        cwd=PROJECT, env=souk.environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert '"code":"internal_error"' not in done.stdout
    return done.stdout.replace("\r", "")


def test_every_block_runs_and_answers_what_the_page_says(souk):
    start, *blocks = shell_of("tutorial.md")
    assert start == "make run\n"
    said = said_by(souk, *blocks)
    assert [line for line in answers_of("tutorial.md") if line not in said] == []
    assert '"type": "order.shipped"' in said.replace('":"', '": "')


def test_the_first_calls_of_the_readme_buy_something(souk):
    said = said_by(souk, *[block for block in shell_of("../README.md") if "curl" in block])
    assert '"variant":"111","product":"62","seller":"1","title":"Herringbone Wool Throw",' in said
    said, _, events = said.rpartition('{"results":[')
    assert (said.count('"status":"succeeded"'), said.count('"status":"paid"')) == (1, 1)
    assert '"type":"order.placed"' in events


def test_a_shop_asks_for_a_webhook_as_the_page_says(souk):
    _, log_in, *_ = [block for block in shell_of("../README.md") if "curl" in block]
    log_in = log_in.replace("customer@", "seller@").rpartition("curl")[0]  # without the cart
    [block] = shell_of("webhooks.md")
    assert '"secret":"whsec_' in said_by(souk, "API=http://localhost:8000/api/v1", log_in, block)
