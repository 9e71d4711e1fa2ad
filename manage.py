#!/usr/bin/env python
"""Django's command line for Souk; embedded services are started when a command needs them."""

import json
import os
import sys

try:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
except ModuleNotFoundError:
    sys.exit(
        "Souk's packages are not installed in this Python: run `make setup` (without make: `python3 config/bootstrap.py setup`)."
    )

from config import embedded

# Commands that only read code; everything else may touch PostgreSQL or Valkey.
WITHOUT_SERVICES = {"help", "version", "makemessages", "compilemessages", "collectstatic"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "help")
    asks_help = {"--help", "-h", "--version"} & set(sys.argv[1:])
    if command not in WITHOUT_SERVICES and not asks_help:
        embedded.ensure()
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:  # a setting's sentence says all; a traceback would bury it
        if "--json" in sys.argv:
            print(json.dumps({"error": str(problem)}))  # noqa: T201  (as every refusal does)
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
