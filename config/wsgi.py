"""HTTP: what granian serves on `PORT`."""

import os

from django.core.wsgi import get_wsgi_application

from config import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
embedded.ensure()
django = get_wsgi_application()

from config.direct import Direct  # noqa: E402  (they need Django's settings and apps)
from config.edge import Edge  # noqa: E402

application = Edge(Direct(django))
