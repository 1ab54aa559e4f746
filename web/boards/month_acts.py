"""What may be done on a manager's month: words kept with every button, submit, withdraw, review. Called by its page."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.errors import Problem
from cycles import manager_month, manager_review, papers
from cycles.grid import COLUMNS, Step
from cycles.manager_review import Review
from cycles.models import ManagerCell, ManagerCycle
from web.boards.acts import Form, Stale, Verb


def verbs(cycle_id: UUID) -> dict[str, Verb]:
    """The acts of one month, each with the month held. A button's `act` may name a cell or a step: submit:plan."""
    return {
        "words": _held(cycle_id, words),
        "submit": _held(cycle_id, lambda form, cycle: submit(form, cycle, COLUMNS)),
        **{f"submit:{step}": _held(cycle_id, _submit_step(step)) for step in Step},
        **{f"submit:{column}": _held(cycle_id, _submit_cell(column)) for column in COLUMNS},
        **{f"withdraw:{column}": _held(cycle_id, _withdraw(column)) for column in COLUMNS},
        "approve": _held(cycle_id, approve),
        "send_back": _held(cycle_id, send_back),
    }


Inner = Callable[[Form, ManagerCycle], str]


def _held(cycle_id: UUID, inner: Inner) -> Verb:
    return lambda form: inner(form, manager_month.hold(form.actor, cycle_id))


def words(form: Form, cycle: ManagerCycle) -> str:
    """Every text that is not as it stands is kept."""
    kept = _keep_words(form, cycle)
    return ngettext("Words kept in %d cell.", "Words kept in %d cells.", kept) % kept


def submit(form: Form, cycle: ManagerCycle, cells: tuple[str, ...]) -> str:
    _keep_words(form, cycle)
    _require_read(form, cycle, cells)
    done = len(manager_month.submit(actor=form.actor, cycle=cycle, cells=cells))
    said = ngettext("%d cell submitted.", "%d cells submitted.", done) % done
    return said + " " + _("It can be withdrawn until it is reviewed.")


def _submit_step(step: Step) -> Inner:
    return lambda form, cycle: submit(form, cycle, manager_month.columns_of(step))


def _submit_cell(column: str) -> Inner:
    return lambda form, cycle: submit(form, cycle, (column,))


def _withdraw(column: str) -> Inner:
    def inner(form: Form, cycle: ManagerCycle) -> str:
        _keep_words(form, cycle)
        manager_month.withdraw(actor=form.actor, cycle=cycle, cell=column)
        return _("Withdrawn: it is yours again.")

    return inner


def approve(form: Form, cycle: ManagerCycle) -> str:
    manager_review.review(actor=form.actor, wanted=_review(form, cycle, "approve"))
    return _("Approved. Sending it back takes the approval away.")


def send_back(form: Form, cycle: ManagerCycle) -> str:
    if not form.text("reason"):
        raise Problem("invalid", detail_zh="退回须写明原因。", detail_en="Say why it is sent back.")
    manager_review.review(actor=form.actor, wanted=_review(form, cycle, "send_back"))
    return _("Sent back, with the reason.")


def _review(form: Form, cycle: ManagerCycle, act: manager_review.Act) -> Review:
    version = form.text("version")
    if not re.fullmatch(r"\d{1,9}", version, re.ASCII):
        raise Problem("bad_request")
    return Review(cycle.pk, form.text("id"), act, form.words("reason"), int(version))


def _keep_words(form: Form, cycle: ManagerCycle) -> int:
    """The texts that differ from what stands, each as the reader saw its cell; returns how many."""
    held = manager_month.cells_of(cycle)
    changed = [column for column in COLUMNS if _differs(form, held[column])]
    for column in changed:
        if form.text(f"version-{column}") != str(held[column].version):
            raise Stale(held[column])
        manager_month.write_words(actor=form.actor, cycle=cycle, cell=column, words=_words(form, column))
    return len(changed)


def _require_read(form: Form, cycle: ManagerCycle, cells: tuple[str, ...]) -> None:
    """What is handed in is what was read: `stale_version` where the facts draft something else by now."""
    paper = papers.paper_of(form.actor, cycle)
    for column in cells:
        given = form.text(f"digest-{column}")
        if given and given != paper.cell(column).digest:
            raise Problem(
                "stale_version",
                detail_zh="系统起草的内容已按最新数据更新，请再看一遍后提交。",
                detail_en="What is drafted has followed newer facts. Read it once more, then submit.",
            )


def _words(form: Form, column: str) -> str:
    text = form.text(f"words-{column}").replace("\r\n", "\n")
    if len(text) > manager_month.WORDS_MAX:
        raise Problem("invalid")
    return text


def _differs(form: Form, row: ManagerCell) -> bool:
    name = f"words-{row.cell}"
    return name in form.request.POST and _words(form, row.cell) != row.words
