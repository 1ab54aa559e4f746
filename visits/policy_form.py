"""What an editor fills in for a policy version: audience by ticks, questions as text; for visits/policy_desk.py."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backend import clock
from retail.models import Classification
from visits import question_text
from visits.models import PolicyVersion
from visits.question_text import Unreadable
from visits.quiz import MOST_QUESTIONS, SHOP_QUESTIONS

FAULTS = {
    "choices": _("Question %(number)s needs two to six choices, a line each."),
    "right": _("Question %(number)s needs one right choice that begins with a star."),
    "empty": _("Question %(number)s lacks words: choices are in English all or none."),
    "long": _("Question %(number)s is too long: 300 characters for the question, 200 for a choice."),
}
HOW = _(
    "A paragraph for each question: the question, then a choice on each line, the right one begins with a star (*)."
    " English may follow behind a bar (|)."
)
EMPTY_IS_ALL = _("Nothing ticked: all.")


class QuestionsField(forms.CharField):
    """Questions as text on the page, as the model keeps them behind it."""

    def __init__(self, *, numbers: tuple[int, int], **kwargs: Any) -> None:
        self.numbers = numbers
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 8, "cols": 60}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return question_text.written(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        try:
            found = question_text.read(super().clean(value))
        except Unreadable as fault:
            raise forms.ValidationError(FAULTS[fault.what], params={"number": fault.number}) from fault
        fewest, most = self.numbers
        if found and not fewest <= len(found) <= most:
            told = _("%(fewest)s to %(most)s questions, or none.")
            raise forms.ValidationError(told, params={"fewest": fewest, "most": most})
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), (data or "").replace("\r\n", "\n"))


def _several(label: Any, kinds: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=kinds.choices, required=False, widget=forms.CheckboxSelectMultiple, help_text=EMPTY_IS_ALL
    )


def _tier(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=30)


class PolicyVersionForm(forms.ModelForm):
    """A draft. Its number, salt and what phones are shown are the verb's (visits/policies.py)."""

    market_types = _several(_("market type"), Classification.MarketType)
    business_types = _several(_("business type"), Classification.BusinessType)
    terminal_types = _several(_("terminal type"), Classification.TerminalType)
    tier_from, tier_to = _tier(_("from tier")), _tier(_("to tier"))
    quiz = QuestionsField(label=_("quiz"), numbers=(1, MOST_QUESTIONS), help_text=HOW)
    shop_quiz = QuestionsField(label=_("questions for the shop"), numbers=SHOP_QUESTIONS, help_text=HOW)

    class Meta:
        model = PolicyVersion
        fields = (
            "policy", "body", "card", "market_types", "business_types", "terminal_types", "tier_from", "tier_to",
            "effective_on", "quiz", "pass_percent", "shop_quiz", "brief_by",
        )  # fmt: skip

    def clean_brief_by(self) -> Any:
        day = self.cleaned_data["brief_by"]
        if day is not None and day < clock.today():
            raise forms.ValidationError(_("The day to be briefed by is past."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        low, high = cleaned.get("tier_from"), cleaned.get("tier_to")
        if low and high and low > high:
            self.add_error("tier_to", _("The tiers are in the wrong order."))
        return cleaned
