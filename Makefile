# Each target works from nothing but Python 3.11 or later and make: tools/bootstrap.py installs the
# rest, and does nothing when nothing changed.
#
#   make demo    a seeded server in the foreground   PORT=8400 DATA=./.demo FACTS= DATABASE_URL=
#   make test    every test, on SQLite and PostgreSQL, with a real browser   ARGS="-k consent"
#   make check   format, lint, types, imports, fast tests: under a minute
#   make fuzz    every parser, given whatever may arrive   SECONDS=600 ARGS="--only connectors"
#   make chaos   real servers under load while what they stand on is taken away   SECONDS=120
#   make failover  a PostgreSQL primary is killed under load, behind nginx   SECONDS=60
#   make soak    one server under mixed work for long: does anything climb?   SECONDS=1800
#   make pooler  two servers through a real PgBouncer in transaction mode
#   make sbom    what a server is made of, in CycloneDX: build/sbom.json
#   make bench   Doorward beside its peers   ARGS="--work introspection"
#   make setup   the environment only; then .venv/bin/doorward
#   make lock    compile the pinned requirements   ARGS=--upgrade

PYTHON ?= python3
PORT ?= 8400
DATA ?= ./.demo
FACTS ?=
DATABASE_URL ?=
ARGS ?=
SECONDS ?= 600

python = .venv/bin/python
# Node.js may have been installed into the environment.
with_node = PATH="$(CURDIR)/.venv/bin:$$PATH" exec

.PHONY: help setup demo test check fuzz chaos failover pooler soak sbom bench lock format
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   make/make/p' Makefile

setup:
	@$(PYTHON) tools/bootstrap.py dev

demo:
	@$(PYTHON) tools/bootstrap.py run
	@exec .venv/bin/doorward demo --port "$(PORT)" --data "$(DATA)" \
		$(if $(FACTS),--facts "$(FACTS)") $(if $(DATABASE_URL),--database-url "$(DATABASE_URL)")

test:
	@$(PYTHON) tools/bootstrap.py test
	@$(with_node) $(python) -m pytest --numprocesses logical --dist loadfile \
		--no-loadscope-reorder $(ARGS)

check: setup
	@exec $(python) tools/check.py $(ARGS)

fuzz: setup
	@$(with_node) $(python) -m fuzz --seconds "$(SECONDS)" $(ARGS)

chaos: setup
	@exec $(python) -m chaos --seconds "$(SECONDS)" $(ARGS)

failover: setup
	@exec $(python) -m failover --seconds "$(SECONDS)" $(ARGS)

soak: setup
	@exec $(python) -m soak --seconds "$(if $(filter file,$(origin SECONDS)),1800,$(SECONDS))" $(ARGS)

pooler: setup
	@exec $(python) -m failover.pooler $(ARGS)

sbom: setup
	@exec $(python) tools/sbom.py

bench:
	@$(PYTHON) tools/bootstrap.py bench
	@$(with_node) $(python) -m bench $(ARGS)

lock: setup
	@exec $(python) tools/lock.py $(ARGS)

format: setup
	@$(python) -m ruff format .
	@$(python) -m ruff check --fix-only --quiet .
