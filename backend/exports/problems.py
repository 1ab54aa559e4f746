"""The refusals of exports, for the catalogue (backend/errors.py); loaded by asking.py."""

from __future__ import annotations

from backend.errors import register

MOST_XLSX_ROWS = 1_048_575  # of a sheet, less its heading

for _code, _status, _titles, _abouts in (
    (
        "export_too_many_rows",
        422,
        ("行数超出 XLSX 的上限", "More rows than an XLSX holds"),
        ("一张工作表最多 1,048,575 行，请缩小范围，或改用 CSV、Parquet。",
         "A sheet holds 1,048,575 rows at most: ask for less, or for CSV or Parquet."),
    ),
    (
        "export_limit",
        429,
        ("未完成的导出过多", "Too many exports are under way"),
        ("请等待前面的导出完成，或先取消。", "Wait for those before it, or cancel one."),
    ),
    (
        "export_settled",
        409,
        ("导出已结束", "The export is over"),
        ("已完成、失败或取消的导出不能再取消。", "What is ready, failed or cancelled cannot be cancelled."),
    ),
    (
        "export_not_ready",
        409,
        ("导出尚未完成", "The export is not ready"),
        ("请稍后再取。", "Fetch it a little later."),
    ),
    (
        "export_expired",
        410,
        ("导出文件已过期", "The export has expired"),
        ("文件已删除，请重新导出。", "Its file is gone: export again."),
    ),
    (
        "export_link_expired",
        403,
        ("下载链接已过期", "The address has expired"),
        ("请重新获取下载链接。", "Ask for the file's address again."),
    ),
    (
        "export_gave_up",
        500,
        ("导出多次中断", "The export was broken off too often"),
        ("已尝试三次，请联系管理员。", "It was tried three times. Tell your administrator."),
    ),
    (
        "export_storage_full",
        507,
        ("存储空间已满", "The store is full"),
        ("没有生成文件，请稍后再试。", "There is no file. Try again later."),
    ),
    (
        "export_store_unavailable",
        503,
        ("文件存储暂时不可用", "The store of files does not answer"),
        ("请稍后再试。", "Try again later."),
    ),
    (
        "export_range",
        416,
        ("请求的字节范围不存在", "The file has no such bytes"),
        ("Content-Range 标头给出了文件长度。", "Content-Range tells how long the file is."),
    ),
):  # fmt: skip
    register(_code, _status, _titles, _abouts)
