"""The goods of the demo's shops: one module per shop."""

from collections.abc import Mapping, Sequence

from config.demo.goods.alder import GOODS as ALDER
from config.demo.goods.lantern import GOODS as LANTERN
from config.demo.goods.northlight import GOODS as NORTHLIGHT
from config.demo.goods.trailhead import GOODS as TRAILHEAD
from config.demo.goods.volt import GOODS as VOLT
from config.demo.tables import Good

SHELVES: Mapping[str, Sequence[Good]] = {
    "northlight": NORTHLIGHT,
    "alder": ALDER,
    "lantern": LANTERN,
    "volt": VOLT,
    "trailhead": TRAILHEAD,
}
GOODS: Sequence[Good] = [good for goods in SHELVES.values() for good in goods]
