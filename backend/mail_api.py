"""HTTP of e-mail: where mine goes and how often; and the page that ends it from a mail's link."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend import mail
from backend.http.serializers import OutModelSerializer, StrictSerializer
from backend.http.views import ScopedView
from backend.models import MailChoice


class MailIn(StrictSerializer):
    address = serializers.EmailField(max_length=254, allow_blank=True)
    wanted = serializers.ChoiceField(choices=MailChoice.Wanted.choices)


class MailOut(OutModelSerializer):
    address = serializers.CharField(help_text="Empty where none was given.")

    class Meta:
        model = MailChoice
        fields = ("address", "wanted")


class MyMail(ScopedView):
    """Where my mail goes and how often: none, each as it comes, or one mail each working morning."""

    needs = {"get": None, "put": None}
    in_serializers = {"put": MailIn}
    answers = {"get": MailOut, "put": MailOut}

    def get(self, request: Request) -> Response:
        return Response(MailOut(mail.chosen(self.actor)).data)

    def put(self, request: Request) -> Response:
        return Response(MailOut(mail.choose(actor=self.actor, **self.body())).data)


@csrf_exempt  # the link's signature is what allows it; a mail program posts here by itself (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def stop_page(request: HttpRequest, token: str) -> HttpResponse:
    """Ends the mail of the link's person, after a click: programs that look at links in mails end nothing."""
    done = request.method == "POST" and mail.stop(token)
    status = 404 if request.method == "POST" and not done else 200
    return render(request, "backend/mail_stop.html", {"done": done, "failed": status == 404}, status=status)
