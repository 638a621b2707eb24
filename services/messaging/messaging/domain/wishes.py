"""What a patient wants of their mailbox, as far as it isn't the default."""

from msgspec import Struct


class Wishes(Struct, frozen=True, kw_only=True):
    """`receipts`: professionals who ask may know that their letter was read. `live`: open pages show what is new
    by themselves. `shortcuts`: single keys do something (WCAG 2.2, 2.1.4: they can be switched off)."""

    receipts: bool = True
    live: bool = True
    shortcuts: bool = True


NO_WISH = Wishes()
