"""Real servers under mixed work, while what they stand on is taken away.

Everything that a server acknowledged is written down and compared in the end. ``python -m chaos``
runs it, README.md says what it does and what it does not.
"""
