"""The HTTP application that `config.serve` runs under granian on `PORT`."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
embedded.ensure()
django = get_wsgi_application()

from config.direct import Direct  # noqa: E402  (they need Django's settings and apps)
from config.edge import Edge  # noqa: E402
from config.gate import Gate  # noqa: E402

application = Gate(Edge(Direct(django)))

# Loads the routes, and with them the views, before the first request. All objects that exist now are then frozen: to
# have the garbage collector scan them repeatedly took a tenth of an order's time.
get_resolver().reverse_dict  # noqa: B018
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
