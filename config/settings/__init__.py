"""Every setting of Souk, one file a concern. Users give theirs in the environment or `.env`; `.env.example` explains each."""

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
