"""The operators that a savepoint has state of, by the ids under which Flink finds them again.

``python -m tests.integration.operator_ids SAVEPOINT`` prints what ``operator_ids.json`` holds, and a test compares.
"""

import json
import re
import sys
from pathlib import Path

from pyflink.java_gateway import get_gateway

KNOWN = Path(__file__).with_suffix(".json")


def operators(savepoint: Path) -> dict[str, str]:
    """Id of each operator with state, in hexadecimal, and its name without the planner's numbers."""
    jvm = get_gateway().jvm
    file = jvm.java.io.DataInputStream(jvm.java.io.FileInputStream(str(savepoint / "_metadata")))
    try:
        metadata = jvm.org.apache.flink.runtime.checkpoint.Checkpoints.loadCheckpointMetadata(
            file, jvm.java.lang.Thread.currentThread().getContextClassLoader(), str(savepoint)
        )
    finally:
        file.close()
    return {
        state.getOperatorID().toHexString(): re.sub(r"\[\d+\]", "", str(state.getOperatorName().orElse("unnamed")))
        for state in metadata.getOperatorStates()
        if state.getStateSize() > 0
    }


if __name__ == "__main__":
    print(json.dumps(operators(Path(sys.argv[1])), indent=2, sort_keys=True))  # noqa: T201 (its output)
