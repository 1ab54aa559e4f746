"""The admin pages: rows, choices and filters within scope, every save audited, out of scope as absent."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.urls import reverse

from backend.models import AuditEntry, Level, Parameter, Person, Position, SyncEntry, Unit
from brands.models import KeyProduct
from retail.models import Retailer
from tests.cast import ALWAYS, Cast

BACKEND = "django.contrib.auth.backends.ModelBackend"


def desk(cast: Cast, name: str) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(cast.people[name], backend=BACKEND)
    return client


def page(model: str, act: str = "changelist", pk: Any = None) -> str:
    return reverse(f"admin:{model}_{act}", args=[pk] if pk is not None else [])


def absent(answer: Any) -> bool:
    """Django's admin sends one who asks for an object that is not there back to its index."""
    return answer.status_code == 302 and answer["Location"] == reverse("admin:index")


@pytest.fixture
def county_steward(cast: Cast) -> Client:
    """He imports and edits in the other county only."""
    Position.objects.create(person=cast.wu, unit=cast.other_county, role_id="data_steward", during=ALWAYS)
    return desk(cast, "wu")


def test_only_positions_with_the_admin_site_open_it(cast: Cast) -> None:
    allowed = {name: desk(cast, name).get(reverse("admin:index")).status_code for name in cast.people}
    assert {name for name, status in allowed.items() if status == 200} == {"sun", "qian", "zhou"}
    assert {status for name, status in allowed.items() if name not in {"sun", "qian", "zhou"}} == {302}


def test_a_position_that_ended_closes_the_admin_at_the_next_request(cast: Cast) -> None:
    client = desk(cast, "sun")
    assert client.get(page("backend_unit")).status_code == 200
    Position.objects.filter(person=cast.sun).update(during=DateRange(date(2024, 1, 1), date(2026, 3, 16)))
    assert client.get(page("backend_unit")).status_code == 302


def test_each_role_opens_its_own_pages_only(cast: Cast) -> None:
    models = (
        "backend_unit",
        "backend_person",
        "backend_parameter",
        "backend_auditentry",
        "retail_retailer",
        "brands_product",
    )
    opened = {name: [m for m in models if desk(cast, name).get(page(m)).status_code == 200] for name in ("sun", "qian")}
    assert opened == {
        "sun": ["backend_unit", "backend_person", "backend_parameter", "backend_auditentry", "brands_product"],
        "qian": ["backend_unit", "backend_parameter", "retail_retailer", "brands_product"],
    }


def test_lists_and_side_filters_hold_nothing_of_another_county(cast: Cast, county_steward: Client) -> None:
    content = county_steward.get(page("retail_retailer")).content.decode()
    assert "便民商店100" in content
    assert "便民商店0" not in content
    assert "大冶市" in content
    assert "阳新县" not in content


def test_an_object_of_another_county_is_absent_like_one_that_does_not_exist(cast: Cast, county_steward: Client) -> None:
    foreign = county_steward.get(page("retail_retailer", "change", cast.shops[0].pk))
    nowhere = county_steward.get(page("retail_retailer", "change", cast.lin.pk))
    assert (absent(foreign), absent(nowhere)) == (True, True)
    form = {"name": "改名"}
    assert absent(county_steward.post(page("retail_retailer", "change", cast.shops[0].pk), form))
    assert Retailer.objects.get(pk=cast.shops[0].pk).name == "便民商店0"


def shop_form(shop: Retailer, **change: Any) -> dict[str, Any]:
    names = ("code", "licence_no", "name", "holder", "address", "datum", "order_weekday", "lon", "lat")
    return {
        **{name: getattr(shop, name) for name in names},
        "licence_valid_until": "2028-06-30",
        "opened_on": "2024-01-01",
        **change,
    }


def test_a_save_is_audited_and_goes_to_the_phones(cast: Cast) -> None:
    shop = cast.shops[0]
    answer = desk(cast, "qian").post(page("retail_retailer", "change", shop.pk), shop_form(shop, name="改名店"))
    assert (answer.status_code, answer["Location"]) == (302, page("retail_retailer"))
    shop.refresh_from_db()
    assert (shop.name, shop.version) == ("改名店", 2)
    entry = AuditEntry.objects.get()
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.act, entry.actor_id, entry.unit_id) == ("retailer.change", cast.qian.pk, cast.county.pk)
    assert (entry.before["name"], entry.after["name"]) == ("便民商店0", "改名店")
    assert list(SyncEntry.objects.values_list("territory_id", "document_id")) == [(cast.territory.pk, shop.pk)]


def test_nothing_is_deleted_and_facts_of_verbs_are_read_only(cast: Cast) -> None:
    client = desk(cast, "qian")
    assert client.post(page("retail_retailer", "delete", cast.shops[0].pk), {"post": "yes"}).status_code == 403
    assert client.get(page("retail_assignment", "add")).status_code == 403
    assert client.get(page("retail_classification")).status_code == 200
    assert client.get(page("backend_auditentry", "add")).status_code == 403
    assert Retailer.objects.count() == 5


def test_choices_hold_only_what_the_editor_may_see(cast: Cast) -> None:
    elsewhere = Unit.objects.create(
        code="4203", name="十堰市", parent=cast.hubei, level=Level.PREFECTURE, during=ALWAYS
    )
    client = desk(cast, "qian")
    content = client.get(page("brands_keyproduct", "add")).content.decode()
    assert "阳新县" in content
    assert "十堰市" not in content
    form = {"unit": elsewhere.pk, "product": cast.products[0].pk, "during_0": "2026-03-16", "during_1": ""}
    assert client.post(page("brands_keyproduct", "add"), form).status_code == 200
    assert KeyProduct.objects.count() == 1


def test_what_stands_above_is_seen_and_not_changed(cast: Cast) -> None:
    client = desk(cast, "qian")
    above = {"unit": cast.hubei.pk, "product": cast.products[1].pk, "during_0": "2026-03-16", "during_1": ""}
    assert client.post(page("brands_keyproduct", "add"), above).status_code == 403
    assert (KeyProduct.objects.count(), AuditEntry.objects.count()) == (1, 0)
    own = {**above, "unit": cast.county.pk}
    assert client.post(page("brands_keyproduct", "add"), own).status_code == 302
    assert KeyProduct.objects.get(unit=cast.county).during == DateRange(date(2026, 3, 16), None)


def test_a_parameter_must_be_declared_and_of_its_type(cast: Cast) -> None:
    client = desk(cast, "sun")
    form = {"unit": cast.county.pk, "during_0": "2026-03-16", "during_1": ""}
    wrong = [
        ("retail.no_such_thing", "1"),
        ("retail.licence_notice_days", '"thirty"'),
        ("retail.licence_notice_days", "{"),
    ]
    for key, value in wrong:
        assert client.post(page("backend_parameter", "add"), {**form, "key": key, "value": value}).status_code == 200
    assert Parameter.objects.count() == 0
    good = {**form, "key": "retail.licence_notice_days", "value": "45"}
    assert client.post(page("backend_parameter", "add"), good).status_code == 302
    assert Parameter.objects.get().value == 45
    again = client.post(page("backend_parameter", "add"), good)
    assert (again.status_code, Parameter.objects.count()) == (200, 1)


def test_a_new_person_starts_with_a_position_and_can_sign_in(cast: Cast) -> None:
    client = desk(cast, "sun")
    form = {
        "username": "tian",
        "name": "田甜",
        "language": "zh-hans",
        "is_active": "on",
        "password": "a-long-enough-pass",
        "unit": cast.territory.pk,
        "role": "analyst",
        "from_date": "2026-03-16",
    }
    answer = client.post(page("backend_person", "add"), form)
    assert answer.status_code == 302, answer.content.decode()
    made = Person.objects.get(username="tian")
    assert made.check_password("a-long-enough-pass")
    held = Position.objects.get(person=made)
    assert (held.unit_id, held.role_id, held.during.lower) == (cast.territory.pk, "analyst", date(2026, 3, 16))
    assert set(AuditEntry.objects.values_list("act", flat=True)) == {"person.add", "position.appoint"}
    assert not any("password" in (e.after or {}) for e in AuditEntry.objects.all())
    edit = {k: v for k, v in form.items() if k in {"username", "language", "is_active"}} | {
        "name": "田田",
        "password": "",
    }
    assert client.post(page("backend_person", "change", made.pk), edit).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.check_password("a-long-enough-pass")) == ("田田", True)


def test_a_unit_of_the_wrong_level_is_told_on_the_page(cast: Cast) -> None:
    form = {"code": "X", "level": 5, "name": "错层", "parent": cast.county.pk, "during_0": "2026-03-16", "during_1": ""}
    answer = desk(cast, "sun").post(page("backend_unit", "add"), form)
    assert (answer.status_code, Unit.objects.filter(code="X").count()) == (200, 0)
    right = desk(cast, "sun").post(page("backend_unit", "add"), {**form, "level": 4})
    assert (right.status_code, Unit.objects.get(code="X").ancestors[:-1]) == (302, cast.county.ancestors)


def test_two_account_managers_of_one_territory_are_told_on_the_page(cast: Cast) -> None:
    form = {
        "person": cast.ma.pk,
        "unit": cast.territory.pk,
        "role": "account_manager",
        "during_0": "2026-03-16",
        "during_1": "",
    }
    answer = desk(cast, "sun").post(page("backend_position", "add"), form)
    assert answer.status_code == 200
    assert Position.objects.filter(unit=cast.territory).count() == 1
    assert AuditEntry.objects.count() == 0


def test_a_page_asks_for_the_positions_once(cast: Cast, django_assert_max_num_queries: Any) -> None:
    client = desk(cast, "qian")
    with django_assert_max_num_queries(40) as captured:
        client.get(page("retail_retailer"))
    asked = [q["sql"] for q in captured.captured_queries if 'FROM "backend_position"' in q["sql"]]
    assert len(asked) == 1, asked


def test_no_page_tells_the_name_of_a_shop_by_its_raw_id(cast: Cast, county_steward: Client) -> None:
    """A raw id widget looks its row up without any scope, so none is registered."""
    foreign = cast.shops[0]
    for answer in (
        county_steward.get(page("market_allotment", "add"), {"retailer": str(foreign.pk)}),
        county_steward.post(page("market_allotment", "add"), {"retailer": str(foreign.pk), "product": "1"}),
    ):
        assert answer.status_code == 200
        assert foreign.name not in answer.content.decode()
        assert foreign.code not in answer.content.decode()
    assert [model for model, found in admin.site._registry.items() if found.raw_id_fields] == []


def test_a_filter_that_no_date_can_have_is_no_failure_of_ours(cast: Cast) -> None:
    answer = desk(cast, "qian").get(page("market_allotment"), {"opens_on__year": "99999"})
    assert (answer.status_code, answer["Location"]) == (302, f"{page('market_allotment')}?e=1")


def test_nobody_sets_the_password_of_one_who_also_works_elsewhere(cast: Cast) -> None:
    """Whoever signs in as Zhao reads the whole prefecture; that she stands in at an office opens no way to it."""
    Position.objects.create(person=cast.feng, unit=cast.county, role_id="administrator", during=ALWAYS)
    Position.objects.filter(person=cast.feng, unit=cast.prefecture).delete()
    Position.objects.create(person=cast.zhao, unit=cast.office, role_id="market_manager", during=ALWAYS)
    before = {name: Person.objects.get(username=name).password for name in ("zhao", "lin")}
    form = {"name": "x", "language": "en", "is_active": "on", "password": "a-password-of-mine-135"}
    answers = {
        name: desk(cast, "feng").post(
            page("backend_person", "change", cast.people[name].pk), {**form, "username": name}
        )
        for name in before
    }
    assert (answers["zhao"].status_code, answers["lin"].status_code) == (403, 302)
    after = {name: Person.objects.get(username=name).password for name in before}
    assert (after["zhao"] == before["zhao"], after["lin"] == before["lin"]) == (True, False)


def test_a_list_is_narrowed_by_nothing_that_it_does_not_show(cast: Cast) -> None:
    """Else a password's hash could be read letter by letter, and so could a phone's token."""
    sun = desk(cast, "sun")
    Person.objects.filter(pk=cast.lin.pk).update(password="argon2$secret")
    for asked in ("password__startswith=argon2", "password__regex=^a", "last_login__isnull=1", "version__gt=0"):
        assert sun.get(page("backend_person"), QUERY_STRING=asked).status_code == 400, asked
    assert sun.get(page("backend_device"), QUERY_STRING="token_hash__startswith=a").status_code == 400
    assert sun.get(page("backend_person"), QUERY_STRING="is_active__exact=1").status_code == 200
    assert sun.get(page("backend_position"), QUERY_STRING="role__code__exact=administrator").status_code == 200
    assert sun.get(page("cycles_calendarday"), QUERY_STRING="day__year=2026").status_code == 200


@pytest.mark.parametrize(
    "typed", ["[" * 3_000, "[" * 3_000 + "]" * 3_000, '"\\ud800"', '["\\u0000"]', "NaN", '{"a": 1e400}']
)
def test_json_that_nothing_could_hold_is_refused_on_the_page(cast: Cast, typed: str) -> None:
    fields = {"unit": cast.county.pk, "key": "quiz_attempts", "during_0": "2026-03-17", "during_1": "", "value": typed}
    answer = desk(cast, "sun").post(page("backend_parameter", "add"), fields)
    assert answer.status_code == 200
    assert "Enter a valid JSON." in answer.content.decode()
    assert not Parameter.objects.exists()


def test_a_choice_that_is_no_key_is_refused_on_the_page(cast: Cast) -> None:
    steward = desk(cast, "qian")
    add = page("brands_keyproduct", "add")
    assert steward.get(add, {"product": "no key"}).status_code == 200
    fields = {"unit": cast.county.pk, "product": "no key", "during_0": "2026-03-17", "during_1": ""}
    answer = steward.post(add, fields)
    assert (answer.status_code, "Select a valid choice" in answer.content.decode()) == (200, True)
    assert not KeyProduct.objects.filter(unit=cast.county).exists()
