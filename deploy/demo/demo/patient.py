"""What a patient does before anything else: is invited, activates their space, logs in with a code."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from demo.catcher import Catcher, Mail
from demo.visitor import NotOnThePage, Page, Visitor

PATIENT_DOMAIN = "patient.mssante.fr"


@dataclass(frozen=True, kw_only=True)
class Patient:
    """An invented person, with a right INS key and addresses that exist nowhere."""

    given_name: str
    family_name: str
    birth_date: date
    ins: str
    email: str
    phone: str
    identifier: str
    password: str

    @property
    def mailbox(self) -> str:
        """Where professionals write to."""
        return f"{self.ins}@{PATIENT_DOMAIN}"

    @property
    def name(self) -> str:
        """As the pages say it."""
        return f"{self.given_name} {self.family_name}"


def with_key(thirteen: str) -> str:
    """An INS from its first 13 digits: the key is 97 minus their remainder by 97."""
    return f"{thirteen}{97 - int(thirteen) % 97:02d}"


INAYA = Patient(
    given_name="Inaya",
    family_name="Michel",
    birth_date=date(1988, 6, 14),
    ins=with_key("2880699100001"),
    email="inaya.michel@courriel.example",
    phone="+33639980115",
    identifier="inaya.m1988",
    password="",
)


def another(number: int, password: str) -> Patient:
    """One of as many invented patients as are needed."""
    return replace(
        INAYA,
        given_name=f"Essai{number}",
        ins=with_key(f"28806991{number:05d}"),
        email=f"essai{number}@courriel.example",
        phone=f"+3363998{number % 10_000:04d}",
        identifier=f"essai-{number:05d}",
        password=password,
    )


def invite(patient: Patient, settings: Mapping[str, str]) -> str:
    """Run the operator's command with auth's settings; the activation code it prints."""
    command = [
        sys.executable, "-m", "auth", "invite", "--given-name", patient.given_name,
        "--family-name", patient.family_name, "--birth-name", patient.family_name,
        "--birth-date", patient.birth_date.isoformat(), "--ins", patient.ins,
        "--email", patient.email, "--phone", patient.phone,
    ]  # fmt: skip
    done = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"auth invite: {done.stderr.strip()}")
    return done.stdout.strip().splitlines()[-1]


def activate(visitor: Visitor, patient: Patient, code: str) -> Page:
    """Fill in the two pages of the activation."""
    page = visitor.get("/compte/activation").press(
        "Continuer",
        {
            "Nom de naissance": patient.family_name,
            "Date de naissance": patient.birth_date.strftime("%d/%m/%Y"),
            "Code d'activation": code,
        },
    )
    page = page.press(
        "Activer mon espace", {"Mon identifiant": patient.identifier, "Mon mot de passe": patient.password}
    )
    if not page.says("Votre espace est activé"):
        raise NotOnThePage(f"not activated: {page.text[:400]}")
    return page


def log_in(visitor: Visitor, patient: Patient, catcher: Catcher, *, by_sms: bool = False) -> Page:
    """Identifier, password, choice, and the code that really arrived."""
    page = visitor.get("/connexion").press(
        "Continuer", {"Mon identifiant": patient.identifier, "Mon mot de passe": patient.password}
    )
    began = datetime.now(UTC)
    page = page.press("Continuer", {"Par SMS" if by_sms else "Par email": True})
    if not page.says("3 Je saisis le code d'accès"):
        raise NotOnThePage(f"no code was sent; the page says: {page.text[:600]}")
    code = wait_for_code(catcher, patient, began, by_sms=by_sms)
    return page.press("Se connecter", {"Code d'accès à usage unique": code})


def wait_for_code(catcher: Catcher, patient: Patient, since: datetime, *, by_sms: bool = False) -> str:
    """The code in the newest mail or text message that arrived after `since`."""
    box = sms_box(patient.phone) if by_sms else patient.email
    mail = catcher.wait(box, lambda mail: mail.at >= since.replace(microsecond=0) and code_in(mail) is not None)
    newest = [one for one in catcher.mails(box) if code_in(one)][-1]
    return code_in(newest) or code_in(mail) or ""


def sms_box(phone: str) -> str:
    """Where the catcher shows a phone's text messages."""
    return f"{phone}@sms.invalid"


def code_in(mail: Mail) -> str | None:
    """The six digits of a code, if this mail brings one."""
    found = re.search(r"\b(\d{6}) est votre code", mail.subject) or re.search(r"#(\d{6})\b", mail.body("plain"))
    return found.group(1) if found else None
