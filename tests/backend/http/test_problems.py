"""Every refusal on API paths is a problem document, in the reader's language, whoever refused it."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from backend import errors
from backend.http import problems
from backend.models import Device
from tests.cast import Cast

MEMBERS = {"type", "title", "status", "code", "detail", "instance", "request_id"}


def refusal(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Asserts the document's form and returns it."""
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "private, no-store"
    told: dict[str, Any] = answer.json()
    assert set(told) - {"errors", "limit"} == MEMBERS
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert told["type"] == f"/problems/{code}"
    assert told["request_id"] == answer["X-Request-Id"]
    return told


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/", "/sync/nothing", "/api/v1/devices/not-a-uuid"])
def test_an_unknown_address_is_a_problem(as_lin: APIClient, path: str) -> None:
    assert refusal(as_lin.get(path), 404, "not_found")["instance"] == path


def test_an_unknown_collection_is_a_problem(as_lin: APIClient) -> None:
    told = refusal(as_lin.get("/sync/nothing/1/pull", {"id": "", "lwt": "0"}), 404, "not_found")
    assert told["instance"] == "/sync/nothing/1/pull"


def test_an_unknown_page_is_a_page(client: Client, db: None) -> None:
    answer = client.get("/nothing")
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "未找到" in answer.content.decode()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_another_method_is_405_and_names_those_allowed(as_lin: Any, method: str) -> None:
    answer = as_lin.generic(method.upper(), "/api/v1/me")
    refusal(answer, 405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD"


def test_a_viewset_names_its_methods_too(as_lin: APIClient) -> None:
    answer = as_lin.delete("/api/v1/devices")
    refusal(answer, 405, "method_not_allowed")
    assert "GET" in answer["Allow"]
    assert "DELETE" not in answer["Allow"]


def test_a_format_that_is_not_json_is_406(as_lin: APIClient) -> None:
    refusal(as_lin.get("/api/v1/me", HTTP_ACCEPT="text/csv"), 406, "not_acceptable")


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_a_body_that_is_not_json_is_415(anonymous: Any, db: None, kind: str) -> None:
    answer = anonymous.generic("POST", "/api/v1/auth/login", b"username=lin&password=x", content_type=kind)
    refusal(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "changed", [{"content_type": "application/json; charset=gbk"}, {"HTTP_CONTENT_ENCODING": "gzip"}]
)
def test_a_charset_or_an_encoding_that_we_do_not_read_is_415(anonymous: Any, db: None, changed: Any) -> None:
    given = {"content_type": "application/json", **changed}
    answer = anonymous.generic("POST", "/api/v1/auth/login", b"{}", **given)
    refusal(answer, 415, "unsupported_media_type")


def test_a_body_over_the_limit_is_413_and_is_not_read(anonymous: APIClient, db: None, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    refusal(anonymous.post("/api/v1/auth/login", {"username": "x" * 100}), 413, "payload_too_large")


def test_a_body_that_claims_a_gigabyte_is_413(anonymous: Any, db: None) -> None:
    answer = anonymous.generic(
        "POST", "/api/v1/auth/login", b"{}", content_type="application/json", CONTENT_LENGTH="1073741824"
    )
    refusal(answer, 413, "payload_too_large")


def test_the_language_follows_the_request_and_chinese_is_first(client: Client, db: None) -> None:
    chinese = client.get("/api/v1/me")
    english = client.get("/api/v1/me", headers={"accept-language": "en-GB,en;q=0.9"})
    other = client.get("/api/v1/me", headers={"accept-language": "fr"})
    assert [a.json()["title"] for a in (chinese, english, other)] == ["请先登录", "Sign in first", "请先登录"]
    assert [a["Content-Language"] for a in (chinese, english, other)] == ["zh-hans", "en", "zh-hans"]
    assert "Accept-Language" in english["Vary"]


def test_validation_messages_follow_the_language_too(anonymous: APIClient, db: None) -> None:
    answers = [
        anonymous.post("/api/v1/auth/login", {"username": "lin", "x": 1}, HTTP_ACCEPT_LANGUAGE=language).json()
        for language in ("zh-hans", "en")
    ]
    messages = [{e["pointer"]: e["message"] for e in answer["errors"]} for answer in answers]
    assert [m["/x"] for m in messages] == ["存在未知字段", "There is an unknown field"]
    assert [m["/password"] for m in messages] == ["该字段是必填项。", "This field is required."]


def masked(answer: Any, own_id: str) -> bytes:
    body = answer.content.replace(own_id.encode(), b"ID")
    return re.sub(rb'"request_id": "[^"]*"', b'"request_id": ""', body)


def test_foreign_and_absent_are_equal_byte_for_byte(cast: Cast, as_lin: APIClient, as_wu: APIClient) -> None:
    foreign, absent = str(Device.objects.get(person=cast.lin).pk), str(uuid4())
    for act in ("", "/end", "/lost"):
        send = as_wu.post if act else as_wu.get
        answers = [send(f"/api/v1/devices/{one}{act}") for one in (foreign, absent)]
        assert masked(answers[0], foreign) == masked(answers[1], absent)
        headers = [{k: v for k, v in a.headers.items() if k != "X-Request-Id"} for a in answers]
        assert headers[0] == headers[1]


@pytest.mark.urls("tests.backend.http.routes")
def test_a_database_that_is_gone_is_503_with_a_time_to_come_back(as_lin: APIClient) -> None:
    answer = as_lin.get("/api/v1/broken/gone")
    refusal(answer, 503, "unavailable")
    assert 2 <= int(answer["Retry-After"]) <= 10


@pytest.mark.urls("tests.backend.http.routes")
def test_a_database_that_is_gone_shows_a_page_to_people(client: Client, db: None) -> None:
    answer = client.get("/broken")
    assert (answer.status_code, answer["Content-Type"]) == (503, "text/html; charset=utf-8")


@pytest.mark.urls("tests.backend.http.routes")
@pytest.mark.parametrize("what", ["defect", "odd"])
def test_a_defect_of_ours_is_500_and_tells_nothing(as_lin: APIClient, what: str) -> None:
    as_lin.raise_request_exception = False
    told = refusal(as_lin.get(f"/api/v1/broken/{what}"), 500, "internal_error")
    assert "boom" not in str(told)


def test_the_log_line_of_a_refusal_carries_the_id_that_its_document_tells(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    told = client.get("/api/v1/no-such-route").json()["request_id"]
    lines = [r.msg for r in caplog.records if r.name == "django_structlog.middlewares.request"]
    assert [line["request_id"] for line in lines if isinstance(line, dict)] == [told]


def test_a_request_id_is_kept_when_sane_and_made_when_not(client: Client, db: None) -> None:
    assert client.get("/healthz", headers={"x-request-id": "phone-7.batch_12"})["X-Request-Id"] == "phone-7.batch_12"
    for odd in ("short", "x" * 65, "a b c d e f g h", "<script>alert(1)"):
        given = client.get("/healthz", headers={"x-request-id": odd})["X-Request-Id"]
        assert re.fullmatch(r"[0-9a-f-]{36}", given)


@pytest.mark.parametrize("path", ["/api/v1/me%00", "/api/v1/%FF%FE", "/api/v1/devices/%ED%A0%80", "/login%00"])
def test_text_that_no_route_may_see_is_refused_in_the_path(as_lin: APIClient, path: str) -> None:
    assert as_lin.get(path).status_code == 400


@pytest.mark.parametrize("path", ["/api/v1/%E5%BA%97", "/api/v1/devices/%F0%9F%98%80", "/caf%C3%A9"])
def test_other_odd_text_in_the_path_is_an_unknown_address(as_lin: APIClient, path: str) -> None:
    assert as_lin.get(path).status_code == 404


@pytest.mark.parametrize("query", ["state=%00", "state=%FF", "%ED%A0%80=1", "state=ended&x=%C0%AF"])
def test_text_that_no_route_may_see_is_refused_in_the_query(as_lin: Any, query: str) -> None:
    for path in ("/api/v1/devices", "/api/v1/me"):
        refusal(as_lin.generic("GET", path, QUERY_STRING=query), 400, "invalid_text")
    assert as_lin.generic("GET", "/login", QUERY_STRING=query).status_code == 400


@pytest.mark.parametrize("value", ["a\x00b", "\xff\xfe", "Jos\xe9", "a\nb", "\x1b[31m"])
@pytest.mark.parametrize("name", ["HTTP_X_DEVICE", "HTTP_USER_AGENT", "HTTP_IDEMPOTENCY_KEY"])
def test_text_that_no_route_may_see_is_refused_in_headers(as_lin: Any, name: str, value: str) -> None:
    refusal(as_lin.get("/api/v1/me", **{name: value}), 400, "invalid_text")


def test_text_that_no_route_may_see_is_refused_in_the_content_type(anonymous: Any, db: None) -> None:
    answer = anonymous.generic("POST", "/api/v1/auth/login", b"{}", content_type="application/json; a=\xff")
    refusal(answer, 400, "invalid_text")


def test_chinese_in_a_header_is_welcome_as_utf8(as_lin: APIClient) -> None:
    value = "小米 14".encode().decode("latin-1")
    assert as_lin.get("/api/v1/me", HTTP_X_DEVICE=value).status_code == 200


def test_every_code_has_its_page_in_both_languages(client: Client, db: None) -> None:
    for kind in errors.catalogue():
        page = client.get(f"/problems/{kind.code}")
        assert page.status_code == 200
        text = page.content.decode()
        assert kind.title_zh in text
        assert kind.about_zh in text
        assert 400 <= kind.status <= 599
    assert client.get("/problems/no_such_code").status_code == 404
    assert client.get("/problems").content.decode().count("<section") == len(errors.catalogue())


def test_the_catalogue_takes_no_second_meaning_and_no_unknown_code() -> None:
    errors.register("conflict", 409, *_words("conflict"))
    with pytest.raises(ValueError, match="another meaning"):
        errors.register("conflict", 400, ("x", "x"))
    with pytest.raises(LookupError):
        errors.Problem("no_such_code")


def _words(code: str) -> tuple[tuple[str, str], tuple[str, str]]:
    kind = errors.kind(code)
    return (kind.title_zh, kind.title_en), (kind.about_zh, kind.about_en)


def test_a_problem_keeps_both_languages_for_the_record() -> None:
    fault = errors.FieldError("bad_date", pointer="/items/3/started_at")
    problem = errors.Problem("invalid", detail_zh="第三条", detail_en="the third", errors=[fault], limit=3)
    told = problem.record()
    assert (told["zh-hans"]["detail"], told["en"]["detail"]) == ("第三条", "the third")
    assert told["en"]["errors"] == [
        {"pointer": "/items/3/started_at", "code": "bad_date", "message": "A date is not valid"}
    ]
    assert told["en"]["limit"] == 3


def test_nested_validation_errors_become_pointers() -> None:
    from rest_framework.exceptions import ErrorDetail

    detail = {
        "a/b~c": [ErrorDetail("x", code="required")],
        "items": [{}, {"name": [ErrorDetail("y", code="blank")]}],
        "non_field_errors": [ErrorDetail("z", code="odd")],
    }
    found = [(fault.pointer, fault.code) for fault in problems.pointers(detail)]
    assert found == [("/a~1b~0c", "required"), ("/items/1/name", "blank"), ("", "odd")]


@pytest.mark.parametrize(
    "path", ["/visits?q=%00", "/%00", "/api/v1/me?q=%00", "/nothing", "/visits", "/api/v1/me", "/problems/x"]
)
def test_a_refusal_carries_the_policy_of_every_other_answer_and_is_kept_nowhere(cast: Cast, path: str) -> None:
    client = Client(raise_request_exception=False)
    if path == "/visits":
        client.force_login(cast.people["zhou"], backend="django.contrib.auth.backends.ModelBackend")  # no visits of his
    answer, login = client.get(path), Client().get("/login")
    assert answer.status_code in {400, 401, 403, 404}
    for name in ("Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy"):
        assert answer[name] == login[name]
    assert "no-store" in answer["Cache-Control"]
