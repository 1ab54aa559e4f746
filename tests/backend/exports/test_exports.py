"""Exports from asking to fetching: what is in the file, who gets it, what is masked, and how jobs end."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import storages
from django.db.backends.postgresql.psycopg_any import DateRange
from rest_framework.test import APIClient

from backend import clock
from backend.exports import asking, columns, kinds, launching, problems, store, working
from backend.models import AuditEntry, Export, Position
from market.models import Order, OrderLine
from retail.models import Contact, Retailer
from tests.backend.exports.asking import (
    ask,
    content_of,
    csv_rows,
    fetched,
    made,
    parquet_rows,
    xlsx_rows,
)
from tests.cast import NOW, TODAY, Cast, SignIn
from tests.visits.items import item, receive
from visits.models import Visit

MONTH = TODAY.replace(day=1)


def an_order(cast: Cast) -> Order:
    order = Order.objects.create(
        month=MONTH, order_no="=D1", retailer=cast.shops[0], territory=cast.territory, county=cast.county,
        on_date=TODAY, cartons=3, amount_fen=123_405,
    )  # fmt: skip
    OrderLine.objects.create(
        month=MONTH, order_id=order.pk, product=cast.products[0], demanded_cartons=None, allotted_cartons=0,
        ordered_cartons=3, amount_fen=123_405,
    )  # fmt: skip
    return order


# -- what is in it -----------------------------------------------------------------------------------------------------


def test_an_order_is_told_exactly_in_three_formats(cast: Cast, as_zhao: APIClient) -> None:
    order = an_order(cast)
    [row] = csv_rows(fetched(as_zhao, made(as_zhao, "orders")))
    assert (row["订单号"], row["月份"], row["业务日期"]) == ("'=D1", "2026-03", "2026-03-16")
    assert (row["金额(分)"], row["金额(元)"], row["条数"]) == ("123405", "1234.05", "3")
    [typed] = parquet_rows(fetched(as_zhao, made(as_zhao, "orders", "parquet")))
    assert (typed["order_no"], typed["order_id"], typed["on_date"]) == ("=D1", str(order.pk), TODAY)
    assert (typed["amount_fen"], str(typed["amount_yuan"])) == (123_405, "1234.05")
    heading, cells = xlsx_rows(fetched(as_zhao, made(as_zhao, "orders", "xlsx")))
    sheet = dict(zip(heading, cells, strict=True))
    assert (sheet["订单号"], sheet["业务日期"], sheet["金额(元)"], sheet["条数"]) == ("=D1", TODAY, 1234.05, 3.0)


def test_null_is_not_zero_and_headings_are_in_the_readers_language(cast: Cast, as_zhao: APIClient) -> None:
    an_order(cast)
    as_zhao.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    [row] = csv_rows(fetched(as_zhao, made(as_zhao, "order_lines")))
    assert (row["demanded, cartons"], row["allotted, cartons"], row["ordered, cartons"]) == ("", "0", "3")
    [typed] = parquet_rows(fetched(as_zhao, made(as_zhao, "order_lines", "parquet")))
    assert (typed["demanded_cartons"], typed["allotted_cartons"]) == (None, 0)


def test_the_manifest_says_what_the_file_is(cast: Cast, as_zhao: APIClient) -> None:
    an_order(cast)
    export = made(as_zhao, "orders", unit=cast.county.pk, period={"since": "2026-03-01"}, filters={"order_no": "=D1"})
    content = fetched(as_zhao, export)
    told = as_zhao.get(f"/api/v1/exports/{export['id']}/manifest").json()
    assert (told["rows"], told["sha256"], told["size_bytes"]) == (1, hashlib.sha256(content).hexdigest(), len(content))
    assert (told["unit"], told["since"], told["until"]) == (
        {"id": cast.county.pk, "name": "阳新县"},
        "2026-03-01",
        None,
    )
    assert (told["filters"], told["is_masked"], told["reason"]) == ({"order_no": "=D1"}, True, "")
    assert (told["asked_by"]["name"], told["as_of"][:19]) == ("赵明", "2026-03-16T10:00:00")
    assert [column["name"] for column in told["columns"]][:3] == ["order_id", "order_no", "month"]
    assert (export["rows"], export["sha256"], export["state"]) == (1, told["sha256"], "ready")


@pytest.mark.parametrize("kind", [kind.code for kind in kinds.catalogue()])
@pytest.mark.parametrize("file_format", ["csv", "xlsx", "parquet"])
def test_every_kind_comes_in_every_format(cast: Cast, as_zhao: APIClient, kind: str, file_format: str) -> None:
    receive(cast.actor("lin"), item(cast))
    export = made(as_zhao, kind, file_format, unit=cast.county.pk)
    assert (export["state"], export["error"]) == ("ready", "")
    heads = [column.title for column in columns.shown(kinds.kind(kind), masked=True)]
    content = fetched(as_zhao, export)
    if file_format == "csv":
        assert content.decode("utf-8-sig").splitlines()[0].split(",") == heads
        assert len(csv_rows(content)) == export["rows"]
    elif file_format == "xlsx":
        assert xlsx_rows(content)[0] == heads
        assert len(xlsx_rows(content)) == export["rows"] + 1
    else:
        assert len(parquet_rows(content)) == export["rows"]


def test_figures_are_those_of_the_board(cast: Cast, as_zhao: APIClient) -> None:
    export = made(as_zhao, "figures", unit=cast.county.pk)
    rows = csv_rows(fetched(as_zhao, export))
    board = as_zhao.get("/api/v1/boards/market", {"unit": str(cast.county.pk), "month": "2026-03"}).json()
    told = {row["指标代码"]: row["数值"] for row in rows if row["单位"] == "阳新县"}
    for figure in board["figures"]:
        value = figure["value"]
        shown = told[figure["kpi"] if isinstance(figure["kpi"], str) else figure["kpi"]["id"]]
        assert (float(shown) if shown else None) == (None if value is None else float(value))
    assert {row["单位"] for row in rows} == {"阳新县", "兴国市场部"}


# -- formulas ----------------------------------------------------------------------------------------------------------


def test_no_cell_is_a_formula(cast: Cast, as_zhao: APIClient) -> None:
    for shop, said in zip(cast.shops, ["=HYPERLINK(1)", "@a", "\u3000+1"], strict=True):
        Retailer.objects.filter(pk=shop.pk).update(name=said, holder=said)
    shown = {row["店名"] for row in csv_rows(fetched(as_zhao, made(as_zhao, "retailers", unit=cast.county.pk)))}
    assert shown == {"'=HYPERLINK(1)", "'@a", "'\u3000+1"}
    typed = {
        row["name"]
        for row in parquet_rows(fetched(as_zhao, made(as_zhao, "retailers", "parquet", unit=cast.county.pk)))
    }
    assert typed == {"=HYPERLINK(1)", "@a", "\u3000+1"}  # no spreadsheet opens it: as it is


def test_a_masked_text_is_made_harmless_as_well(cast: Cast, as_zhao: APIClient) -> None:
    Retailer.objects.filter(pk=cast.shops[0].pk).update(holder="=cmd")
    rows = csv_rows(fetched(as_zhao, made(as_zhao, "retailers", filters={"code": cast.shops[0].code})))
    assert [row["持证人"] for row in rows] == ["'=**"]


# -- personal data -----------------------------------------------------------------------------------------------------


def personal(cast: Cast) -> None:
    Retailer.objects.filter(pk=cast.shops[0].pk).update(address="人民路 1 号", lon=114.123456, lat=30.987654)
    Contact.objects.create(retailer=cast.shops[0], name="王五", phone="13800138000", is_primary=True)


def test_personal_data_is_masked_without_a_reason(cast: Cast, as_zhao: APIClient) -> None:
    personal(cast)
    [row] = csv_rows(fetched(as_zhao, made(as_zhao, "retailers", filters={"code": cast.shops[0].code})))
    assert (row["持证人"], row["许可证号"], row["地址"]) == ("持**", "4202****", "***")
    assert (row["首要联系人"], row["联系电话"], row["经度"], row["纬度"]) == ("王**", "***", "114.12", "30.99")


def test_with_a_reason_it_is_whole_and_the_reason_is_audited(cast: Cast, as_zhao: APIClient) -> None:
    personal(cast)
    export = made(as_zhao, "retailers", filters={"code": cast.shops[0].code}, reason="核对许可证")
    [row] = csv_rows(fetched(as_zhao, export))
    assert (row["持证人"], row["许可证号"], row["联系电话"]) == ("持证人0", "420200100000", "13800138000")
    assert row["经度"] == "114.123456"
    entries = AuditEntry.objects.filter(object_id=export["id"]).order_by("id")
    assert [(entry.act, entry.reason) for entry in entries] == [
        ("export.retailers", "核对许可证"),
        ("export.ready", "核对许可证"),
    ]


def test_a_reason_is_not_enough_without_the_right(cast: Cast, sign_in: SignIn) -> None:
    refused = ask(sign_in("chen"), "retailers", reason="想看")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert not Export.objects.exists()


def test_long_numbers_in_notes_are_masked(cast: Cast, as_zhao: APIClient) -> None:
    receive(cast.actor("lin"), item(cast, note="电话138 0013 8000，三条"))
    [row] = csv_rows(fetched(as_zhao, made(as_zhao, "visits")))
    assert row["走访记录"] == "电话***，三条"


# -- whose it is -------------------------------------------------------------------------------------------------------


def test_it_holds_what_the_list_shows_and_nothing_else(cast: Cast, sign_in: SignIn) -> None:
    receive(cast.actor("lin"), item(cast))
    receive(cast.actor("wu"), item(cast, retailer_id=str(cast.wu_shops[0].pk)))
    for name, expected in (("chen", 1), ("he", 1), ("zhao", 2), ("feng", 2)):
        client = sign_in(name)
        listed = {visit["id"] for visit in client.get("/api/v1/visits").json()["results"]}
        rows = parquet_rows(fetched(client, made(client, "visits", "parquet")))
        assert ({row["id"] for row in rows}, len(rows)) == (listed, expected)


def test_scope_is_that_of_the_moment_of_the_work(cast: Cast, sign_in: SignIn) -> None:
    he = sign_in("he")
    asked = ask(he, "retailers").json()
    Position.objects.filter(person=cast.people["he"]).update(during=DateRange(NOW.date() - timedelta(9), NOW.date()))
    assert working.make(asked["id"])
    export = Export.objects.get(pk=asked["id"])
    assert (export.state, export.error, export.name) == ("failed", "forbidden", "")


def test_another_ones_export_is_not_there(cast: Cast, sign_in: SignIn) -> None:
    export = made(sign_in("he"), "retailers")
    for act in ("", "/manifest", "/file"):
        assert sign_in("zhao").get(f"/api/v1/exports/{export['id']}{act}").status_code == 404
    assert sign_in("zhao").get("/api/v1/exports").json()["results"] == []


def test_who_reads_the_audit_sees_that_it_was_made_but_not_the_file(cast: Cast, sign_in: SignIn) -> None:
    export = made(sign_in("he"), "retailers")
    shen = sign_in("shen")
    assert [row["id"] for row in shen.get("/api/v1/exports").json()["results"]] == [export["id"]]
    assert shen.get(f"/api/v1/exports/{export['id']}/manifest").json()["rows"] == 3
    assert shen.get(f"/api/v1/exports/{export['id']}/file").status_code == 403


def test_a_unit_outside_ones_reach_is_not_there(cast: Cast, sign_in: SignIn) -> None:
    chen = sign_in("chen")
    for unit in (cast.other_county.pk, cast.county.pk, 4_242_424_242):
        assert ask(chen, "retailers", unit=unit).status_code == 404
    assert not Export.objects.exists()


def test_kinds_are_those_that_ones_posts_may_read(cast: Cast, sign_in: SignIn) -> None:
    def offered(name: str) -> set[str]:
        return {kind["code"] for kind in sign_in(name).get("/api/v1/export-kinds").json()["results"]}

    assert offered("qian") == {"retailers", "orders", "order_lines"}
    assert offered("chen") == {kind.code for kind in kinds.catalogue()}
    assert ask(sign_in("qian"), "visits").json()["code"] == "forbidden"
    assert sign_in("lin").get("/api/v1/export-kinds").status_code == 403


# -- what cannot be understood -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "nothing"}, "/kind"),
        ({"format": "pdf"}, "/format"),
        ({"filters": {"nothing": "1"}}, "/filters/nothing"),
        ({"filters": {"tier": "many"}}, "/filters/tier"),
        ({"period": {"since": "2026-03-01"}}, "/period"),
        ({"kind": "orders", "period": {"since": "2026-03-02", "until": "2026-03-01"}}, "/period/until"),
        ({"kind": "figures", "filters": {"subject": "brand:x"}}, "/filters/subject"),
        ({"kind": "figures", "period": {"since": "2020-01-01"}}, "/period/since"),
    ],
)
def test_what_cannot_be_understood_is_refused_by_its_place(
    cast: Cast, as_zhao: APIClient, body: dict[str, Any], pointer: str
) -> None:
    asked = {"kind": "retailers", "format": "csv", **body}
    refused = as_zhao.post("/api/v1/exports", asked, HTTP_IDEMPOTENCY_KEY=str(uuid4()))
    assert (refused.status_code, [fault["pointer"] for fault in refused.json()["errors"]]) == (400, [pointer])
    assert not Export.objects.exists()


def test_more_rows_than_a_sheet_holds_are_refused_before_writing(
    cast: Cast, as_zhao: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problems, "MOST_XLSX_ROWS", 4)  # there are five shops
    refused = ask(as_zhao, "retailers", "xlsx")
    assert (refused.status_code, refused.json()["code"], refused.json()["most"]) == (422, "export_too_many_rows", 4)
    assert not Export.objects.exists()
    assert made(as_zhao, "retailers", "csv")["rows"] == 5


# -- how it ends -------------------------------------------------------------------------------------------------------


def test_the_same_key_makes_one_export(cast: Cast, as_zhao: APIClient) -> None:
    asked = {"kind": "retailers", "format": "csv"}
    first, again = (as_zhao.post("/api/v1/exports", asked, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2))
    assert first.json() == again.json()
    assert Export.objects.count() == 1


def test_a_fourth_at_once_has_to_wait(cast: Cast, as_zhao: APIClient, sign_in: SignIn) -> None:
    open_ones = [ask(as_zhao, "retailers").json()["id"] for _ in range(asking.MOST_OPEN)]
    refused = ask(as_zhao, "retailers")
    assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (429, "export_limit", "30")
    assert ask(sign_in("he"), "retailers").status_code == 201
    working.make(open_ones[0])
    assert ask(as_zhao, "retailers").status_code == 201


def test_what_waits_is_cancelled_at_once_and_what_is_over_cannot_be(cast: Cast, as_zhao: APIClient) -> None:
    asked = ask(as_zhao, "retailers").json()["id"]
    cancelled = as_zhao.post(f"/api/v1/exports/{asked}/cancel", {}, HTTP_IDEMPOTENCY_KEY="c")
    assert cancelled.json()["state"] == "cancelled"
    assert not working.make(asked)
    again = as_zhao.post(f"/api/v1/exports/{asked}/cancel", {}, HTTP_IDEMPOTENCY_KEY="d")
    assert (again.status_code, again.json()["code"]) == (409, "export_settled")
    assert as_zhao.get(f"/api/v1/exports/{asked}/file").json()["code"] == "export_not_ready"


def test_a_full_disk_fails_this_one_alone(cast: Cast, as_zhao: APIClient, settings: Any) -> None:
    first, second = (ask(as_zhao, "retailers").json()["id"] for _ in range(2))
    left, settings.UPLOADS_LEAVE_FREE = settings.UPLOADS_LEAVE_FREE, 1 << 60
    working.make(first)
    settings.UPLOADS_LEAVE_FREE = left
    working.make(second)
    states = dict(Export.objects.values_list("pk", "state"))
    assert {str(pk): state for pk, state in states.items()} == {first: "failed", second: "ready"}
    assert Export.objects.get(pk=first).error == "export_storage_full"


def test_no_space_in_the_middle_of_writing_leaves_nothing(cast: Cast, as_zhao: APIClient, settings: Any) -> None:
    asked = ask(as_zhao, "retailers").json()["id"]
    place = store.part_of(Export.objects.get(pk=asked).pk)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to("/dev/full")
    working.make(asked)
    export = Export.objects.get(pk=asked)
    assert (export.state, export.error, export.name) == ("failed", "export_storage_full", "")
    assert not place.is_symlink()


def test_a_file_expires_after_its_days(cast: Cast, as_zhao: APIClient) -> None:
    export = made(as_zhao, "retailers")
    name = Export.objects.get(pk=export["id"]).name
    assert export["expires_at"][:10] == "2026-03-23"
    with clock.at(NOW + timedelta(days=6, hours=23)):
        launching.expire()
        assert storages["exports"].exists(name)
    with clock.at(NOW + timedelta(days=7)):
        launching.expire()
        assert not storages["exports"].exists(name)
        gone = as_zhao.get(f"/api/v1/exports/{export['id']}/file")
        assert (gone.status_code, gone.json()["code"]) == (410, "export_expired")
        assert as_zhao.get(f"/api/v1/exports/{export['id']}/manifest").json()["rows"] == 5


def test_an_export_that_was_broken_off_three_times_is_given_up(cast: Cast, as_zhao: APIClient) -> None:
    asked = ask(as_zhao, "retailers").json()["id"]
    Export.objects.filter(pk=asked).update(attempts=3, state="running")
    working.make(asked)
    assert Export.objects.values_list("state", "error").get(pk=asked) == ("failed", "export_gave_up")


# -- fetching ----------------------------------------------------------------------------------------------------------


def test_an_address_ends_after_five_minutes_and_opens_one_file(cast: Cast, as_zhao: APIClient) -> None:
    one, other = made(as_zhao, "retailers"), made(as_zhao, "retailers")
    address = as_zhao.get(f"/api/v1/exports/{one['id']}/file").headers["Location"]
    key = address.partition("?")[2]
    assert APIClient().get(f"/export-files/{other['id']}?{key}").status_code == 404
    assert APIClient().get(f"/export-files/{one['id']}?key=x").status_code == 404
    with clock.at(NOW + timedelta(seconds=301)):
        late = APIClient().get(address)
    assert (late.status_code, APIClient().get(address).status_code) == (403, 200)


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [("bytes=0-9", 206, 0, 10), ("bytes=10-", 206, 10, None), ("bytes=-7", 206, -7, None),
     ("bytes=5-999999", 206, 5, None),
     ("bytes=9-2", 200, 0, None), ("bytes=0-1,4-5", 200, 0, None), ("lines=1-2", 200, 0, None)],
)  # fmt: skip
def test_a_download_goes_on_where_it_broke_off(
    cast: Cast, as_zhao: APIClient, asked: str, status: int, first: int, last: int | None
) -> None:
    export = made(as_zhao, "retailers")
    whole = fetched(as_zhao, export)
    address = as_zhao.get(f"/api/v1/exports/{export['id']}/file").headers["Location"]
    part = APIClient().get(address, HTTP_RANGE=asked)
    assert (part.status_code, content_of(part)) == (status, whole[first:last])
    assert part.headers["ETag"] == f'"{export["sha256"]}"'
    stale = APIClient().get(address, HTTP_RANGE=asked, HTTP_IF_RANGE='"of another file"')
    assert (stale.status_code, content_of(stale)) == (200, whole)


def test_bytes_that_are_not_there_are_refused(cast: Cast, as_zhao: APIClient) -> None:
    export = made(as_zhao, "retailers")
    address = as_zhao.get(f"/api/v1/exports/{export['id']}/file").headers["Location"]
    refused = APIClient().get(address, HTTP_RANGE="bytes=999999-")
    assert (refused.status_code, refused.headers["Content-Range"]) == (416, f"bytes */{export['size_bytes']}")


def test_visits_without_rows_give_a_file_with_its_heading(cast: Cast, as_zhao: APIClient) -> None:
    assert Visit.objects.count() == 0
    for file_format, read in (("csv", csv_rows), ("parquet", parquet_rows)):
        assert read(fetched(as_zhao, made(as_zhao, "visits", file_format))) == []
    assert len(xlsx_rows(fetched(as_zhao, made(as_zhao, "visits", "xlsx")))) == 1
