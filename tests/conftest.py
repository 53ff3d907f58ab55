"""What holds for every test."""

# Before anything imports Feast, which sets PROMETHEUS_MULTIPROC_DIR: prometheus_client, imported after that, would
# keep its values in files that outlive a test. The scorer imports it first, too.
import prometheus_client  # noqa: F401
