"""The body of a call to the collector, decoded."""

import re
import zlib

import orjson

from ingestion.collector.limits import MAX_BATCH_BYTES, MAX_EVENT_BYTES
from ingestion.verdict import Rejection

_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.DOTALL
)


def limit_of(call: str) -> int:
    """Return how many bytes the body of a call may have."""
    return MAX_BATCH_BYTES if call == "batch" else MAX_EVENT_BYTES


def inflate(body: bytes, limit: int) -> bytes | Rejection:
    """Return a gzip body as it was; never makes more than ``limit`` bytes of it."""
    stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = stream.decompress(body, limit + 1)
    except zlib.error:
        return Rejection("not_json", "The body is not gzip, as its Content-Encoding says.")
    if len(plain) > limit:
        return Rejection("too_large", f"The body has more than {limit} bytes once decompressed.")
    if not stream.eof:
        return Rejection("not_json", "The gzip body is cut off.")
    return plain


def decode(body: bytes) -> dict[str, object] | Rejection:
    """Return the JSON object in a body; of equal keys the last wins, half a surrogate pair becomes U+FFFD."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        # Browsers cut text between the halves of a pair, and write the half as an escape.
        mended = _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], body)
        try:
            if mended == body:
                raise error
            document = orjson.loads(mended)
        except orjson.JSONDecodeError as fault:
            return Rejection("not_json", f"The body is not JSON: {fault.msg} at character {fault.pos}.")
    if not isinstance(document, dict):
        return Rejection("not_an_object", "The body is not a JSON object.")
    return document
