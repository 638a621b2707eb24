"""Mon compte, and the person's menu that every page of every service shows."""

from litestar import Controller, get
from litestar.response import Template

from auth.domain import masking
from auth.domain.accounts import Account
from auth.store import AuthStore
from auth.web.asking import AskedByPatient, GivenStore
from chassis import web
from chassis.errors import NotFound


class AccountPages(Controller):
    """`/compte`: for who is logged in."""

    path = "/compte"

    @get("/")
    async def account(self, request: AskedByPatient, store: GivenStore) -> Template:
        """Name and masked contacts."""
        account = await account_of(request, store)
        return web.page(
            "account.html",
            person_name=account.short_name(),
            account=account,
            email=masking.masked_email(account.email) if account.email else None,
            phone=masking.masked_phone(account.phone) if account.phone else None,
            session_ends_at=request.user.session_ends_at,
        )

    @get("/menu")
    async def menu(self, request: AskedByPatient, store: GivenStore) -> Template:
        """The fragment "Inaya M."."""
        account = await account_of(request, store)
        return web.fragment("menu.html", name=account.short_name())


async def account_of(request: AskedByPatient, store: AuthStore) -> Account:
    """The account of who asks. Raises `NotFound`."""
    account = await store.accounts.get(request.user.patient_id)
    if account is None:
        raise NotFound
    web.use_time_zone(account.time_zone)
    return account
