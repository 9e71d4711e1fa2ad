"""The look of the admin site."""

UNFOLD = {
    "SITE_TITLE": "Souk",
    "SITE_HEADER": "Souk",
    "SITE_SUBHEADER": "Back office",
    "SITE_SYMBOL": "storefront",
    "SHOW_BACK_BUTTON": True,
    "SITE_FAVICONS": [
        {"rel": "icon", "href": "data:,"}
    ],  # otherwise browsers request /favicon.ico, which does not exist
    "STYLES": ["config.back_office.navigation.stylesheet"],
    "DASHBOARD_CALLBACK": "config.back_office.dashboard.dashboard",
    "SIDEBAR": {"show_search": True, "navigation": "config.back_office.navigation.navigation"},
    "COLORS": {
        "primary": {
            "50": "#fdf5ef",
            "100": "#fbe7d7",
            "200": "#f6ccad",
            "300": "#f0a97a",
            "400": "#e98245",
            "500": "#d9692a",
            "600": "#b4531a",
            "700": "#944118",
            "800": "#77361a",
            "900": "#612e19",
            "950": "#34150a",
        }
    },
}
