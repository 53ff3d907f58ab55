"""The ``serve`` command."""

import os

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def serve() -> None:
    """Serve scores over HTTP until Ctrl-C.

    Settings come from SHOPSTREAM_ variables: SCORER (host:port), REDIS, MLFLOW, KAFKA_BOOTSTRAP, STATE,
    MODEL, API_KEYS, ENV. Scores answer 503 until a champion is registered, which is then picked up within
    seconds.

    \b
    Examples:
      shopstream serve
      SHOPSTREAM_ENV=production SHOPSTREAM_SCORER=0.0.0.0:8000 SHOPSTREAM_API_KEYS=... shopstream serve
      curl -H 'X-API-Key: local-development-key' -H 'Content-Type: application/json' \\
           -d '{"user_id": "user_12345"}' http://127.0.0.1:18000/v1/score
    """
    # A program that has imported Feast hands this on, and each count would go to a file. One process needs none.
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    # In here, so that --help answers at once.
    from serving.server import serve as run

    run()
