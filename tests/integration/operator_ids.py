"""The operators that a savepoint has the state of, by the names under which Flink finds them again.

``python -m tests.integration.operator_ids SAVEPOINT`` writes them to ``operator_ids.json``, which a test compares.
"""

import json
import sys
from pathlib import Path

from pyflink.java_gateway import get_gateway

KNOWN = Path(__file__).with_suffix(".json")


def operators(savepoint: Path) -> dict[str, str]:
    """Id of each operator with state, in hexadecimal, and its name."""
    jvm = get_gateway().jvm
    file = jvm.java.io.DataInputStream(jvm.java.io.FileInputStream(str(savepoint / "_metadata")))
    try:
        metadata = jvm.org.apache.flink.runtime.checkpoint.Checkpoints.loadCheckpointMetadata(
            file, jvm.java.lang.Thread.currentThread().getContextClassLoader(), str(savepoint)
        )
    finally:
        file.close()
    found = {}
    for state in metadata.getOperatorStates():
        if state.getStateSize() > 0:
            found[state.getOperatorID().toHexString()] = str(state.getOperatorName().orElse("unnamed"))
    return found


if __name__ == "__main__":
    KNOWN.write_text(json.dumps(operators(Path(sys.argv[1])), indent=2, sort_keys=True) + "\n")
