"""How the programs that stage something begin and end: their options, and a folder of their own."""

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def parser_of(name: str, explanation: str | None) -> argparse.ArgumentParser:
    """With what all of them take; `SOAK_SEED=7` is the same as `--seed 7`."""
    parser = argparse.ArgumentParser(
        description=explanation, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    seed = int(os.environ.get(f"{name.upper()}_SEED", "1"))
    parser.add_argument("--seed", type=int, default=seed)
    parser.add_argument("--keep", action="store_true", help="leave the data and logs where they are")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    return parser


@contextmanager
def folder_of(name: str, keep: bool) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"souk-{name}-"))
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def prepare_environment(folder: Path) -> None:
    """Before Django reads its settings: data of its own, short lives so that ends are met, too."""
    os.environ |= {
        "SOUK_DATA_DIR": str(folder / "data"),
        "SOUK_ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "THROTTLE_SCALE": "0",
        "JWT_EXPIRY": "1d",
        "HOLD_LIFETIME": "60s",
        "PUBLIC_URL": "http://127.0.0.1",  # of all nodes
    }
