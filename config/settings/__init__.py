"""Every setting of Souk, one file per concern. Operators set them in the environment or `.env`; see `.env.example`."""

from config.environment import BASE_DIR  # noqa: F401
from config.settings.access import *
from config.settings.addresses import *
from config.settings.api import *
from config.settings.commerce import *
from config.settings.framework import *
from config.settings.mode import *
from config.settings.office import *
from config.settings.running import *
from config.settings.stores import *
