"""Runs the scorer until it is told to stop."""

import socket
from contextlib import suppress
from ipaddress import ip_address

import uvicorn

from ingestion.errors import ShopstreamError
from ingestion.settings import read_settings
from serving import logs
from serving.app import create_app
from serving.settings import DEFAULT_LOCAL_KEY, DEFAULT_LOCAL_WRITE_KEY, ScorerSettings


def serve() -> None:
    """Serve at ``SHOPSTREAM_SCORER`` in this process; returns after SIGINT or SIGTERM.

    Raises ShopstreamError for wrong settings or an address that cannot be bound.
    """
    settings = read_settings(ScorerSettings)
    _check_keys(settings)
    app = create_app(settings)
    listener = _listen(settings)
    logs.configure()
    if settings.dashboard:
        # In here: NiceGUI takes a second to import, and has one set of pages a process.
        from serving.dashboard.mount import mount

        mount(app, settings)
    # One worker: the models are loaded once, and more processes are more scorers behind a balancer.
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        # uvicorn would believe X-Forwarded-For from any program on this machine.
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )
    # uvicorn ends cleanly and then raises the Ctrl-C again, which says nothing more to anybody.
    with listener, suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


def _check_keys(settings: ScorerSettings) -> None:
    """Raise ShopstreamError where others could reach a scorer whose keys everybody knows."""
    try:
        near = settings.host == "localhost" or ip_address(settings.host).is_loopback
    except ValueError:
        near = False
    if near or settings.env == "production":
        return
    open_to = [
        variable
        for variable, keys, default in (
            ("SHOPSTREAM_API_KEYS", settings.accepted_keys, DEFAULT_LOCAL_KEY),
            ("SHOPSTREAM_WRITE_KEYS", settings.accepted_write_keys, DEFAULT_LOCAL_WRITE_KEY),
        )
        if default in keys
    ]
    if open_to:
        raise ShopstreamError(
            f"the scorer does not listen on {settings.scorer} with the default keys of a local stack: set"
            f" {' and '.join(open_to)}, or SHOPSTREAM_ENV=production, which has none."
        )


def _listen(settings: ScorerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise ShopstreamError(
            f"the scorer cannot listen on {settings.scorer} ({reason.lower()}):"
            " set SHOPSTREAM_SCORER to another address."
        ) from error
    return listener
