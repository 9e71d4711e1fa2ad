"""HTTP: what `config.serve` has granian serve on `PORT`."""

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

# The routes, and with them the views, are read before the first request. What is there now stays: the collector need not look through it again and again, which took a tenth of an order's time.
get_resolver().reverse_dict  # noqa: B018
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
