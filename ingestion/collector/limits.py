"""How large a call may be, as in Segment's HTTP tracking API."""

MAX_EVENT_BYTES = 32 * 1024
"""A call with one message: its whole body. In a batch: each message as compact JSON."""

MAX_BATCH_BYTES = 500 * 1024
"""The whole body of a batch."""
