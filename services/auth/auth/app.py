"""auth put together, everything from one `AuthSettings`."""

from pathlib import Path
from typing import Any

from auth.errors import AttemptOver, InvitationNotHeld, NoTryLeft
from auth.events import subscriptions
from auth.handles import KeyedHash
from auth.keys import SealingKeys, Signer
from auth.parts import KeyTeller, Sweeper
from auth.passwords import Argon2id, Passwords
from auth.settings import AuthSettings
from auth.store import AuthStore
from auth.usecases.activating import Activating
from auth.usecases.logging_in import LoggingIn
from auth.usecases.pacing import Pacing
from auth.usecases.preferring import Preferring
from auth.usecases.sessions import Sessions
from auth.web.account import AccountPages
from auth.web.activation import Activation
from auth.web.devices import Devices
from auth.web.front import FrontPages
from auth.web.log_in import LogIn
from auth.web.preferences import Preferences
from auth.web.session import SessionPages
from chassis.bus import Follower
from chassis.clock import now
from chassis.i18n import mark as _
from chassis.identity.guard import Guard
from chassis.process import Process
from chassis.service import assemble
from chassis.threads import BoundedPool
from chassis.web import Toast, WebPages
from contracts.notifier import SealingKeyPublished

HERE = Path(__file__).parent
CONTROLLERS = (FrontPages, LogIn, SessionPages, Activation, AccountPages, Devices, Preferences)
PAGES = WebPages(
    prefix="/_auth",
    templates=HERE / "web" / "templates",
    locale=HERE / "locale",
    toasts={
        "code-sent": _("Un nouveau code a été envoyé"),
        "notices-chosen": _("Votre choix est enregistré"),
        "activated": _("Votre espace est activé. Connectez-vous."),
        "device-ended": _("L'appareil est déconnecté"),
        "session-over": _("Votre session a expiré."),
        **{over.code: Toast(over.sentence, kind="bad") for over in (AttemptOver, NoTryLeft)},
        InvitationNotHeld.code: InvitationNotHeld.sentence,
    },
)


async def build(settings: AuthSettings) -> Process:
    """The whole service as one process. Call it on the running event loop."""
    store = AuthStore(settings)
    signer, sealing_keys, guard = Signer(settings.signing_seed()), SealingKeys(), Guard(settings)
    await guard.learn_key(signer.published(now()))
    sessions = Sessions(store, signer)
    keys = Follower(settings, "notifier.keys", [SealingKeyPublished], sealing_keys.learn, from_beginning=True)
    return assemble(
        settings,
        store,
        subscriptions=subscriptions(store),
        controllers=CONTROLLERS,
        parts=[KeyTeller(store, signer), Sweeper(sessions), keys],
        pages=PAGES,
        guard=guard,
        dependencies=_dependencies(settings, store, signer, sealing_keys, sessions),
    )


def _dependencies(
    settings: AuthSettings, store: AuthStore, signer: Signer, sealing_keys: SealingKeys, sessions: Sessions
) -> dict[str, Any]:
    hashes = KeyedHash(settings.code_key_bytes())
    passwords = Passwords(Argon2id(), BoundedPool("argon2", settings.argon2_threads))
    pacing = Pacing(store, hashes)
    return {
        "about": settings,
        "store": store,
        "sessions": sessions,
        "preferring": Preferring(store),
        "activating": Activating(store=store, passwords=passwords, hashes=hashes, pacing=pacing),
        "logging_in": LoggingIn(
            store=store,
            passwords=passwords,
            hashes=hashes,
            pacing=pacing,
            signer=signer,
            sealing_keys=sealing_keys,
        ),
    }
