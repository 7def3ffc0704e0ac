"""One real server under mixed work for a long time, and whether what should lie flat climbs.

``python -m soak`` runs it, README.md says what it does and how it judges.
"""
