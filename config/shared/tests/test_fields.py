import pytest
from rest_framework.exceptions import ValidationError

from config.shared.api import fields
from config.shared.api.serializers import Serializer
from config.shared.errors import field_errors
from config.shared.money import Money


class Sample(Serializer):
    name = fields.CharField()
    quantity = fields.IntegerField(min_value=1)
    seen = fields.IntegerField(read_only=True)


@pytest.mark.parametrize("wrong", ["5", 5.0, 1e3, True, None, [5], 2**63, -1, 10**400])
def test_an_integer_is_a_json_integer_within_range(wrong):
    with pytest.raises(ValidationError):
        fields.IntegerField().run_validation(wrong)


@pytest.mark.parametrize("wrong", [7, True, ["a"], {"a": 1}, "a\x00b", "x" * 256])
def test_a_text_is_a_json_text(wrong):
    with pytest.raises(ValidationError):
        fields.CharField().run_validation(wrong)


@pytest.mark.parametrize("wrong", ["yes", "true", 1, 0, None])
def test_a_boolean_is_true_or_false(wrong):
    with pytest.raises(ValidationError):
        fields.BooleanField().run_validation(wrong)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (5, "wrong_type"),
        ({"amount": 5}, "wrong_type"),
        ({"amount": 5, "currency": "USD", "more": 1}, "wrong_type"),
        ({"amount": "5", "currency": "USD"}, "amount"),
        ({"amount": True, "currency": "USD"}, "amount"),
        ({"amount": -1, "currency": "USD"}, "negative"),
        ({"amount": 2**53, "currency": "USD"}, "too_large"),
        ({"amount": 5, "currency": "usd"}, "currency"),
        ({"amount": 5, "currency": ["USD"]}, "currency"),
    ],
)
def test_money_is_refused_with_the_reason(wrong, code):
    with pytest.raises(ValidationError) as refusal:
        fields.MoneyField().run_validation(wrong)
    assert refusal.value.get_codes() == [code]


def test_money_is_read_and_written():
    assert fields.MoneyField().run_validation({"amount": 1999, "currency": "USD"}) == Money(1999, "USD")
    assert fields.MoneyField().to_representation(Money(1999, "USD")) == {"amount": 1999, "currency": "USD"}


@pytest.mark.parametrize("wrong", ["1.5", "-0.1", "NaN", "abc", 0.1, "0.1234567", None])
def test_a_rate_is_a_decimal_text_between_nought_and_one(wrong):
    with pytest.raises(ValidationError):
        fields.RateField().run_validation(wrong)


def test_an_unknown_member_is_refused_and_a_read_only_one_ignored():
    known = Sample(data={"name": "a", "quantity": 1, "seen": 3})
    assert known.is_valid()
    assert known.validated_data == {"name": "a", "quantity": 1}
    unknown = Sample(data={"name": "a", "quantity": 1, "quantiy": 2})
    assert not unknown.is_valid()
    assert unknown.errors["quantiy"][0].code == "unknown_field"


class Band(Serializer):
    sample = Sample(required=False)
    samples = Sample(many=True, required=False)


@pytest.mark.parametrize("half", [{"sample": {"name": "a"}}, {"samples": [{"name": "a"}]}])
def test_a_body_of_a_patch_leaves_out_what_it_likes_and_what_is_nested_in_it_is_whole(half):
    assert Band(data={}, partial=True).is_valid()
    refused = Band(data=half, partial=True)
    assert not refused.is_valid()
    assert refused.partial
    (error,) = field_errors(refused.errors)
    assert (error["pointer"], error["code"]) in {
        ("/sample/quantity", "required"),
        ("/samples/0/quantity", "required"),
    }
