"""The one exception that a person is meant to read."""


class ShopstreamError(Exception):
    """Something a person can mend; the message is one sentence that says what to do.

    Command lines print the message without a stack trace (``--debug`` shows it) and exit with status 1.
    """
