"""What holds for every test."""

import signal

# Before anything imports Feast, which sets PROMETHEUS_MULTIPROC_DIR: prometheus_client, imported after that, would
# keep its values in files that outlive a test. The scorer imports it first, too.
import prometheus_client  # noqa: F401
from hypothesis import settings

# How long an example takes is for benchmarks to say; on a busy machine any of them may take long.
settings.register_profile("shopstream", deadline=None)
settings.load_profile("shopstream")

# A shell that runs the tests in the background has Ctrl-C ignored, and so would every program the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
