"""The demo marketplace's people, shops, brands and rules."""

from typing import Any

from config.demo.tables import Person, Shop

PASSWORD = "souk-demo-pass"  # noqa: S105  (public: the demo is for local machines)
ADMIN = "admin@souk.test"

PEOPLE = [
    Person("seller", "seller@souk.test", "Mira Lindqvist"),
    Person("seller2", "seller2@souk.test", "Tomas Rivera", "oakland"),
    Person("customer", "customer@souk.test", "Clara Whitfield"),
    Person("customer2", "customer2@souk.test", "Daniel Okafor", "oakland"),
    Person("ines", "ines@example.com", "Ines Moreau", "lyon"),
    Person("kenji", "kenji@example.com", "Kenji Sato", "seattle"),
    Person("priya", "priya@example.com", "Priya Nair", "bristol"),
    Person("oscar", "oscar@example.com", "Oscar Lund", "malmo"),
    Person("hana", "hana@example.com", "Hana Kim", "oakland"),
    Person("louis", "louis@example.com", "Louis Bernard", "lyon"),
    Person("amara", "amara@example.com", "Amara Diallo", "bristol"),
    Person("felix", "felix@example.com", "Felix Brandt", "berlin"),
    Person("nora", "nora@example.com", "Nora Feldmann", "hamburg"),
    Person("theo", "theo@example.com", "Theo Marsh", "seattle"),
]
GUEST = "guest@example.com"

PLACES = {
    "berlin": ["Lindenallee 14", "Berlin", "", "10405", "DE"],
    "hamburg": ["Hafenweg 3", "Hamburg", "", "20457", "DE"],
    "oakland": ["48 Juniper Street", "Oakland", "CA", "94607", "US"],
    "seattle": ["910 Alder Avenue, Apt 5", "Seattle", "WA", "98101", "US"],
    "lyon": ["27 rue des Tilleuls", "Lyon", "", "69002", "FR"],
    "bristol": ["6 Chandler's Yard", "Bristol", "", "BS1 4QD", "GB"],
    "malmo": ["Kastanjegatan 9", "Malmö", "", "211 22", "SE"],
}

SHOPS = [
    Shop(
        "northlight",
        "seller",
        "Northlight Home",
        "Things for the house that are used every day and look better for it. We buy from small workshops around "
        "the Baltic, and everything we sell stands in our own kitchen first.",
        free_from=7500,
        parcel=590,
        express=1490,
    ),
    Shop(
        "alder",
        "seller2",
        "Alder & Thread",
        "Plain clothes made of good cloth. Cut in small runs, mended for free for two years.",
        free_from=9000,
        parcel=490,
        express=1290,
    ),
    Shop(
        "lantern",
        "ines",
        "Paper Lantern Books",
        "A bookshop with a stationery cupboard. Two readers, one cat, and no book that neither of us has finished.",
        free_from=4000,
        parcel=350,
        express=990,
    ),
    Shop(
        "volt",
        "kenji",
        "Volt & Valve",
        "Sound and small electronics that can be opened with a screwdriver. Spare parts for ten years.",
        free_from=10000,
        parcel=650,
        express=1690,
    ),
    Shop(
        "trailhead",
        "priya",
        "Trailhead Outfitters",
        "Tents, packs and cookers for people who walk. We rent before we sell, so ask us what leaks.",
        free_from=12000,
        parcel=790,
        express=1890,
    ),
]
# Waits for the admin's decision.
APPLICATION = Shop(
    "bramble",
    "oscar",
    "Bramble Toys",
    "Wooden animals and kites, turned and sewn in a shed behind the house.",
    free_from=5000,
    parcel=500,
    express=1200,
)

# Listed although a brand may have no product at the moment, because brands can be followed.
BRANDS = [
    "Fjordhem", "Kopparlund", "Hearth & Oak", "Selvedge Works", "Marrow Lane", "Ostrava Knit", "Tern Press",
    "Folio North", "Quillmaker", "Halden Audio", "Brightwire", "Pixelgrove", "Ridgewell", "Lowtide", "Cogwise",
]  # fmt: skip

# country, region, class, rate, whether prices already include it
TAX_RATES = [
    ("DE", "", "standard", "0.19", True),
    ("DE", "", "shipping", "0.19", True),
    ("US", "CA", "standard", "0.0725", False),
]

# `shop` "" is the platform itself; days are counted from now, negative ones are past.
COUPONS: list[dict[str, Any]] = [
    {"code": "WELCOME10", "shop": "", "kind": "percent", "percent": 10},
    {"code": "FREESHIP", "shop": "", "kind": "free_shipping", "minimum_amount": 3000},
    {"code": "TAKE5", "shop": "", "kind": "fixed", "amount": 500, "minimum_amount": 2500, "usage_limit": 200},
    {"code": "SPRING25", "shop": "", "kind": "percent", "percent": 25, "starts": -60, "ends": -20},
    {"code": "NORTHLIGHT15", "shop": "northlight", "kind": "percent", "percent": 15, "ends": 90},
    {
        "code": "THREAD20", "shop": "alder", "kind": "fixed", "amount": 2000, "minimum_amount": 10000,
        "usage_limit_per_customer": 1,
    },
]  # fmt: skip
