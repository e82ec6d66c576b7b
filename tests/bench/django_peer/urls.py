"""The list, and the other addresses that its page names."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required, user_passes_test
from django.db.models import FilteredRelation, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from tests.bench.django_peer.models import Employer

ROWS = 50
AFTER = "Example Employer 000004"
_COLUMNS = ("reference", "name", "trading_name", "sector", "size_tier", "district")
# The menu as the portal's LEP officer has it.
MENU = ("Employers", "Cases", "Referrals", "Claims", "Events", "Toolkit", "Reports", "Network")


@login_required
@user_passes_test(lambda user: user.is_staff)
def employers(request: HttpRequest) -> HttpResponse:
    """Fifty employers by name, with their score and who finished the diagnostic."""
    current = FilteredRelation("responses", condition=Q(responses__is_current=True))
    rows = (
        Employer.objects.annotate(current=current)
        .filter(name__gt=AFTER)
        .order_by("name", "id")
        .values_list(*_COLUMNS, "current__overall_score", "current__completed_by__name")[:ROWS]
    )
    menu = [{"text": text, "name": text.lower()} for text in MENU]
    return render(request, "peer/list.html", {"rows": rows, "menu": menu})


urlpatterns = [
    path("bench/list", employers, name="list"),
    path("employers/<str:reference>", employers, name="employer"),
    path("logout", employers, name="logout"),
    path("account", employers, name="account"),
    *(path(text.lower(), employers, name=text.lower()) for text in MENU),
]
