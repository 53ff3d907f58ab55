"""Runs the scorer until it is told to stop."""

import socket
from contextlib import suppress

import uvicorn

from ingestion.errors import ShopstreamError
from ingestion.settings import read_settings
from serving import logs
from serving.app import create_app
from serving.settings import ScorerSettings


def serve() -> None:
    """Serve at ``SHOPSTREAM_SCORER`` in this process; returns after SIGINT or SIGTERM.

    Raises ShopstreamError for wrong settings or an address that cannot be bound.
    """
    settings = read_settings(ScorerSettings)
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
