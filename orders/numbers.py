"""Order numbers: short, unambiguous when read aloud, and revealing nothing about the number of orders."""

import secrets

# After Crockford's base 32, but stricter: without 0/O, 1/I/L, 2/Z, 5/S, 8/B and U.
ALPHABET = "34679ACDEFGHJKMNPQRTVWXY"
LENGTH = 7  # 24⁷ ≈ 4.6 x 10⁹


def new_number() -> str:
    """Such as "SK-7F3KMQA"; the unique constraint detects collisions."""
    return "SK-" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
