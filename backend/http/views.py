"""The gate that every API view stands behind: capability, declared parameters, Idempotency-Key; base of all views.

A view says in `needs` which capability each action asks for (None: any signed-in person), and in `queries` which query
parameters an action takes. What is not declared is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.views import APIView

from backend.errors import FieldError, Problem
from backend.http import idempotency, problems
from backend.http.auth import CHALLENGE, actor
from backend.scope import Actor


class Gate(APIView):
    """What ScopedView and ScopedViewSet share."""

    needs: ClassVar[Mapping[str, str | None]] = {}
    queries: ClassVar[Mapping[str, type[Serializer]]] = {}
    in_serializers: ClassVar[Mapping[str, type[Serializer]]] = {}  # per action: what its body may hold
    answers: ClassVar[Mapping[str, type[BaseSerializer] | None]] = {}  # per action, for the API description; None: 204
    may_be_empty: ClassVar[frozenset[str]] = frozenset()  # query parameters that may be given without a value
    problem_codes: ClassVar[tuple[str, ...]] = ()  # for the API description: codes of its own verbs
    without_key: ClassVar[frozenset[str]] = frozenset()  # POST actions that may be repeated without a key
    versioned: ClassVar[frozenset[str]] = frozenset({"partial_update", "destroy"})  # actions that ask for If-Match
    accepts_ended_devices: ClassVar[bool] = False
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    metadata_class = None

    request: Request
    asked: Mapping[str, Any]  # the declared query parameters of this request, validated

    @property
    def actor(self) -> Actor:
        return actor(self.request)

    @property
    def act(self) -> str | None:
        """The action of a viewset, or the method of a plain view; None for a method that the view does not have."""
        if hasattr(self, "action_map"):
            return getattr(self, "action", None)
        method = (self.request.method or "").lower()
        method = "get" if method == "head" else method
        return method if method in self.http_method_names and hasattr(self, method) else None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.act is None:
            return  # answered 405 next
        self._check_parameters(request)
        if request.method == "POST" and self.act not in self.without_key:
            vars(self)["post"] = partial(self._once, getattr(self, "post"))  # noqa: B009 - not every view has one

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if self.act is None or self.is_public:
            return
        if self.act not in self.needs:
            raise Problem("forbidden")
        capability = self.needs[self.act]
        if capability is not None and not actor(request).can(capability):
            raise Problem("forbidden")

    @property
    def is_public(self) -> bool:
        """Whether the view is served without signing in (log-in); the route test holds the list of those."""
        return not self.permission_classes

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> Any:
        if request.user is None:
            raise Problem("not_authenticated", headers={"WWW-Authenticate": CHALLENGE})
        raise Problem("forbidden")

    def body(self, instance: Any = None, *, partial: bool = False) -> dict[str, Any]:
        """The validated body of this action, by its In serializer; problem invalid with a pointer per fault."""
        context = {"request": self.request, "view": self}
        chosen = self.in_serializers[self.act or ""]
        serializer = chosen(instance, data=self.request.data, partial=partial, context=context)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    # -- parameters ----------------------------------------------------------------------------------------------------

    def parameters(self, act: str) -> dict[str, bool]:
        """Names of the query parameters that an action takes; True where a parameter may be given several times."""
        return dict.fromkeys(self.queries[act]().fields, False) if act in self.queries else {}

    def _check_parameters(self, request: Request) -> None:
        act = self.act or ""
        declared = self.parameters(act)
        faults = []
        for name, values in request.query_params.lists():
            if name not in declared:
                faults.append(FieldError("unknown_parameter", parameter=name))
            elif (len(values) > 1 and not declared[name]) or ("" in values and name not in self.may_be_empty):
                faults.append(FieldError("bad_parameter", parameter=name))
        if faults:
            raise Problem(faults[0].code, errors=faults)
        self.asked = self._asked(request, act)

    def _asked(self, request: Request, act: str) -> Mapping[str, Any]:
        if act not in self.queries:
            return {}
        serializer = self.queries[act](data=request.query_params, context={"request": request})
        try:
            serializer.is_valid(raise_exception=True)
        except ValidationError as error:
            raise _refusal(error) from None
        return serializer.validated_data

    def _once(self, inner: Callable[..., Any], request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return idempotency.once(request, partial(inner, request, *args, **kwargs))


class ScopedView(Gate):
    """Base of API views that are not about one model (a board, the log-in); `needs` is keyed by "get", "post"."""


def _refusal(error: ValidationError) -> Problem:
    faults = []
    for fault in problems.pointers(error.detail):
        code = "bad_date" if fault.code in {"bad_date", "invalid_date"} else "bad_parameter"
        name = fault.pointer.lstrip("/").split("/")[0]
        faults.append(FieldError(code, fault.message, fault.message_en, parameter=name))
    return Problem("bad_date" if all(f.code == "bad_date" for f in faults) else "bad_parameter", errors=faults)


def bad_date() -> ValidationError:
    """For query serializers' own checks: a date that exists but makes no sense here (an end before its start)."""
    return ValidationError([ErrorDetail("bad_date", code="bad_date")])
