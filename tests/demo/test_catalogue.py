"""The product list of the demo: bar codes, prices and price classes."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from demo.catalogue import PRICE_CLASS_BANDS, is_ean13, products


@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("4006381333931", True),
        ("6999135000013", True),
        ("6999135000014", False),
        ("400638133393", False),
        ("40063813339310", False),
        ("400638133393X", False),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", False),
    ],
)
def test_a_check_digit_is_the_one_of_gs1(code: str, right: bool) -> None:
    assert is_ean13(code) is right


def test_there_are_120_products_with_right_and_different_bar_codes() -> None:
    found = products()
    codes = [code for product in found for code in (product.pack_code, product.carton_code)]
    assert len(found) == 120
    assert len(set(codes)) == 240
    assert all(is_ean13(code) for code in codes)
    assert len({product.name for product in found}) == len({product.code for product in found}) == 120


def test_prices_of_a_product_agree_with_each_other() -> None:
    for product in products():
        assert product.packs_per_carton == 10
        assert product.guide_carton_fen == 10 * product.guide_pack_fen
        assert 0.86 <= product.wholesale_fen / product.guide_carton_fen <= 0.905
        assert product.transfer_fen is None or product.transfer_fen < product.wholesale_fen
        assert product.guide_carton_fen <= 100_000


def test_all_five_price_classes_occur_and_three_products_have_none() -> None:
    found = Counter(product.price_class for product in products())
    assert found == {1: 66, 2: 21, 3: 25, 4: 3, 5: 2, None: 3}
    assert [low for _, low, _ in PRICE_CLASS_BANDS[:-1]] == [high for _, _, high in PRICE_CLASS_BANDS[1:]]


def test_twelve_are_key_three_are_launches_and_thirty_are_made_at_home() -> None:
    found = products()
    assert sum(product.is_key for product in found) == 12
    assert sum(product.is_home for product in found) == 30
    launches = [product for product in found if product.launched_months_ago is not None]
    assert sorted(p.sold_since(date(2026, 3, 16)) or date.min for p in launches) == [
        date(2025, 7, 1),
        date(2025, 10, 1),
        date(2026, 1, 1),
    ]
    assert all(product.is_key for product in launches)


def test_a_brand_has_one_maker() -> None:
    makers = {(product.brand, product.maker, product.brand_en, product.is_home) for product in products()}
    assert len(makers) == len({product.brand for product in products()}) == 29
