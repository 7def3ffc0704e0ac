"""What is counted: a fixed list of families, the names of routes, and the text that tells them.

It owns names, labels and their bounds; a label is a word of our own, never what somebody sent.
Every room counts here what happens in it; ``app`` serves the text.
"""

from __future__ import annotations

from doorward.metrics.counting import Counter, Histogram
from doorward.metrics.exposition import CONTENT_TYPE, Portion, render, render_portion
from doorward.metrics.gathering import Gathering, Place
from doorward.metrics.model import OTHER, Family, Kind, Sample
from doorward.metrics.process import PROCESS_FAMILIES, process_samples
from doorward.metrics.requests import (
    AT_ONCE,
    ROUTE,
    UNKNOWN_ROUTE,
    Requests,
    Routed,
    name_route,
    route_of,
)

__all__ = [
    "AT_ONCE",
    "CONTENT_TYPE",
    "OTHER",
    "PROCESS_FAMILIES",
    "ROUTE",
    "UNKNOWN_ROUTE",
    "Counter",
    "Family",
    "Gathering",
    "Histogram",
    "Kind",
    "Place",
    "Portion",
    "Requests",
    "Routed",
    "Sample",
    "name_route",
    "process_samples",
    "render",
    "render_portion",
    "route_of",
]
