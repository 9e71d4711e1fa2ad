"""The tutorial, word for word: its shell blocks are one session against a Souk with the demo marketplace."""

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


def test_every_block_runs_and_answers_what_the_page_says(souk):
    start, *blocks = shell_of("tutorial.md")
    assert start == "make run\n"
    script = for_this(souk, "set -euo pipefail\n" + "\n".join(blocks), Path(sys.executable))
    done = subprocess.run(
        ["bash", "-c", script.replace("invoice.pdf", f"{souk.log.parent}/invoice.pdf")],
        cwd=PROJECT, env=souk.environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    said = done.stdout.replace("\r", "")
    assert [line for line in answers_of("tutorial.md") if line not in said] == []
    assert '"type": "order.shipped"' in said.replace('":"', '": "')
    assert '"code":"internal_error"' not in said
