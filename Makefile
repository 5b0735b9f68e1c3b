# `make` alone lists the targets. Everything runs in .venv, which `make setup` makes once.
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo test setup whole check regenerate generate check-spec vendor vendor-check build bench test-lowest test-httpx2 sandbox

RUN := .venv/bin/python
# A PYTHON from the environment or the command line chooses the interpreter; otherwise .venv keeps its own.
PYTHON ?=
export SPEC_URL OPERATIONS PROSE FORCE REPORT DEST HTTP ROWS
export PORT PROJECTS INTEGRATIONS RATE
# At least four processes for `pytest -n auto`: tests wait as much as they work.
export PYTEST_XDIST_AUTO_NUM_WORKERS := $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n > 4 ? n : 4)))

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## generate, then delete an integration in a sandbox on loopback, step by step
	@echo "generated/ from spec/:"
	@$(RUN) -m scripts.generate
	@$(RUN) -m scripts.demo

sandbox: setup ## auth server and API on loopback until Ctrl-C, to rehearse on (PORT=8080; PROJECTS=, INTEGRATIONS=: how many; RATE=: 429 above it a second)
	@$(RUN) -m scripts.sandbox

test: setup whole ## run the whole suite (one test: .venv/bin/python -m pytest tests/client/test_faults.py -k name)
	@$(RUN) -m pytest -n auto --dist loadfile --no-loadscope-reorder

setup: ## make .venv with everything (PYTHON=python3.13 chooses); instant when done
	@scripts/setup.sh "$(PYTHON)"

whole: # scripts/pipeline/swap.py puts back what a killed run left
	@test ! -e .work/old || { echo "make: a run was killed while it changed this repository; \`make generate\` mends it" >&2; exit 1; }

check: setup whole ## ruff, format, mypy --strict, the workflows, generated/ in step with spec/
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy --no-incremental
	@$(RUN) -m check_jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(RUN) -m check_jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	@.venv/bin/zizmor --offline --quiet --strict-collection --persona pedantic .github
	@$(RUN) -m scripts.check_generated

regenerate: setup ## fetch the document and rebuild spec/ and generated/ (SPEC_URL=, OPERATIONS="id glob-*" or '*', PROSE=1 for docstrings, FORCE=1, REPORT=file)
	@$(RUN) -m scripts.regenerate

generate: setup ## rebuild generated/ from spec/, offline
	@$(RUN) -m scripts.generate

check-spec: setup ## has upstream changed the selected operations? (SPEC_URL=, OPERATIONS=, REPORT=file); changes nothing
	@$(RUN) -m scripts.check_spec

vendor: setup ## write or update a copy in another project, DEST=path/to/a/package (HTTP=httpx2 uses that library, FORCE=1 overwrites edits)
	@$(RUN) -m scripts.vendor

vendor-check: setup ## is the copy in DEST untouched and what this checkout would write? changes nothing
	@$(RUN) -m scripts.vendor_check

build: setup whole ## sdist and wheel in dist/
	@$(RUN) -m build --no-isolation

bench: setup whole ## our figures beside bare httpx and the generator alone (some minutes; best on an idle machine; ROWS=cold for some)
	@$(RUN) -m scripts.bench

test-lowest: setup whole ## the client's tests in .venv-lowest, with the lowest versions that pyproject.toml allows
	@$(RUN) -m scripts.test_lowest
	@.venv-lowest/bin/python -m pytest -n auto tests/client

test-httpx2: setup whole ## the client's tests in .venv-httpx2, without httpx, on our packages as HTTP=httpx2 makes them
	@$(RUN) -m scripts.test_httpx2
	@.venv-httpx2/bin/python -m pytest -n auto tests/client
