"""What is known of a shop leaves with it: the digest shows a territory's new manager no more than the list."""

from __future__ import annotations

from datetime import timedelta

from django.db.backends.postgresql.psycopg_any import DateRange

from backend import clock
from backend.models import Position
from market.models import IntelligenceItem
from tests.cast import NOW, SINCE, TODAY, Cast, SignIn
from tests.market.intelligence import heard, listed, send
from tests.market.test_rollups import move


def test_the_digest_shows_nothing_of_a_shop_that_moved_away(cast: Cast, sign_in: SignIn) -> None:
    send(cast, cast.actor("lin"), heard("rival_move", "对面店买一送一", place="步行街"))
    shop = IntelligenceItem.objects.get().retailer
    Position.objects.filter(person__in=[cast.lin, cast.ma]).update(during=DateRange(SINCE, TODAY))
    now = DateRange(TODAY, None)
    Position.objects.create(person=cast.ma, unit=cast.territory, role_id="account_manager", during=now)
    tuesday = NOW + timedelta(days=1)
    with clock.at(tuesday):
        ma = sign_in("ma")
        address = f"/api/v1/intelligence/digest?unit={cast.territory.pk}"
        assert [ma.get(address).json()["new"]["count"], len(listed(ma))] == [1, 1]
        move(shop, cast.other_territory, clock.today())
        assert listed(ma) == []
        assert [ma.get(address).json()["new"][name] for name in ("count", "items")] == [0, []]
        assert sign_in("he").get(f"/api/v1/intelligence/digest?unit={cast.county.pk}").json()["new"]["count"] == 1
