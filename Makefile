# Everything a newcomer can do. The work is in deploy/local/stack; here are only the names.

PYTHON ?= python3.11
PY := .venv/bin/python
STACK := $(PY) -m stack
# many visitors from one address: the gateway counts log-ins by address
GENEROUS := PLI_LOGIN_PER_MINUTE=6000 PLI_LOGIN_BURST=1000

.DEFAULT_GOAL := help
.PHONY: help demo test up down status logs reset setup check bench chaos fuzz pictures texts lock lint types

help:  ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: setup  ## the whole of Pli, told step by step with real letters, left running to be visited
	@$(STACK) up
	@$(PY) -m demo

test: setup  ## every check and test, on stacks of its own beside a running one
	@$(STACK) verify

up: setup  ## start the stack and wait until everything answers
	@$(STACK) up

down: bootstrap  ## stop the stack
	@$(STACK) down

status: bootstrap  ## what runs, and what answers
	@$(STACK) status

logs: bootstrap  ## follow the logs
	@$(STACK) logs

reset: bootstrap  ## stop the stack and wipe its data and secrets
	@$(STACK) reset

setup: bootstrap  ## install and build what is needed; goes on where it stopped
	@$(STACK) setup

check: bootstrap  ## fast: lint, types, walls, tests without a stack
	@$(STACK) check

bench: setup  ## figures, each beside its floor measured in the same run; BENCH="--only scale" or another long part
	@$(GENEROUS) $(STACK) run --instance bench -- $(PY) tests/bench/run.py $(BENCH)

chaos: setup  ## letters and replies while everything breaks, then a reckoning; CHAOS="--letters 500 --outage 60" for less
	@$(GENEROUS) $(STACK) run --instance chaos -- $(PY) -m tests.chaos $(CHAOS)

fuzz: setup  ## spoiled letters by the hundred thousand, from a seed; FUZZ="--letters 5000" for less
	@$(PY) -m tests.fuzz $(FUZZ)

pictures: setup  ## pictures of every page, on the running stack
	@$(PY) -m tests.browser.pictures

texts: bootstrap  ## bring the catalogues of other languages to what the code says
	@$(STACK) texts

lock: bootstrap  ## write every lock file anew, what is pinned stays; LOCK=--upgrade for the newest of all
	@$(STACK) lock $(LOCK)

lint: bootstrap  ## style and formatting
	@$(STACK) check lint format

types: bootstrap  ## strict types
	@$(STACK) check types

.PHONY: bootstrap
bootstrap:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "setup: $(PYTHON) is not on this machine"; \
	  echo "  to mend it: sudo apt-get install python3.11 python3.11-venv   # or PYTHON=/path/to/it make …"; exit 1; }
	@$(PYTHON) deploy/local/bootstrap.py
