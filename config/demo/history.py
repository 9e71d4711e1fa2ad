"""What happened in the demo marketplace in the last two months; `past.FATES` defines the fates."""

from config.demo.data import GUEST
from config.demo.tables import Opinion, Past

ORDERS = [
    Past(58, "customer", "enamel-kettle pour-over-set", "delivered"),
    Past(56, "hana", "studio-headphones", "delivered"),
    Past(54, "louis", "salt-roads one-pot", "delivered", coupon="WELCOME10"),
    Past(52, "amara", "ridge-tent sleeping-mat*2", "delivered"),
    Past(50, "customer2", "oxford-shirt*2 beanie", "delivered", coupon="WELCOME10"),
    Past(47, "felix", "cast-iron-pot stoneware-mug*4", "delivered", note="Please ring at the back door."),
    Past(45, "theo", "desk-lamp night-ferry", "refused", note="The book is a present."),
    Past(43, "nora", "fisher-sweater", "delivered"),
    Past(41, "customer", "shelf-speaker", "refunded"),
    Past(38, GUEST, "camp-stove enamel-cup*2 steel-bottle", "delivered"),
    Past(36, "oscar", "moss-guide glass-orchard dot-notebook*3", "delivered"),
    Past(33, "hana", "enamel-kettle stoneware-mug*2", "returned", coupon="FREESHIP"),
    Past(30, "customer2", "day-pack steel-bottle*2", "cash_delivered"),
    Past(28, "louis", "selvedge-jeans", "expired"),
    Past(26, "amara", "kitchen-radio", "delivered"),
    Past(24, "felix", "down-bag", "cancelled"),
    Past(21, "customer", "linen-shirt market-tote one-pot", "delivered", coupon="TAKE5"),
    Past(18, "theo", "mechanical-keyboard", "delivered"),
    Past(15, "nora", "linen-cushion*4 supper-plates", "delivered", coupon="NORTHLIGHT15"),
    Past(12, "kenji", "fountain-pen bread-book", "return_asked"),
    Past(9, "customer", "rain-jacket dot-notebook*2", "packing"),
    Past(7, "hana", "wireless-headphones", "shipped"),
    Past(5, "customer2", "bentwood-chair*2", "shipped"),
    Past(4, "felix", "trackball slow-trains", "packing"),
    Past(3, "priya", "wool-throw pendant-lamp", "accepted"),
    Past(2, "amara", "canvas-sneaker", "paid", coupon="FREESHIP"),
    Past(1.5, "customer2", "steel-bottle salt-roads", "cash_shipped"),
    Past(1.4, "oscar", "film-camera", "paid"),
    Past(0.6, "customer", "french-press", "awaiting_transfer"),
    Past(0.4, GUEST, "portable-speaker", "awaiting_transfer"),
]

REVIEWS = [
    Opinion(
        50, "customer", "enamel-kettle", 5, "Sings softly",
        "Boils faster than my old electric one and does not scream about it. The beech handle really does stay cool.",
    ),
    Opinion(
        49, "customer", "pour-over-set", 4, "Lovely, but mind the scoop",
        "The coffee is the best I have made at home. The scoop holds a little less than it should.",
        reply="You are right: from the next batch on it holds ten grams. We have sent you one.",
    ),
    Opinion(
        48, "hana", "studio-headphones", 5, "Honest sound",
        "They show every mistake in my mixes, which is what I bought them for. I changed the pads in a minute.",
    ),
    Opinion(
        46, "louis", "salt-roads", 5, "Read it in one night",
        "The chapter on the ice is the finest thing I have read this year. I bought a second one to give away.",
    ),
    Opinion(
        45, "louis", "one-pot", 4, "On the table every Tuesday",
        "Most recipes are as simple as promised. The winter part could be longer.",
    ),
    Opinion(
        44, "amara", "ridge-tent", 5, "Dry after three days of Wales",
        "It rained sideways and nothing came in. Four minutes is true from the second time on.",
    ),
    Opinion(
        43, "amara", "sleeping-mat", 3, "It is a mat",
        "Light and tough, but my hips noticed every root. Fine for a night or two.",
        reply="Thank you for trying it. Two of them on top of each other weigh less than most air beds.",
    ),
    Opinion(
        42, "customer2", "oxford-shirt", 5, "Ordered two more",
        "Thick cloth, good collar, and the size chart is right. It has been through ten washes and looks better.",
    ),
    Opinion(
        40, "felix", "cast-iron-pot", 5, "For life",
        "The stew was done an hour early because it holds its heat so well. Heavy, as it should be.",
    ),
    Opinion(
        39, "felix", "stoneware-mug", 4, "No two alike",
        "Mine differ in height by a finger, and I like that. They get hot in the microwave.",
    ),
    Opinion(
        35, "nora", "fisher-sweater", 5, "Rain stays outside",
        "I walked the dog in a drizzle and only the dog was wet. It smells of sheep for the first week.",
    ),
    Opinion(
        29, "oscar", "moss-guide", 5, "You will look down more",
        "I have found thirty species on the way to work. The lens in the cover is a real one.",
    ),
    Opinion(
        28, "oscar", "dot-notebook", 4, "Lies flat, takes ink",
        "No bleeding even with a broad nib. I would like page numbers.",
    ),
    Opinion(
        25, "hana", "enamel-kettle", 4, "Handsome and quick",
        "It looks good on the stove all day. The lid is a bit tight when it is cold.",
        reply="It loosens within a month. If it does not, send us a picture and we will change the lid.",
    ),
    Opinion(
        22, "customer2", "day-pack", 5, "Every day since",
        "It holds a laptop, lunch and a jacket and still looks small. The roll top keeps the rain out.",
    ),
    Opinion(
        19, "amara", "kitchen-radio", 3, "Good sound, stiff knob",
        "It fills the kitchen without shouting. The station knob needs two fingers.",
    ),
    Opinion(
        14, "customer", "linen-shirt", 4, "Summer in a shirt",
        "Light, roomy and already soft. The buttons were a little loose, so I sewed them on again.",
        reply="Sorry about the buttons! Mending is free for two years, buttons included.",
    ),
    Opinion(
        11, "theo", "mechanical-keyboard", 5, "The umbrella is real",
        "It does sound like a good umbrella, and I mean that kindly. Swapping a switch took seconds.",
    ),
    Opinion(
        8, "nora", "linen-cushion", 4, "Soft from the first day",
        "The colour is a shade warmer than in the picture. The zip is as hidden as they say.",
    ),
    Opinion(
        5, "kenji", "fountain-pen", 5, "Gets better in the hand",
        "It has gone dark where my thumb sits. The fine nib is truly fine.",
    ),
]  # fmt: skip

# who follows which shops and brands
FOLLOWS = {
    "customer": ["shop:northlight", "shop:lantern", "brand:Fjordhem", "brand:Tern Press"],
    "customer2": ["shop:alder", "shop:northlight", "shop:trailhead", "brand:Ridgewell"],
    "hana": ["shop:volt", "shop:northlight", "brand:Halden Audio"],
    "louis": ["shop:lantern", "brand:Tern Press"],
    "amara": ["shop:trailhead", "shop:volt"],
    "felix": ["shop:northlight", "shop:alder", "brand:Hearth & Oak"],
    "nora": ["shop:alder", "brand:Ostrava Knit"],
    "theo": ["shop:volt", "shop:alder"],
}

CART = ("customer", "wool-throw dot-notebook*2 portable-speaker", "WELCOME10")
# How many days ago these people last looked at their notifications.
LOOKED = {"customer": 8, "customer2": 6, "seller": 6, "seller2": 10}
