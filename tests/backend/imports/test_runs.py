"""The history of imports over HTTP: repeating one, reading it again, its rejects as pages and as a file."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from backend.models import ImportReject, ImportRun, Level, Position, Unit
from brands.models import Product
from tests.cast import ALWAYS, Cast, SignIn

HEAD = "商品编码,品牌,商品名称,条零售价(元),盒零售价(元)\n"


@pytest.fixture
def as_qian(sign_in: SignIn) -> APIClient:
    return sign_in("qian")


def send(client: APIClient, body: str, *, key: str = "k", path: str = "products?mode=apply", **form: Any) -> Any:
    file = SimpleUploadedFile("三月.csv", (HEAD + body).encode())
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/v1/import-kinds/{path}", {"file": file, **form}, format="multipart", headers=headers)


def test_the_same_request_again_gets_the_same_run(cast: Cast, as_qian: APIClient) -> None:
    first, again = send(as_qian, "A1,甲,一,,"), send(as_qian, "A1,甲,一,,")
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    other = send(as_qian, "A1,甲,二,,")
    assert (other.status_code, ImportRun.objects.count(), Product.objects.get(code="A1").name) == (422, 1, "一")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"key": ""}, 400, "idempotency_key_missing"),
        ({"path": "ghosts?mode=apply"}, 404, "unknown_import_kind"),
        ({"path": "products?mode=maybe"}, 400, "bad_parameter"),
        ({"path": "products?mode=apply&force=1"}, 400, "unknown_parameter"),
        ({"comment": "x"}, 400, "invalid"),
    ],
)
def test_a_request_that_does_not_fit_imports_nothing(
    cast: Cast, as_qian: APIClient, change: dict[str, Any], status: int, code: str
) -> None:
    answer = send(as_qian, "A1,甲,一,,", **change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (ImportRun.objects.count(), Product.objects.count()) == (0, 3)


def test_json_is_not_a_file(cast: Cast, as_qian: APIClient) -> None:
    answer = as_qian.post("/api/v1/import-kinds/products", {}, format="json", headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_form_without_the_file_says_so(cast: Cast, as_qian: APIClient) -> None:
    answer = as_qian.post("/api/v1/import-kinds/products", {}, format="multipart", headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/file")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="file"; filename="f'),
        ("multipart/form-data; boundary=\xff", b"--b--"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a\x00b.csv"\r\n\r\na,b\r\n--b--\r\n',
        ),
    ],
)
def test_a_form_that_is_cut_or_malformed_is_a_problem_of_the_senders(
    cast: Cast, as_qian: APIClient, content_type: str, body: bytes
) -> None:
    sent: Any = body  # the stubs know of text only
    answer = as_qian.generic(
        "POST", "/api/v1/import-kinds/products", sent, content_type=content_type, headers={"Idempotency-Key": "k"}
    )
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert ImportRun.objects.count() == 0


def test_a_kind_tells_its_columns(cast: Cast, as_qian: APIClient) -> None:
    told = as_qian.get("/api/v1/import-kinds/products").json()
    needed = [column["name"] for column in told["columns"] if column["is_required"]]
    assert (told["title"], needed) == ("商品目录", ["code", "brand", "name"])


def test_an_unknown_kind_is_told_which_there_are(cast: Cast, as_qian: APIClient) -> None:
    answer = as_qian.get("/api/v1/import-kinds/ghosts", headers={"Accept-Language": "en"})
    known = "There are: allotments, orders, products, retailers, stock-counts, targets, totals"
    assert (answer.status_code, answer.json()["detail"]) == (404, known)


def test_the_history_is_newest_first_and_only_of_ones_own_reach(
    cast: Cast, as_qian: APIClient, as_lin: APIClient
) -> None:
    first, second = send(as_qian, "A1,甲,一,,", key="1").json(), send(as_qian, "A2,甲,二,,", key="2").json()
    rows = as_qian.get("/api/v1/imports").json()["results"]
    assert {row["id"] for row in rows} == {first["id"], second["id"]}
    assert as_qian.get(f"/api/v1/imports/{first['id']}").json()["file_name"] == "三月.csv"
    assert as_qian.get("/api/v1/imports?kind=retailers").json()["results"] == []
    assert as_lin.get("/api/v1/imports").status_code == 403


def test_another_prefectures_steward_finds_no_run_of_ours(cast: Cast, as_qian: APIClient, sign_in: SignIn) -> None:
    run = send(as_qian, "A1,甲,一,1,2").json()
    elsewhere = Unit.objects.create(
        code="4203", name="十堰市", parent=cast.hubei, level=Level.PREFECTURE, during=ALWAYS
    )
    Position.objects.create(person=cast.wu, unit=elsewhere, role_id="data_steward", during=ALWAYS)
    as_other = sign_in("wu")
    paths = [f"/api/v1/imports/{run['id']}{rest}" for rest in ("", "/rejects", "/rejects.csv")]
    assert [as_other.get(path).status_code for path in paths] == [404, 404, 404]
    assert as_other.get("/api/v1/imports").json()["results"] == []


def test_rejects_come_in_pages_in_the_order_of_the_file(cast: Cast, as_qian: APIClient) -> None:
    run = send(as_qian, "".join(f"A{n},甲,名{n},x,\n" for n in range(5))).json()
    path = f"/api/v1/imports/{run['id']}/rejects"
    page = as_qian.get(f"{path}?page_size=2").json()
    numbers = [row["row_no"] for row in page["results"]]
    while page["next"]:
        page = as_qian.get(page["next"]).json()
        numbers += [row["row_no"] for row in page["results"]]
    assert numbers == [2, 3, 4, 5, 6]
    assert as_qian.get(f"{path}?severity=warning").json()["results"] == []
    assert len(as_qian.get(f"{path}?code=bad_money").json()["results"]) == 5


def test_no_cell_of_the_rejects_file_is_a_formula(cast: Cast, as_qian: APIClient) -> None:
    run = send(as_qian, "A1,甲,一,=1+1,\nA2,甲,二,@x,\nA3,甲,三,+1x,\nA4,甲,四,-1x,\nA5,甲,五,x=1,\n").json()
    answer = as_qian.get(f"/api/v1/imports/{run['id']}/rejects.csv", headers={"Accept": "text/csv"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    lines = answer.getvalue().decode("utf-8-sig").splitlines()
    assert lines[0] == "行 row,列 column,结果 severity,代码 code,原因,reason,原值 value"
    assert [line.rsplit(",", 1)[1] for line in lines[1:]] == ["'=1+1", "'@x", "'+1x", "'-1x", "x=1"]
    assert [line.split(",")[0] for line in lines[1:]] == ["2", "3", "4", "5", "6"]


def test_naughty_names_and_cells_are_stored_as_text_and_break_nothing(cast: Cast, as_qian: APIClient) -> None:
    file = SimpleUploadedFile("../../etc/\u202epasswd.csv", (HEAD + "A1,甲,<script>alert(1)</script>,,\n").encode())
    answer = as_qian.post(
        "/api/v1/import-kinds/products?mode=apply", {"file": file}, format="multipart", headers={"Idempotency-Key": "k"}
    )
    assert (answer.status_code, answer.json()["file_name"]) == (201, "passwd.csv")
    assert Product.objects.get(code="A1").name == "<script>alert(1)</script>"


def test_rejects_are_gone_when_nothing_was_wrong(cast: Cast, as_qian: APIClient) -> None:
    run = send(as_qian, "A1,甲,一,100,10").json()
    assert (run["bad"], run["flagged"], ImportReject.objects.count()) == (0, 0, 0)
