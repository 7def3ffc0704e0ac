"""The peers in Python: programs that run in an environment of their own, under gunicorn.

Each is what its package's documentation tells people to write, with the settings of production.
``python -m bench.peers.NAME`` makes its database; settings come in BENCH_PEER, as JSON.
"""

from __future__ import annotations
