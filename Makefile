# `make` explains every target; what each does is the table in config/bootstrap.py, which also works without make.
# Settings can be given behind the target: make run PORT=9000 WS_PORT=9001, make test ARGS="-k cart".

TARGETS := help setup run test test-stripe bench soak races mutation security rehearse lint format check migrations reference clients contract shell clean reset
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do command -v $$name && break; done)

.DEFAULT_GOAL := help
.PHONY: $(TARGETS)

$(TARGETS):
	@$(or $(PYTHON),$(error There is no Python here: install Python 3.11 or newer)) config/bootstrap.py $@
