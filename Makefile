# Everything a developer or CI runs. Set-up happens by itself: each target brings the environments it needs to their
# locks first, which takes a tenth of a second when nothing changed.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PY := .venv/bin/python
SETUP := @local/bin/python local/setup/bootstrap.py
ARGS ?=
# Tests run on both of CI's processors; ARGS="-n 0" runs them in one process, for a debugger.
# A file's tests stay together, so that a stack is started once; files keep their order, which puts the long ones first.
PYTEST := $(PY) -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder
TEMPLATE := infra/template.yaml
export SAM_CLI_TELEMETRY := 0
export __SAM_CLI_APP_DIR := $(CURDIR)/.local/sam-settings
export AWS_DEFAULT_REGION ?= cn-north-1

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## make every environment that development needs
	$(SETUP) dev engine runtime sam

.PHONY: test
test: setup ## run the tests; make test ARGS="path -k name" passes its words to pytest
	$(PYTEST) $(ARGS)

.PHONY: lint
lint: setup ## style, types, import rules, and what no tracked file may hold
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	PYTHONPATH=layers/scrm:. .venv/bin/lint-imports
	$(PY) -m local.setup.repository_checks

.PHONY: format
format: setup ## put the code in its form
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

.PHONY: template
template: setup ## check infra/template.yaml
	.venv/bin/cfn-lint --config-file infra/cfnlintrc.yaml
	.local/envs/sam/bin/sam validate --lint --template $(TEMPLATE)

.PHONY: build
build: setup ## sam build, layers compiled; ARGS="--architecture arm64" for a deployment; skipped when nothing changed
	$(PY) -m local.engine build $(ARGS)

.PHONY: archive-layer
archive-layer: setup ## the layer with WeCom's archive library; ARGS="--library libWeWorkFinanceSdk_C.so"
	@$(PY) -m local.setup.archive_layer $(ARGS)

.PHONY: demo
demo: setup ## a bank's staff changes become completed handovers, before your eyes
	@PYTHONPATH=layers/scrm:. $(PY) -m local.demo $(ARGS)

.PHONY: up
up: setup ## start the whole stack and leave it running (.local/endpoints.json)
	@$(PY) -m local.engine up $(ARGS)

.PHONY: down
down: ## stop what make up started
	$(SETUP) dev
	@$(PY) -m local.engine down

.PHONY: status
status: ## what of the stack runs
	$(SETUP) dev
	@$(PY) -m local.engine status

.PHONY: scrm
scrm: ## the operator's command line; make scrm ARGS="cases list"
	$(SETUP) dev
	@PYTHONPATH=layers/scrm:. $(PY) -m local.cli $(ARGS)

.PHONY: bench
bench: ## measure speed against peers; writes .local/bench.json
	$(SETUP) dev engine runtime sam bench
	@PYTHONPATH=layers/scrm:. $(PY) -m local.bench $(ARGS)

.PHONY: lock
lock: ## resolve requirements/*.in again; ARGS=--upgrade takes the newest
	$(SETUP) --lock $(ARGS)

.PHONY: clean
clean: ## stop the stack and remove what was built; environments stay
	@if [ -x $(PY) ]; then $(PY) -m local.engine down --all; fi
	rm -rf .local/build .local/run .local/logs .aws-sam .mypy_cache .ruff_cache .hypothesis .import_linter_cache
