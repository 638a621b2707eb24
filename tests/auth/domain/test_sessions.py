"""Sessions, redirects and the slow-down, as arithmetic."""

from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.domain.pace import Failures, may_try_at, wait_after
from auth.domain.redirects import local_path
from auth.domain.sessions import End, Session
from tests.auth.fakes import NOW, PATIENT

TICK = timedelta(milliseconds=1)


def session(idle: timedelta, age: timedelta) -> Session:
    return Session(id="s", patient_id=PATIENT, started_at=NOW - age, last_active_at=NOW - idle)


def test_a_session_is_over_after_thirty_idle_minutes():
    assert session(timedelta(minutes=30) - TICK, timedelta(hours=1)).is_alive(NOW)
    over = session(timedelta(minutes=30), timedelta(hours=1))
    assert not over.is_alive(NOW)
    assert over.due_end(NOW) is End.IDLE


def test_a_session_is_over_after_twelve_hours_however_active():
    assert session(timedelta(0), timedelta(hours=12) - TICK).is_alive(NOW)
    over = session(timedelta(0), timedelta(hours=12))
    assert not over.is_alive(NOW)
    assert over.due_end(NOW) is End.OVER


def test_an_ended_session_is_not_alive_again():
    ended = Session(id="s", patient_id=PATIENT, started_at=NOW, last_active_at=NOW, ended_at=NOW)
    assert not ended.is_alive(NOW)


@given(st.timedeltas(timedelta(0), timedelta(hours=24)), st.timedeltas(timedelta(0), timedelta(hours=24)))
def test_a_session_is_alive_exactly_until_it_is_due(idle, age):
    some = session(min(idle, age), age)
    assert some.is_alive(NOW) == (some.due_end(NOW) is None)


@pytest.mark.parametrize("path", ["/", "/messagerie", "/messagerie/1?page=2&tri=date", "/documents#d", "/compte"])
def test_local_paths_are_gone_to(path):
    assert local_path(path) == path


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "messagerie",
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/messagerie\r\nset-cookie: a=b",
        "https://evil.example",
        "javascript:alert(1)",
        "/messagerie\\..\\x",
        "/a b",
        "/é",
        "/" + "a" * 3000,
        "/connexion",
        "/connexion/renouveler?vers=/",
        "/connexion?vers=/x",
    ],
)
def test_anything_else_leads_home(wanted):
    assert local_path(wanted) == "/"


@given(st.text(max_size=60) | st.from_regex(r"[/\\\t\n .:@a-z]{0,20}", fullmatch=True))
def test_no_wanted_address_ever_leaves_the_site(wanted):
    target = local_path(wanted)
    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))
    assert all("\x20" < character < "\x7f" and character != "\\" for character in target)
    assert urlsplit(urljoin("https://espace.example/connexion", target)).netloc == "espace.example"


@given(st.integers(min_value=0, max_value=9))
def test_nobody_waits_before_ten_failures(count):
    assert may_try_at(Failures(count=count, last_here=NOW), known_browser=False) is None


@given(st.integers(min_value=10, max_value=10_000))
def test_who_failed_here_waits_a_while_after_ten_failures(count):
    until = may_try_at(Failures(count=count, last_here=NOW), known_browser=False)
    assert until is not None
    assert timedelta(seconds=5) <= until - NOW <= timedelta(minutes=5)


@given(st.integers(min_value=10, max_value=10_000))
def test_a_stranger_cannot_make_the_patient_wait(count):
    assert may_try_at(Failures(count=count, last_here=NOW), known_browser=True) is None
    assert may_try_at(Failures(count=count, last_here=None), known_browser=False) is None


def test_waits_double():
    assert [wait_after(count).total_seconds() for count in (10, 11, 12, 16, 17, 100)] == [5, 10, 20, 300, 300, 300]
