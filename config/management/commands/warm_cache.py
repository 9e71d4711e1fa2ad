"""Fills the cache of public reads before visitors do, such as after a deployment."""

from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.wsgi import get_wsgi_application

from catalog import cache
from catalog.management.progress import Progress
from catalog.models import Brand, Category, Product
from config.edge import Edge

SORTS = ("", "?sort=price", "?sort=-price", "?sort=-rating", "?sort=-best_selling")


class Command(BaseCommand):
    help = "Asks for the first pages, each category's and brand's, and the best-selling products, so that they are cached."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--products", type=int, default=1000, help="How many of the best-selling (default 1000)."
        )

    def handle(self, *args: Any, products: int, **options: Any) -> None:
        settings.THROTTLE_SCALE = 0  # in this process: it is no client
        before, addresses = cache.counts(), [*lists(), *details(products)]
        edge = Edge(get_wsgi_application())
        with Progress(self.stderr, "pages", len(addresses)) as progress:
            for number, address in enumerate(addresses, 1):
                ask(edge, address)
                progress.reach(number)
        after = cache.counts()
        self.stdout.write(
            f"{after['miss'] - before['miss']} computed, {after['hit'] - before['hit']} were there."
        )


def lists() -> list[str]:
    found = [f"/api/v1/products{sort}" for sort in SORTS] + ["/api/v1/categories", "/api/v1/brands"]
    for name, model in (("category", Category), ("brand", Brand)):
        slugs = model.objects.values_list("slug", flat=True)
        found += [f"/api/v1/products?{name}={slug}" for slug in slugs]
    return found


def details(count: int) -> list[str]:
    best = Product.objects.public().order_by("-units_sold", "-id").values_list("pk", flat=True)[:count]
    return [f"/api/v1/products/{key}" for key in best]


def ask(edge: Edge, address: str) -> None:
    parts = urlsplit(address)
    host = next(
        (host for host in settings.ALLOWED_HOSTS if "*" not in host and not host.startswith(".")), "localhost"
    )
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": parts.path, "QUERY_STRING": parts.query, "HTTP_HOST": host,
        "SERVER_NAME": host, "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1", "wsgi.input": BytesIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip
    told: list[str] = []
    for _ in edge(environ, lambda status, headers, exc_info=None: told.append(status)):
        pass
    if not told[0].startswith("200"):
        raise CommandError(f"{address} answered {told[0]}.")
