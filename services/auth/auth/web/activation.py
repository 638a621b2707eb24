"""Activation: who has the operator's letter proves it, then chooses identifier and password."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.response import Redirect, Template

from auth.domain.births import read_date
from auth.domain.credentials import IdentifierFault, PasswordFault
from auth.errors import AuthError, InvitationNotHeld, InvitationRefused, TriedTooOften
from auth.store import IdentifierTaken
from auth.usecases.activating import ChoiceRefused
from auth.web import cookies
from auth.web.asking import FORM_LIMIT, Asked, GivenActivating, caller_of
from chassis import web
from chassis.clock import now
from chassis.i18n import mark as _
from chassis.web.dates import clock_time, local

Page = Template | Redirect
Typed = Annotated[str, msgspec.Meta(max_length=500)]

IDENTIFIER_SENTENCES: Mapping[IdentifierFault, str] = {
    IdentifierFault.LENGTH: _("L'identifiant compte de 8 à 100 caractères."),
    IdentifierFault.CHARACTERS: _(
        "L'identifiant se compose de lettres sans accent, de chiffres, de points, de tirets et de tirets bas."
    ),
    IdentifierFault.EMAIL: _("L'identifiant ne peut pas être une adresse e-mail. Choisissez-en un autre."),
    IdentifierFault.INS: _("L'identifiant ne peut pas être votre numéro de sécurité sociale ou INS."),
}
PASSWORD_SENTENCES: Mapping[PasswordFault, str] = {
    PasswordFault.SHORT: _(
        "Le mot de passe est trop court : au moins 12 caractères, ou 9 avec une minuscule, une majuscule, "
        "un chiffre et un caractère spécial."
    ),
    PasswordFault.LONG: _("Le mot de passe est trop long : 200 caractères au plus."),
    PasswordFault.COMMON: _(
        "Ce mot de passe est trop facile à deviner. Évitez les mots courants, les suites de touches, "
        "votre nom et votre date de naissance."
    ),
}


class InvitationForm(msgspec.Struct, kw_only=True):
    """First step."""

    birth_name: Typed = ""
    birth_date: Typed = ""
    activation_code: Typed = ""


class ChoiceForm(msgspec.Struct, kw_only=True):
    """Second step."""

    identifier: Typed = ""
    password: Annotated[str, msgspec.Meta(max_length=4_000)] = ""


class Activation(Controller):
    """`/compte/activation`: two plain pages."""

    path = "/compte/activation"
    opt = {"public": True}  # noqa: RUF012 Litestar reads it from the class
    request_max_body_size = FORM_LIMIT

    @get("/", sync_to_thread=False)
    def ask_invitation(self) -> Template:
        """First step."""
        return _invitation_page(InvitationForm())

    @post("/")
    async def prove(self, request: Asked, activating: GivenActivating) -> Page:
        """Check name, date and code; all wrong answers are the same."""
        form = await web.read_form(request, InvitationForm)
        born = read_date(form.birth_date, local(now()).date())
        errors = _missing(form, readable=born is not None)
        if born is None or errors:
            return _invitation_page(form, errors=errors)
        try:
            handle = await activating.prove(form.birth_name, born, form.activation_code, caller_of(request))
        except (InvitationRefused, TriedTooOften) as refused:
            return _invitation_page(form, refused=refused)
        answer = web.see_other("/compte/activation/identifiants")
        answer.set_cookie(cookies.invitation(handle.secret))
        return answer

    @get("/identifiants")
    async def ask_choice(self, request: Asked, activating: GivenActivating) -> Page:
        """Second step."""
        try:
            account = await activating.held(_secret(request))
        except InvitationNotHeld:
            return _again()
        return _choice_page(ChoiceForm(), account.given_name)

    @post("/identifiants")
    async def choose(self, request: Asked, activating: GivenActivating) -> Page:
        """Open the space."""
        form = await web.read_form(request, ChoiceForm)
        try:
            account = await activating.held(_secret(request))
            try:
                await activating.activate(_secret(request), form.identifier, form.password, caller_of(request))
            except (ChoiceRefused, IdentifierTaken) as refused:
                return _choice_page(form, account.given_name, refused)
        except InvitationNotHeld:
            return _again()
        answer = web.see_other("/connexion", toast="activated")
        for cookie in cookies.no_invitation():
            answer.set_cookie(cookie)
        return answer


def _secret(request: Asked) -> str:
    return request.cookies.get(cookies.INVITATION, "")


def _again() -> Redirect:
    return web.see_other("/compte/activation", toast=InvitationNotHeld.code)


def _missing(form: InvitationForm, *, readable: bool) -> dict[str, str]:
    errors = {}
    if not form.birth_name.strip():
        errors["birth_name"] = _("Saisissez votre nom de naissance.")
    if not readable:
        errors["birth_date"] = _("Saisissez votre date de naissance comme dans l'exemple : 12/05/1988.")
    if not form.activation_code.strip():
        errors["activation_code"] = _("Saisissez le code d'activation de votre courrier.")
    return errors


def _invitation_page(
    form: InvitationForm, *, errors: Mapping[str, str] | None = None, refused: AuthError | None = None
) -> Template:
    shown = dict(errors or {})
    if isinstance(refused, InvitationRefused):
        shown["activation_code"] = refused.sentence
    return web.page(
        "activation.html",
        status=refused.status if refused else 422 if errors else 200,
        form=form,
        errors=shown,
        wait_until=clock_time(refused.until) if isinstance(refused, TriedTooOften) else None,
    )


def _choice_page(form: ChoiceForm, given_name: str, refused: AuthError | None = None) -> Template:
    return web.page(
        "choice.html",
        status=refused.status if refused else 200,
        identifier=form.identifier.strip(),
        given_name=given_name,
        errors=_choice_errors(refused),
    )


def _choice_errors(refused: AuthError | None) -> dict[str, str]:
    if isinstance(refused, IdentifierTaken):
        return {"identifier": refused.sentence}
    if not isinstance(refused, ChoiceRefused):
        return {}
    errors = {}
    if refused.identifier_fault:
        errors["identifier"] = IDENTIFIER_SENTENCES[refused.identifier_fault]
    if refused.password_fault:
        errors["password"] = PASSWORD_SENTENCES[refused.password_fault]
    return errors
