"""What is logged, and how, by each process of the installation."""

from __future__ import annotations

import json
import logging
import sys

from doorward.config.settings import Settings

__all__ = ["configure_logging"]


class _JsonLines(logging.Formatter):
    """One JSON object for each record."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure_logging(settings: Settings) -> None:
    """Log to standard error as ``settings`` say."""
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(_JsonLines() if settings.log_format == "json" else plain)
    level = settings.log_level.upper()
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Its details hold whole header lines of answers, which are other platforms' secrets.
    logging.getLogger("httpcore2").setLevel(logging.INFO)
    # While a database is away it would show where, each time that it tries again.
    logging.getLogger("asyncpg").setLevel(logging.ERROR)
    # Its start and end are told by this module.
    logging.getLogger("uvicorn.error").setLevel(max(logging.WARNING, logging.getLevelName(level)))
