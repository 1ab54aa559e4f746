"""The desk's pages of policy versions: drafts written and mended, released, recalled; registered by visits/admin.py."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backend import clock
from backend.admin_site import ScopedAdmin, actor_in
from backend.errors import Problem
from retail.models import Classification
from visits import policies, question_text, reach
from visits.models import Policy, PolicyVersion
from visits.policies import Text
from visits.policy_form import PolicyVersionForm

_TEXT = tuple(one.name for one in fields(Text))
_CLASSES = {
    "market_types": Classification.MarketType,
    "business_types": Classification.BusinessType,
    "terminal_types": Classification.TerminalType,
}


class RecallForm(forms.Form):
    """Why shops are not to be told any more; the phones show it."""

    reason = forms.CharField(label=_("why recalled"), max_length=200)


class PolicyVersionAdmin(ScopedAdmin):
    """A draft is mended here and released; what is released is read, and recalled. All of it by visits/policies.py."""

    reads, edits, unit_path = "policies.read", "policies.edit", "policy.unit_id"
    form = PolicyVersionForm
    change_form_template = "visits/desk_policy_version.html"
    list_display = ("policy", "number", "released_at", "brief_by", "superseded_at", "recalled_at")
    list_display_links = ("policy", "number")
    list_filter = ("policy",)
    list_select_related = ("policy",)
    in_words: ClassVar[dict[str, str]] = {
        "quiz": "asked", "shop_quiz": "asked_in_shops",
        "market_types": "for_market_types", "business_types": "for_business_types",
        "terminal_types": "for_terminal_types",
    }  # fmt: skip
    _LIFE = ("number", "released_at", "superseded_at", "recalled_at", "recall_reason")

    # -- what is shown ------------------------------------------------------------------------------------------------

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        own = PolicyVersionForm.Meta.fields
        if obj is None:
            return own
        return (own[0], *self._LIFE[: 1 if obj.released_at is None else None], *own[1:])

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("policy", *self._LIFE) if obj is not None else ()

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """A version is written for a policy of one's own units, not for one from above."""
        mine = Policy.objects.filter(unit__ancestors__overlap=actor_in(request).units(self.edits))
        return super().formfield_for_foreignkey(db_field, request, **{**kwargs, "queryset": mine})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = context["original"]
        if obj is not None and self._may_edit(request).filter(pk=obj.pk).exists():
            context["is_draft"] = obj.released_at is None
            context["shops"] = _shops_named(obj)
            context["recall"] = RecallForm() if obj.released_at and not obj.recalled_at else None
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("quiz"))
    def asked(self, row: PolicyVersion) -> str:
        return question_text.written(row.quiz) or "–"

    @admin.display(description=_("questions for the shop"))
    def asked_in_shops(self, row: PolicyVersion) -> str:
        return question_text.written(row.shop_quiz) or "–"

    @admin.display(description=_("market type"))
    def for_market_types(self, row: PolicyVersion) -> str:
        return _classes(row, "market_types")

    @admin.display(description=_("business type"))
    def for_business_types(self, row: PolicyVersion) -> str:
        return _classes(row, "business_types")

    @admin.display(description=_("terminal type"))
    def for_terminal_types(self, row: PolicyVersion) -> str:
        return _classes(row, "terminal_types")

    # -- what is done -------------------------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.released_at is not None:
            return False
        return super().has_change_permission(request, obj)

    def sent(
        self, request: HttpRequest, object_id: str | None, form_url: str, extra_context: dict[str, Any] | None
    ) -> HttpResponse:
        """A recall; or what is written of a draft, and its release."""
        if object_id is not None and "_recall" in request.POST:
            return self._recall(request, object_id)
        if object_id is not None:
            self._require_draft(request, object_id)
        return super().sent(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """By the verbs, which number, salt and audit it."""
        actor, text = actor_in(request), Text(**{name: form.cleaned_data[name] for name in _TEXT})
        if change:
            policies.mend(actor=actor, version=obj, text=text)
            return
        made = policies.write_version(actor=actor, policy=obj.policy, text=text)
        obj.pk, obj.number, obj._state.adding = made.pk, made.number, False

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        """Written, it waits on its page to be released."""
        return HttpResponseRedirect(_page(obj))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if "_release" not in request.POST:
            return super().response_change(request, obj)
        policies.release(actor=actor_in(request), version=obj, brief_by=obj.brief_by)
        told = gettext("Released: from now on it is on the phones.")
        self.log_change(request, obj, told)
        self.message_user(request, told, messages.SUCCESS)
        return HttpResponseRedirect(_page(obj))

    def _recall(self, request: HttpRequest, object_id: str) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))
        if found is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if not self._may_edit(request).filter(pk=found.pk).exists():
            raise PermissionDenied
        form = RecallForm(request.POST)
        if not form.is_valid():
            raise Problem("invalid", detail_zh="请写明撤回的原因。", detail_en="Say why it is recalled.")
        policies.recall(actor=actor_in(request), version=found, reason=form.cleaned_data["reason"])
        told = gettext("Recalled: it may not be briefed any more.")
        self.log_change(request, found, told)
        self.message_user(request, told, messages.SUCCESS)
        return HttpResponseRedirect(_page(found))

    def _require_draft(self, request: HttpRequest, object_id: str) -> None:
        """A form of a draft that was released meanwhile is told so; who may not edit is refused as ever."""
        found = self.get_object(request, unquote(object_id))
        if found is not None and found.released_at and self._may_edit(request).filter(pk=found.pk).exists():
            raise policies.released_already()

    def _may_edit(self, request: HttpRequest) -> QuerySet[Any]:
        """Nothing without the right to edit at all."""
        rows = self.editable(actor_in(request))
        return rows if self.has_add_permission(request) else rows.none()


def _page(version: PolicyVersion) -> str:
    return reverse("admin:visits_policyversion_change", args=[version.pk])


def _shops_named(version: PolicyVersion) -> int:
    """How many shops it names today. One query."""
    unit = version.policy.unit
    return reach.whole(unit, reach.by_unit(version, unit, unit.level, clock.today())).shops


def _classes(row: PolicyVersion, name: str) -> str:
    names = dict(_CLASSES[name].choices)
    return "、".join(str(names.get(one, one)) for one in getattr(row, name)) or gettext("all")
