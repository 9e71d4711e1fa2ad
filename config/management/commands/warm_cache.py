"""Fills the cache of public reads before visitors do, for example after a deployment."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.wsgi import get_wsgi_application

from catalog import cache
from config.direct import Direct
from config.edge import Edge
from config.shared.commands import OperatorCommand, Outcome
from config.warming import details, environ_of, lists, quietly


class Command(OperatorCommand):
    help = "Asks for the first pages, each category's and brand's, and the best-selling products, so that they are cached."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--products", type=int, default=1000, help="How many of the best-selling (default 1000)."
        )

    def perform(self, *, products: int, dry_run: bool, **options: Any) -> Outcome:
        before, addresses = cache.counts(), [*lists(), *details(products)]
        if dry_run:
            return {"would_ask_for": len(addresses)}
        edge = Edge(Direct(get_wsgi_application()))
        with quietly(), self.progress("pages", len(addresses)) as progress:
            for number, address in enumerate(addresses, 1):
                ask(edge, address)
                progress.reach(number)
        after = cache.counts()
        return {"computed": after["miss"] - before["miss"], "were_there": after["hit"] - before["hit"]}


def ask(edge: Edge, address: str) -> None:
    told: list[str] = []
    for _ in edge(environ_of(address), lambda status, headers, exc_info=None: told.append(status)):
        pass
    if not told[0].startswith("200"):
        raise CommandError(f"{address} answered {told[0]}.")
