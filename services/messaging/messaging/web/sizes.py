"""Sizes of files as a patient reads them: decimal units, French abbreviations, as the limits are told."""

_UNITS = ((1_000_000, "Mo"), (1_000, "Ko"))


def in_words(size: int) -> str:
    """« 412 Ko », « 1,2 Mo », « 320 octets ». Rounded up, so that a file never looks smaller than it is."""
    for unit, name in _UNITS:
        if size >= unit:
            return f"{_decimal(size, unit)} {name}"
    return f"{size} octet{'s' if size > 1 else ''}"


def remaining_in_words(size: int) -> str:
    """What is still free: rounded down, so that what is promised fits. Nothing when negative."""
    left = max(size, 0)
    return in_words(left // 100_000 * 100_000) if left >= 1_000_000 else in_words(left // 1_000 * 1_000)


def _decimal(size: int, unit: int) -> str:
    tenths = -(-size * 10 // unit)
    if unit == 1_000 or tenths >= 1_000:
        return str(-(-size // unit))
    whole, tenth = divmod(tenths, 10)
    return f"{whole},{tenth}" if tenth else str(whole)
