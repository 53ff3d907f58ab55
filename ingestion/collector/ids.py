"""Ids as Segment's clients send them."""

_LARGEST = 10**18 - 1


def id_of(*candidates: object) -> object:
    """Return the first id that is there, a whole number as text; None when all are null or blank.

    What cannot be an id (a fraction, an object) is returned as it is: the event's verdict names it.
    """
    for candidate in candidates:
        if candidate is None or (isinstance(candidate, str) and not candidate.strip()):
            continue
        if type(candidate) is int and 0 <= candidate <= _LARGEST:
            return str(candidate)
        return candidate
    return None
