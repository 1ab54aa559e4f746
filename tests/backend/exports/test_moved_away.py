"""A file is fetched by the posts of now: who left its unit, or may not have personal data any more, fetches none."""

from __future__ import annotations

from datetime import timedelta

from django.db.backends.postgresql.psycopg_any import DateRange

from backend.models import Position
from tests.backend.exports.asking import fetched, made
from tests.cast import SINCE, TODAY, Cast, SignIn


def test_who_went_to_another_county_fetches_nothing_of_the_one_before(cast: Cast, sign_in: SignIn) -> None:
    he = sign_in("he")
    export = made(he, "retailers")
    assert cast.shops[0].name in fetched(he, export).decode()
    Position.objects.filter(person=cast.he).update(during=DateRange(SINCE, TODAY))
    new = DateRange(TODAY, TODAY + timedelta(days=300))
    Position.objects.create(person=cast.he, unit=cast.other_county, role_id="county_leader", during=new)
    refused = he.get(f"/api/v1/exports/{export['id']}/file")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert cast.wu_shops[0].name in fetched(he, made(he, "retailers")).decode()


def test_who_may_not_have_personal_data_any_more_does_not_fetch_it(cast: Cast, sign_in: SignIn) -> None:
    he = sign_in("he")
    whole, masked = made(he, "retailers", reason="核对证照"), made(he, "retailers")
    Position.objects.filter(person=cast.he).update(role_id="market_manager")
    refused = he.get(f"/api/v1/exports/{whole['id']}/file")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert cast.shops[0].name in fetched(he, masked).decode()
