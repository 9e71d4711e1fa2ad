import pytest

from config.shared.emails import normal_email


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("ada@EXÄMPLE.com", "ada@xn--exmple-cua.com"),
        ("ada@xn--exmple-cua.com", "ada@xn--exmple-cua.com"),
        ("ada@boo\u212a.com", "ada@book.com"),
        ("ada@ex\uff0ecom", "ada@ex.com"),
        ("ada@faß.de", "ada@fass.de"),
        ("no address", "no address"),
    ],
    ids=range(7),
)
def test_one_spelling(given, normal):
    assert normal_email(given) == normal


@pytest.mark.parametrize("domain", ["ä..de", "ä" * 70 + ".de"], ids=["empty label", "long label"])
def test_a_domain_that_cannot_be(domain):
    with pytest.raises(UnicodeError):
        normal_email(f"ada@{domain}")
