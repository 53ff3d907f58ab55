"""A dead broker's registration with its KRaft controller, which bars the next one until the session has ended."""

import socket
import struct

from deploy.stack.address import Address

_UNREGISTER_BROKER = 64
_NOT_CONTROLLER = 41
_CONNECT_SECONDS, _ANSWER_SECONDS = 1, 30
_LONGEST_ANSWER = 64 * 1024


def unregister(controller: Address, node_id: int) -> bool:
    """Have the controller forget a broker whose process has ended; its partitions stay assigned to its id.

    False when the controller does not listen yet, or does not lead yet: then ask again. True when it has the request,
    also if its answer got lost, and then never again: that would end the registration of the next broker.

    The request is UnregisterBroker, version 0, with headers 2 and 1 (https://kafka.apache.org/protocol); kafka-python
    has no such call.
    """
    # The client id is null (-1); each x is an empty list of tagged fields.
    request = struct.pack(">hhihxix", _UNREGISTER_BROKER, 0, 1, -1, node_id)
    try:
        connection = socket.create_connection((controller.host, controller.port), timeout=_CONNECT_SECONDS)
    except OSError:
        return False
    with connection:
        try:
            connection.settimeout(_ANSWER_SECONDS)
            connection.sendall(struct.pack(">i", len(request)) + request)
            with connection.makefile("rb") as answers:
                (length,) = struct.unpack(">i", answers.read(4))
                # Correlation id, tagged fields, throttle time, error code.
                (error,) = struct.unpack_from(">4xx4xh", answers.read(min(length, _LONGEST_ANSWER)))
        except (OSError, struct.error):
            return True
    return bool(error != _NOT_CONTROLLER)
