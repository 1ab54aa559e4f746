"""The floor's few pages: sign in and out of the boards, and the readable description of the API at /api/docs."""

from __future__ import annotations

from functools import cache
from typing import Any

from django import forms
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backend import guests
from backend.http.chapters import chapters
from backend.http.schema import document
from backend.language import is_english
from backend.models import Person


class LoginForm(forms.Form):
    username = forms.CharField(max_length=64)
    password = forms.CharField(max_length=256, strip=False, widget=forms.PasswordInput)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login_page(request: HttpRequest) -> HttpResponse:
    """Sign in for the boards. A wrong password shows the form again (401); too many answer 429 (backend/brakes.py)."""
    following = _following(request)
    form = LoginForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            person = authenticate(request=request, **form.cleaned_data)
            if isinstance(person, Person):
                login(request, person)
                return HttpResponseRedirect(following)
        status = 401
    told = {
        "form": form,
        "next": following,
        "failed": status == 401,
        "guests": guests.offered(),
        "is_english": is_english(),
    }
    return render(request, "backend/login.html", told, status=status)


@require_POST
def logout_page(request: HttpRequest) -> HttpResponse:
    """The session is over."""
    logout(request)
    return HttpResponseRedirect("/login")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers look for the sign on pages that name none, such as the desk's. Public."""
    return HttpResponseRedirect(static("backend/sign.svg"))


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """Every route of the API with its parameters, bodies and problems, from the same schema as openapi.json. Public."""
    told = {"described": _described(is_english=is_english())}
    return render(request, "backend/api_docs.html", told)


@cache
def _described(*, is_english: bool) -> SafeString:
    """What the page says in a language: the same for everybody, so it is written once per process."""
    told = {"groups": chapters(), "title": document()["info"]["title"], "is_english": is_english}
    return render_to_string("backend/api_described.html", told)


def _following(request: HttpRequest) -> str:
    """Where to go after signing in: only to an address of this site."""
    given: Any = request.POST.get("next") or request.GET.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(given, {request.get_host()}, require_https=request.is_secure())
    return given if safe else "/"
