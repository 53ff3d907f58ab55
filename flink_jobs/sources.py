"""Tables and views the jobs read: the event topics, and the views every job shares."""

from collections.abc import Collection, Iterable

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment

from flink_jobs.settings import JobSettings
from flink_jobs.shared_view import UNHURRIED_MS, share
from flink_jobs.statement import fill, statement
from ingestion.errors import ShopstreamError
from ingestion.rules import format_option
from ingestion.topics import EVENT_TOPICS

TEXTS = ("properties", "context", "error_message", "raw", "key")
"""The long columns of ``records``; a job that needs none of them moves half the bytes."""

COLUMNS = {
    "device": "STRING",
    "country": "STRING",
    "page": "STRING",
    "referrer": "STRING",
    "product_id": "STRING",
    "category": "STRING",
    "order_id": "STRING",
    "currency": "STRING",
    "total": "DOUBLE",
    "price": "DOUBLE",
    "quantity": "DOUBLE",
}
"""Columns of ``valid_records``, and their types, that only some results read."""

_READ_BY = {
    "page_views": ("page",),
    "revenue": ("currency", "total"),
    "funnel_conversions": ("device", "country", "referrer", "category"),
    "user_features": ("page", "total", "price", "quantity"),
    "product_features": ("product_id", "properties"),
    "lake": (*TEXTS, *COLUMNS),
}
_TYPES = {"raw": "BYTES", "key": "BYTES"}
_KEY_OPTIONS = """'key.format' = 'raw',
    'key.fields' = 'key',
    'value.fields-include' = 'EXCEPT_KEY',"""


def texts_of(results: Iterable[str]) -> tuple[str, ...]:
    """Return which of ``TEXTS`` the results read."""
    return _read(results, TEXTS)


def columns_of(results: Iterable[str]) -> tuple[str, ...]:
    """Return which of ``COLUMNS`` the results read."""
    return _read(results, COLUMNS)


def _read(results: Iterable[str], among: Iterable[str]) -> tuple[str, ...]:
    read = {column for result in results for column in _READ_BY.get(result, ())}
    return tuple(column for column in among if column in read)


def text_columns(texts: Iterable[str]) -> str:
    """Return the columns as the statement that creates ``records`` has them."""
    return "\n    ".join(f"`{text}` {_TYPES.get(text, 'STRING')}," for text in texts)


def create_records(t_env: StreamTableEnvironment, settings: JobSettings, texts: Collection[str] = TEXTS) -> None:
    """Create the table ``records`` by ``settings.source``: all events as one source, read and parsed once.

    Of ``TEXTS`` it has only these. Raises ShopstreamError when the statement is not there, or names a setting that is
    none.
    """
    try:
        text = settings.source.read_text(encoding="utf-8")
        filled = fill(
            text,
            topics=";".join(topic.name for topic in EVENT_TOPICS),
            bootstrap=settings.kafka_bootstrap,
            group=settings.consumer_group,
            silence=f"{int(settings.silence_seconds * 1000)} ms",
            rules=format_option(),
            texts=text_columns(texts),
        )
    except OSError as error:
        raise ShopstreamError(f"SHOPSTREAM_SOURCE={settings.source} cannot be read: {error.strerror}.") from error
    except (KeyError, ValueError) as error:
        raise ShopstreamError(
            f"SHOPSTREAM_SOURCE={settings.source} names {error}: what can be named is in docs/sources.md."
        ) from error
    t_env.execute_sql(filled.replace("-- key options: where the key is read", _KEY_OPTIONS if "key" in texts else ""))


def create_event_views(
    t_env: StreamTableEnvironment,
    texts: Collection[str] = TEXTS,
    silence_seconds: float = 5,
    columns: Collection[str] = tuple(COLUMNS),
) -> None:
    """Create ``events`` and ``counted_events`` over ``records``, and ``dead_letters`` where that has all ``TEXTS``.

    From then on ``records`` and ``events`` are one stream each, however many statements and operators read them. Those
    of the texts that are not in ``records``, and those of ``COLUMNS`` that are not in ``columns``, are NULL in
    ``events``: what nobody reads is not copied from task to task. ``silence_seconds``: as ``records`` has it.
    """
    has_dead_letters = set(texts) == set(TEXTS)
    if has_dead_letters:
        # Else one view alone reads it, and its query and the view's become one.
        share(t_env, "records", "row_time")
    values = {text: f"`{text}`" if text in texts else "CAST(NULL AS STRING)" for text in ("properties", "context")}
    t_env.execute_sql(statement("flink_jobs.events", "valid_records", **values))
    _leave_out(t_env, [column for column in COLUMNS if column not in columns])
    flag_events(t_env, "read_records", "flagged_records", silence_seconds)
    t_env.execute_sql(statement("flink_jobs.events", "events"))
    share(t_env, "events", "row_time")
    t_env.execute_sql(statement("flink_jobs.events", "counted_events"))
    if has_dead_letters:
        t_env.execute_sql(statement("flink_jobs.events", "dead_letters"))
        share(t_env, "dead_letters", apart=True, wait_ms=UNHURRIED_MS)


def _leave_out(t_env: StreamTableEnvironment, columns: Collection[str]) -> None:
    """Create the view ``read_records``: ``valid_records`` with NULL in these columns."""
    names = t_env.from_path("valid_records").get_resolved_schema().get_column_names()
    selected = [f"CAST(NULL AS {COLUMNS[name]}) AS {name}" if name in columns else f"`{name}`" for name in names]
    t_env.execute_sql(f"CREATE TEMPORARY VIEW read_records AS SELECT {', '.join(selected)} FROM valid_records")  # noqa: S608 (our own names)


def flag_events(t_env: StreamTableEnvironment, view: str, flagged: str, silence_seconds: float = 5) -> None:
    """Create the view ``flagged``: ``view`` with the columns ``is_late`` and ``is_duplicate``; see EventFlags.java.

    ``silence_seconds``: how long ``records`` is without an event before time goes on after a restart.
    """
    flags = get_gateway().jvm.shopstream.events.EventFlags
    flags.attach(t_env._j_tenv, view, flagged, "records", int(silence_seconds * 1000))
