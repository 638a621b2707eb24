"""The list of mail operators: what it may say, whose certificate is whose, and that it follows its file."""

from pathlib import Path

import pytest

from messaging.domain.operators import Certificate, ListUnreadable, read_operators
from messaging.operators import OperatorsFile

LIST = """
[[operator]]
name = "CHU"
certificates = ["SMTP.chu.mssante.fr", "sha256:{digest}"]
domains = ["Chu.mssante.fr"]

[[operator]]
name = "Relais"
certificates = ["relais.example"]
"""
DIGEST = "ab" * 32


def listed(text: str = LIST) -> str:
    return text.replace("{digest}", DIGEST)


@pytest.mark.parametrize(
    ("certificate", "name"),
    [
        (Certificate(frozenset({"smtp.chu.mssante.fr", "x.y"}), "00" * 32), "CHU"),
        (Certificate(frozenset(), DIGEST), "CHU"),
        (Certificate(frozenset({"relais.example"}), "00" * 32), "Relais"),
        (Certificate(frozenset({"chu.mssante.fr"}), "00" * 32), None),
        (Certificate(frozenset({"a.smtp.chu.mssante.fr"}), "00" * 32), None),
    ],
)
def test_a_certificate_is_told_by_its_names_or_its_fingerprint(certificate: Certificate, name: str | None) -> None:
    found = read_operators(listed()).presenting(certificate)
    assert (found.name if found else None) == name


def test_an_operator_answers_for_its_own_domains_exactly() -> None:
    operators = read_operators(listed())
    chu, relay = operators.operators
    assert chu.answers_for("a@CHU.mssante.fr") and not chu.answers_for("a@x.chu.mssante.fr")
    assert not relay.answers_for("a@chu.mssante.fr") and not chu.answers_for("")
    assert operators.together.answers_for("a@chu.mssante.fr")


@pytest.mark.parametrize(
    ("sender", "chu", "relay"),
    [
        ("MAILER-DAEMON@mx.CHU.mssante.fr", True, True),
        ("postmaster@mx.chu.mssante.fr", True, True),
        ("a@chu.mssante.fr", True, False),
        ("a@mx.chu.mssante.fr", False, False),
        ("MAILER-DAEMON@notchu.mssante.fr", False, True),
        ("MAILER-DAEMON@relais.example", False, True),
        ("", False, False),
    ],
)
def test_reports_come_from_mail_programs_on_hosts_of_an_operators_domains(
    sender: str, chu: bool, relay: bool
) -> None:
    operators = read_operators(listed()).operators
    assert [one.may_report_as(sender) for one in operators] == [chu, relay]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "operator"),
        ("operator = []", "no operator"),
        ("[[operator]]\nname = 1\ncertificates = []", "name"),
        ('[[operator]]\nname = "x"\ncertificates = ["a b"]', "DNS name"),
        ('[[operator]]\nname = "x"\ncertificates = ["sha256:12"]', "DNS name"),
        ('[[operator]]\nname = "x"\ncertificates = []\ndomains = ["*.fr"]', "no domain"),
        ('[[operator]]\nname = "x"\ncertificates = []\ndomain = ["a.fr"]', "domain"),
        (listed() + listed(), "twice"),
        ("[[operator", "array"),
    ],
)
def test_a_list_that_cannot_be_used_says_what_to_mend(text: str, wrong: str) -> None:
    with pytest.raises(ListUnreadable, match=wrong):
        read_operators(text)


def test_the_list_follows_its_file_and_survives_a_broken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.reloading.LOOK_EVERY", 0.0)
    file = tmp_path / "operators.toml"
    file.write_text(listed())
    operators = OperatorsFile(file)
    domains = operators.domains("patient.mssante.fr")
    assert domains.may_be_answered("a@chu.mssante.fr") and not domains.may_write("a@labo.mssante.fr")
    file.write_text(listed().replace("Chu.mssante.fr", "labo.mssante.fr"))
    assert domains.may_write("a@labo.mssante.fr") and not domains.may_write("a@chu.mssante.fr")
    file.write_text("[[operator")
    assert domains.may_write("a@labo.mssante.fr")
    file.unlink()
    assert domains.may_write("a@labo.mssante.fr")
