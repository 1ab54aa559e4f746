"""Links of partitioned facts to master data: joined by the ORM, not checked by the database; for models of facts."""

from __future__ import annotations

from typing import Any

from django.db import models


def far(to: str, **kwargs: Any) -> Any:
    """A link without constraint or index: the statement that writes the fact has checked what it points to."""
    return models.ForeignKey(to, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+", **kwargs)
