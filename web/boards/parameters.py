"""The one switch of the pages: was the data generated for the demo? The demo's loader sets it for the nation."""

from __future__ import annotations

from backend.parameters import Declared, declare

GENERATED = "web.generated_data"

declare(
    Declared(
        GENERATED,
        bool,
        False,
        "数据为演示生成",
        "the data was generated for the demo",
        "set by the demo when it loads; shown as a banner on every page",
    )
)
