import pytest

from payments.standin.errors import StripeError
from payments.standin.forms import MalformedForm, parse
from payments.standin.params import check, fields, flag, integer, list_of, metadata, text


@pytest.mark.parametrize(
    ("encoded", "form"),
    [
        (b"", {}),
        (b"a=1&b=", {"a": "1", "b": ""}),
        (b"a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        (b"e[]=x&e[]=y", {"e": {"0": "x", "1": "y"}}),
        (b"e[0]=x&e[1]=y", {"e": {"0": "x", "1": "y"}}),
        (b"l[0][n]=1&l[1][n]=2", {"l": {"0": {"n": "1"}, "1": {"n": "2"}}}),
        (b"metadata%5Bkey%5D=a%26b", {"metadata": {"key": "a&b"}}),
        (b"a=%ff", {"a": "�"}),
    ],
)
def test_brackets(encoded, form):
    assert parse(encoded) == form


@pytest.mark.parametrize("encoded", [b"a[b=1", b"a]=1", b"[a]=1", b"a=1&a[b]=2"])
def test_brackets_that_do_not_match(encoded):
    with pytest.raises(MalformedForm):
        parse(encoded)


SPEC = {"n": integer, "on": flag, "of": fields(a=text), "many": list_of(text), "metadata": metadata}


def test_conversion():
    raw = {"n": "-3", "on": "true", "of": {"a": ""}, "many": {"0": "x"}, "metadata": {"k": "v"}}
    expected = {"n": -3, "on": True, "of": {"a": None}, "many": ["x"], "metadata": {"k": "v"}}
    assert check(raw, SPEC) == expected


@pytest.mark.parametrize(
    "raw",
    [
        {"n": "1.0"},
        {"n": "\u0661"},
        {"on": "1"},
        {"of": "x"},
        {"of": {"b": "1"}},
        {"many": "x"},
        {"metadata": {"k" * 41: "v"}},
    ],
)
def test_what_does_not_fit(raw):
    with pytest.raises(StripeError) as caught:
        check(raw, SPEC)
    assert caught.value.status == 400
