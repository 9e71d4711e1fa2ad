"""The lines of attack, in the order in which they are tried: those that leave the market as it is come first."""

from bench.security.attacks import (
    access,
    bodies,
    browser,
    canary,
    credentials,
    exports,
    slow,
    sockets,
    ssrf,
    uploads,
    webhooks,
)

ATTACKS = {
    "access": access.attack,
    "credentials": credentials.attack,
    "browser": browser.attack,
    "sockets": sockets.attack,
    "webhooks": webhooks.attack,
    "canary": canary.attack,
    "ssrf": ssrf.attack,
    "uploads": uploads.attack,
    "exports": exports.attack,
    "bodies": bodies.attack,
    "slow": slow.attack,
}
