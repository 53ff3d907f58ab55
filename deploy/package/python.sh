#!/bin/sh
# The machine's Python with the packages that lie beside this file; SHOPSTREAM_PYTHON names another interpreter.
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
PYTHONPATH="$here/python${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONPATH
exec "${SHOPSTREAM_PYTHON:-@PYTHON@}" "$@"
