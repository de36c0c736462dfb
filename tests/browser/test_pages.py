"""Every page, furnished and empty, in both languages and both themes: axe finds nothing, nothing is too wide, nothing is too heavy."""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from app.db import session
from app.demo.company import email
from app.people.models import Role, User
from tests.browser import people
from tests.browser.audits import AXE, Scales, complaints
from tests.browser.conftest import Stage
from tests.browser.furnished import furnish
from tests.browser.visitors import Visitor

if TYPE_CHECKING:
    from flask import Flask

# Who opens what, once there is something on it.
FURNISHED = {
    "": (
        *("/sign-in", "/forgot", "/welcome/{welcome}", "/welcome/used-up", "/reset/{reset}", "/reset/used-up"),
        *("/what-my-employer-sees", "/dev/mail", "/dev/mail/{mail.id}", "/s/unknown123", "/nothing"),
    ),
    "emil": (
        *(
            "/",
            "/posts/{post.id}/words",
            "/shares",
            "/deliveries/{delivery.id}/steps",
            "/hand-shares/{hand.id}",
            "/accounts",
            "/accounts/connect/{pending}",
            "/standing",
            "/standing/new?account={account.id}&topic={topic.id}&per_week=2&language=de",
            "/shares/deliveries/{planned.id}/timing",
            "/notices",
        ),
        *("/me", "/me/hours", "/first-visit?step=2", "/first-visit?step=3", "/guidelines", "/guidelines/G-07", "/guidelines/G-07/v1"),
        *("/guidelines/first", "/guidelines/changes", "/what-my-employer-sees", "/write", "/dev/components"),
    ),
    "edda": (
        *("/write", "/proposals", "/proposals/{draft.id}/edit", "/proposals/{draft.id}/edit?check=1", "/proposals/{submitted.id}"),
        *("/proposals/{changes_requested.id}", "/proposals/{approved.id}", "/proposals/{submitted.id}/compare"),
    ),
    "ravi": (
        *("/", "/review", "/review/{submitted.id}", "/review/{approved.id}", "/review/posts"),
        *("/stops", "/stops?what=post:{post.id}", "/posts/{withdrawn.id}/recall", "/posts/{post.id}/recall"),
        *("/guidelines/G-07/edit", "/guidelines/new", "/proposals/{submitted.id}/compare"),
    ),
    "ada": (
        *("/admin/people", "/admin/people?q=nobody", "/admin/people/invite", "/admin/people/{person.id}", "/admin/audit"),
        *("/admin/people/{person.id}/deactivate", "/admin/teams", "/admin/teams/{team.id}", "/admin/topics"),
        *("/admin/topics/{topic.id}", "/admin/networks", "/admin/health", "/admin/doctor", "/stops"),
        "/admin/pace",
    ),
}
EMPTY = (
    *("/", "/write", "/proposals", "/proposals?show=waiting", "/shares", "/accounts", "/notices", "/me", "/first-visit?step=2"),
    *(
        "/guidelines",
        "/guidelines/first",
        "/guidelines/changes",
        "/review",
        "/review/posts",
        "/stops",
        "/admin/people",
        "/admin/people/invite",
    ),
    *("/standing", "/me/hours", "/admin/pace"),
    *("/admin/teams", "/admin/topics", "/admin/networks", "/admin/health", "/admin/audit", "/admin/audit?who=nobody", "/dev/mail"),
)
# Answers that are no page of ours: files, figures for machines, redirects, pieces of pages.
NO_PAGE = {
    "/deliveries/<uuid:delivery_id>",
    *("/static/<path:filename>", "/brand.css", "/logo", "/media/<uuid:media_id>/<rendition>", "/healthz", "/livez", "/readyz", "/metrics"),
    *("/settings", "/admin", "/connect/<network>/callback"),
    *("/me/zones", "/review/rules", "/shares/<uuid:share_id>/progress", "/proposals/<uuid:proposal_id>/link"),
}
LOOKS = [("en", False, True), ("de", True, False)]
NAMES = ["English, light, on a phone", "German, dark, on a desktop"]
REFUSED = (403, 404, 409, 410)


@pytest.mark.parametrize(("locale", "dark", "phone"), LOOKS, ids=NAMES)
def test_pages_with_something_on_them(stage: Stage, locale: str, dark: bool, phone: bool) -> None:
    blanks, found = furnish(stage.running, locale), []
    for who, paths in FURNISHED.items():
        looks = {"dark": dark, "phone": phone}
        window = stage.enter(_row(who), **looks) if who else stage.window(locale, **looks)
        found += [f"{who} {one}" for one in _complaints(window, paths, blanks, phone=phone)]
    assert found == []


def _row(name: str) -> User:
    return session.scalars(select(User).where(User.email == email(name))).one()


@pytest.mark.parametrize(("locale", "dark", "phone"), LOOKS, ids=NAMES)
def test_pages_with_nothing_on_them(stage: Stage, locale: str, dark: bool, phone: bool) -> None:
    user = people.person("Solo", roles=[role.value for role in Role], locale=locale)
    window = stage.enter(user, dark=dark, phone=phone)
    assert [*_complaints(window, EMPTY, SimpleNamespace(), phone=phone)] == []


def _complaints(window: Visitor, paths: tuple[str, ...], blanks: SimpleNamespace, *, phone: bool) -> Iterator[str]:
    window.context.add_init_script(path=AXE)
    scales = Scales(window)
    with window.expecting(*REFUSED):
        for path in paths:
            scales.empty()
            window.go(path.format_map(vars(blanks)))
            yield from (f"{path}: {one}" for one in complaints(window, scales, phone=phone))


def test_no_page_is_forgotten(app: "Flask") -> None:
    looked_at = [
        re.sub(r"\{[^}]+\}|used-up|unknown123|G-07|v1", "x", path.partition("?")[0]) for paths in FURNISHED.values() for path in paths
    ]
    rules = [rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.rule not in NO_PAGE]
    assert [rule for rule in rules if re.sub(r"v?<[^>]+>", "x", rule) not in looked_at] == []
