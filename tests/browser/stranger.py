"""Nobody, one without duties, and Lin at Chen's addresses: every page refuses, and no body holds anybody's data."""

from __future__ import annotations

from uuid import uuid4

from playwright.sync_api import APIResponse, expect

from backend import clock
from backend.models import Person
from cycles import month as months
from cycles.models import ManagerCell, ManagerCycle
from tests.browser.desk import Desk, desk
from tests.browser.server import PASSWORD
from tests.browser.stage import Stage
from tests.cast import Cast
from tests.market.facts import Seen, visit
from tests.walk.asking import page_address
from tests.walk.policy import PAGES, PUBLIC
from visits.models import Visit

NOTE = "老板说下月停业装修。"
REFUSED = {302, 403, 404}
GETS = {name.removeprefix("GET "): rule for name, rule in PAGES.items() if name.startswith("GET ")}


def walk(stage: Stage) -> None:
    """The same addresses for all three; the database is as it was."""
    cast, month = stage.cast, clock.today().replace(day=1)
    months.open_month(month)
    note = Seen(note=NOTE, observations=[{"product": cast.products[0], "carton_price_fen": 19_380}])
    own = visit(cast.shops[0], cast.territory, cast.people["lin"], clock.today(), note)
    theirs = visit(cast.wu_shops[0], cast.other_territory, cast.people["wu"], clock.today(), note)
    nobody = Person(username="nemo", name="无岗")
    nobody.set_password(PASSWORD)
    nobody.save()
    before = _kept()
    addresses = _addresses(cast, str(own))
    for username in ("", "nemo"):
        with desk(stage) as who:
            _meets_nothing(who, username, addresses, cast)
    with desk(stage) as lin:
        _lin_at_chens(lin, cast, str(theirs), str(own))
    assert _kept() == before


def _kept() -> tuple[int, list[tuple[str, int]]]:
    return Visit.objects.count(), sorted(ManagerCell.objects.values_list("state", "version"))


def _addresses(cast: Cast, own: str) -> list[str]:
    """Every page that is not public, at a real object where Lin has one, else at none."""
    cycle = ManagerCycle.objects.get(person=cast.people["lin"])
    known = {
        "visit": own,
        "cycle": {"retailer_id": cast.shops[0].pk, "month": f"{clock.today():%Y-%m}"},
        "manager cycle": cycle.pk,
        "policy version": cast.policy.pk,
    }
    found = []
    for path, rule in GETS.items():
        if rule.needs != PUBLIC:
            key = known.get(rule.of, 1 if "<int:" in path else uuid4())
            found.append(page_address(path, key))
    return found


def _meets_nothing(who: Desk, username: str, addresses: list[str], cast: Cast) -> None:
    if username:
        who.page.goto("/login")
        who.page.locator("[name=username]").fill(username)
        who.page.locator("[name=password]").fill(PASSWORD)
        who.page.locator("[name=password]").press("Enter")
        who.page.wait_for_load_state()
    secrets = _secrets(cast)
    for address in addresses:
        answer = who.page.request.get(address, max_redirects=0)
        assert answer.status in REFUSED, (username, address, answer.status)
        if not username:
            assert answer.status == 302, (address, answer.status)
            assert answer.headers["location"].startswith("/login"), address
        _holds_none(answer, secrets)
    who.page.goto(addresses[0])
    if not username:
        expect(who.page.locator("[name=password]")).to_be_visible()


def _secrets(cast: Cast) -> list[str]:
    """Words of the cast that only a reader with duties may read."""
    shops = [word for shop in (*cast.shops, *cast.wu_shops) for word in (shop.name, shop.holder, shop.licence_no)]
    people = [one.name for one in cast.people.values()]
    return [*shops, *people, NOTE, cast.policy.policy.title, cast.county.name, cast.products[0].name]


def _holds_none(answer: APIResponse, secrets: list[str]) -> None:
    body = answer.text()
    found = [word for word in secrets if word in body]
    assert not found, (answer.url, found)


def _lin_at_chens(lin: Desk, cast: Cast, theirs: str, own: str) -> None:
    """Her own pages open; Chen's month, units above and beside hers, and Wu's visit are not there for her."""
    lin.sign_in("lin")
    page, month = lin.page, f"{clock.today():%Y-%m}"
    for address in (f"/visits/{own}", f"/months/{ManagerCycle.objects.get(person=cast.people['lin']).pk}"):
        assert page.request.get(address, max_redirects=0).status == 200, address
    chens = ManagerCycle.objects.filter(person=cast.people["chen"]).values_list("pk", flat=True)
    mas = ManagerCycle.objects.filter(person=cast.people["ma"]).values_list("pk", flat=True)
    places = [f"unit={unit.pk}&month={month}" for unit in (cast.county, cast.office, cast.next_territory)]
    tried = [f"/visits/{theirs}", *(f"/months/{pk}" for pk in (*chens, *mas))]
    tried += [
        f"{path}?{place}" for path in ("/", "/reviews", "/visits", "/market", "/field/verify") for place in places
    ]
    hidden = [shop.name for shop in cast.wu_shops] + [cast.people["ma"].name, cast.people["wu"].name]
    for address in tried:
        answer = page.request.get(address, max_redirects=0)
        assert answer.status in {403, 404}, (address, answer.status)
        _holds_none(answer, hidden)
    page.goto("/reviews")
    expect(page.locator(".pick")).to_have_count(0)
