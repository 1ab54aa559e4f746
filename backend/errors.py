"""The one catalogue of refusals: every code with its HTTP status and its titles; all apps raise Problem from here.

A Problem knows nothing of HTTP requests: backend/http/problems.py turns it into an RFC 9457 document on the wire, and
an intake keeps its `record()` beside the refused bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One code of the catalogue: what it means is told at /problems/<code>."""

    code: str
    status: int
    title_zh: str
    title_en: str
    about_zh: str
    about_en: str

    def title(self, language: str) -> str:
        return self.title_en if language.startswith("en") else self.title_zh

    def about(self, language: str) -> str:
        return self.about_en if language.startswith("en") else self.about_zh


@dataclass(frozen=True)
class FieldError:
    """One thing wrong inside a body (`pointer`, RFC 6901) or with one query parameter (`parameter`)."""

    code: str
    message: str = ""
    message_en: str = ""
    pointer: str = ""
    parameter: str = ""

    def as_dict(self, language: str) -> dict[str, str]:
        place = {"parameter": self.parameter} if self.parameter else {"pointer": self.pointer}
        message = self.message_en if language.startswith("en") and self.message_en else self.message
        return {**place, "code": self.code, "message": str(message) or kind(self.code).title(language)}


_catalogue: dict[str, Kind] = {}


def register(code: str, status: int, titles: tuple[str, str], abouts: tuple[str, str] = ("", "")) -> None:
    """Adds a code; apps above the floor add theirs when their module loads. Titles and explanations: Chinese, English.

    Registering the same code again with the same meaning changes nothing; with another meaning it is a ValueError.
    """
    entry = Kind(code, status, *titles, *(about or title for about, title in zip(abouts, titles, strict=True)))
    if _catalogue.setdefault(code, entry) != entry:
        raise ValueError(f"problem code {code} is already registered with another meaning")


def kind(code: str) -> Kind:
    """The catalogue entry; a code that nobody registered is shown as `invalid`, so a message is never lost."""
    return _catalogue.get(code) or _catalogue["invalid"]


def known(code: str) -> bool:
    """Whether the catalogue has the code."""
    return code in _catalogue


def catalogue() -> list[Kind]:
    """Every code, by name: for /problems, the API description and the tests."""
    return [_catalogue[code] for code in sorted(_catalogue)]


class Problem(Exception):
    """A refusal. Raised by any verb; the request that caused it is answered with the code's status.

    `extra` are further members of the document (plain JSON values); `headers` go on the HTTP answer.
    """

    def __init__(
        self,
        code: str,
        *,
        detail_zh: str = "",
        detail_en: str = "",
        errors: Sequence[FieldError] = (),
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        if code not in _catalogue:
            raise LookupError(f"problem code {code} is not in the catalogue")
        super().__init__(code)
        self.code = code
        self.kind = _catalogue[code]
        self.detail_zh = detail_zh
        self.detail_en = detail_en
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = extra

    @property
    def status(self) -> int:
        return self.kind.status

    def detail(self, language: str) -> str:
        own = self.detail_en if language.startswith("en") else self.detail_zh
        return own or self.kind.about(language)

    def document(self, language: str = "zh-hans") -> dict[str, Any]:
        """The RFC 9457 members that do not depend on the request: also the refusal of one item in a batch."""
        found: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": self.kind.title(language),
            "status": self.status,
            "code": self.code,
            "detail": self.detail(language),
        }
        if self.errors:
            found["errors"] = [error.as_dict(language) for error in self.errors]
        return {**found, **self.extra}

    def record(self) -> dict[str, Any]:
        """Both languages, for rows that keep a refusal (quarantine): whoever reads it later chooses the language."""
        return {"zh-hans": self.document("zh-hans"), "en": self.document("en")}


_BUILT_IN: tuple[tuple[str, int, str, str, str, str], ...] = (
    # code, status, title zh, title en, explanation zh, explanation en
    ("malformed_json", 400, "请求体不是合法的 JSON", "The body is not JSON", "请按 RFC 8259 发送 JSON。", "Send JSON as RFC 8259 defines it."),
    ("invalid_text", 400, "文本含有不允许的字符", "The text holds characters that are not allowed", "只接受 UTF-8，不接受空字符（NUL）、孤立代理项与字节序标记。", "UTF-8 only, without NUL, lone surrogates or a byte order mark."),
    ("duplicate_key", 400, "同一对象中键重复", "A key appears twice in one object", "同一对象中的每个键只能出现一次。", "Each key of an object may appear once."),
    ("too_deep", 400, "JSON 嵌套过深", "The JSON is nested too deeply", "最多嵌套 20 层。", "At most 20 levels."),
    ("number_out_of_range", 400, "数值超出范围", "A number is out of range", "整数须小于 2^63，小数不得超过 1e15，总长不超过 30 位，不接受 NaN 与无穷。", "Integers below 2^63, decimals at most 1e15, at most 30 characters, no NaN or infinity."),
    ("invalid", 400, "内容未通过校验", "The content did not pass validation", "errors 列出了每一处问题的位置与原因。", "`errors` lists the place and reason of each fault."),
    ("unknown_field", 400, "存在未知字段", "There is an unknown field", "该接口不接受此字段。", "This route does not take this field."),
    ("read_only_field", 400, "该字段不可由客户端写入", "The field is not yours to set", "该字段由系统写入。", "The server writes this field."),
    ("unknown_parameter", 400, "存在未知的查询参数", "There is an unknown query parameter", "该接口不接受此查询参数。", "This route does not take this query parameter."),
    ("bad_parameter", 400, "查询参数无效", "A query parameter is not valid", "请检查参数的取值。", "Check the value of the parameter."),
    ("bad_date", 400, "日期无效", "A date is not valid", "日期写作 2026-03-16，时间须带时区。", "Dates read 2026-03-16; times carry a time zone."),
    ("bad_request", 400, "请求无法理解", "The request cannot be understood", "请检查请求的地址、标头与内容。", "Check the address, the headers and the content."),
    ("invalid_cursor", 400, "翻页游标无效", "The cursor is not valid", "游标只对签发给同一人的同一查询有效，请从第一页重新开始。", "A cursor is good for the same person and the same query. Start from the first page."),
    ("idempotency_key_missing", 400, "缺少 Idempotency-Key", "Idempotency-Key is missing", "新建请求须带 Idempotency-Key 标头，重试时使用同一个值。", "A request that creates needs an Idempotency-Key header; use the same value when you repeat it."),
    ("idempotency_key_invalid", 400, "Idempotency-Key 无效", "Idempotency-Key is not valid", "须为 1 至 255 个可打印 ASCII 字符。", "1 to 255 printable ASCII characters."),
    ("not_authenticated", 401, "请先登录", "Sign in first", "缺少登录凭据，或凭据无效。", "There is no log-in with this request, or it is not valid."),
    ("bad_credentials", 401, "用户名或密码不正确", "The username or the password is wrong", "请核对后重试。", "Check them and try again."),
    ("token_expired", 401, "登录已过期", "The log-in has expired", "请重新登录，设备上的数据不会丢失。", "Sign in again. What is on the phone is kept."),
    ("device_ended", 401, "该设备的登录已结束", "This device has been signed out", "结束前产生的记录在 14 天内仍可上传，其他操作请重新登录。", "Records made before that may still be pushed for 14 days. For anything else sign in again."),
    ("device_lost", 401, "该设备已挂失", "This device was reported lost", "该设备不能再使用，请联系管理员。", "The device can no longer be used. Ask your administrator."),
    ("forbidden", 403, "没有此项权限", "You may not do this", "您今日的岗位不包含此项权限。", "The positions you hold today do not allow it."),
    ("csrf_failed", 403, "页面安全校验失败", "The page's security check failed", "请刷新页面后重试。", "Reload the page and try again."),
    ("not_found", 404, "未找到", "Not found", "该地址或记录不存在，或不在您的管辖范围内。", "There is no such address or record, or it is outside your scope."),
    ("method_not_allowed", 405, "该地址不支持此方法", "The method is not allowed here", "Allow 标头列出了支持的方法。", "The Allow header lists the methods."),
    ("not_acceptable", 406, "无法以所要求的格式回答", "No answer in the format asked for", "本接口以 JSON 回答。", "This API answers in JSON."),
    ("slow_request", 408, "请求未在时限内传完", "The request did not arrive in time", "请在网络较好时重试，上传可从中断处继续。", "Try again on a better connection; uploads go on where they stopped."),
    ("conflict", 409, "与现有数据冲突", "It conflicts with what is stored", "请重新读取后再试。", "Read it again and retry."),
    ("idempotency_running", 409, "同一请求正在处理", "The same request is still running", "请稍后以同一 Idempotency-Key 重试。", "Repeat it in a moment with the same Idempotency-Key."),
    ("stale_version", 412, "记录已被修改", "The record has changed since", "请重新读取，再以新的 ETag 提交。", "Read it again and send the new ETag."),
    ("payload_too_large", 413, "请求体过大", "The body is too large", "请分批发送。", "Send it in smaller parts."),
    ("too_many_items", 413, "条目过多", "Too many items", "请分批发送。", "Send it in smaller parts."),
    ("unsupported_media_type", 415, "不支持的内容类型", "The media type is not supported", "请以 application/json 发送，不加 Content-Encoding。", "Send application/json, without a content encoding."),
    ("idempotency_conflict", 422, "Idempotency-Key 已用于另一请求", "The Idempotency-Key was used for another request", "新的请求请使用新的值。", "Use a new value for a new request."),
    ("app_outdated", 426, "手机应用版本过旧", "The app on this phone is too old", "请更新应用后再同步，手机上的数据不会丢失。", "Update the app, then sync. What is on the phone is kept."),
    ("precondition_required", 428, "缺少 If-Match", "If-Match is missing", "修改须带读取时得到的 ETag。", "An edit needs the ETag that you read."),
    ("too_many_attempts", 429, "尝试次数过多", "Too many attempts", "请在 Retry-After 所示的秒数之后重试。", "Try again after the number of seconds in Retry-After."),
    ("too_many_headers", 431, "请求标头过多", "Too many headers", "一个请求至多 90 个标头。", "A request has 90 headers at most."),
    ("internal_error", 500, "系统内部错误", "Something went wrong here", "请凭 request_id 联系管理员。", "Give the request_id to your administrator."),
    ("not_streamed", 501, "此服务进程不提供事件流", "There is no event stream at this address", "请按间隔拉取，或改用 `make run` 启动的正式入口。", "Pull at intervals, or ask the public port that `make run` opens."),
    ("maintenance", 503, "系统维护中", "The system is being maintained", "数据未丢失，请在 Retry-After 所示的秒数之后重试。", "Nothing is lost. Try again after the number of seconds in Retry-After."),
    ("unavailable", 503, "服务暂时不可用", "The service is not available for a moment", "数据未丢失，请在 Retry-After 所示的秒数之后重试。", "Nothing is lost. Try again after the number of seconds in Retry-After."),
)  # fmt: skip

for _code, _status, _zh, _en, _about_zh, _about_en in _BUILT_IN:
    register(_code, _status, (_zh, _en), (_about_zh, _about_en))
