# Everything one needs day to day. Each target sets up what it needs by itself.
SHELL := /bin/bash
PYTHON := .venv/bin/python
YULIA := .venv/bin/yulia
# Passed on: make test-calls ARGS="-k balance", make call ARGS="--scenario demo.yml"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-tests setup-bench run rasa call agent test test-units test-calls test-rasa check bench bench-asr bench-gap bench-engine bench-understanding bench-publishing clean docs requirements

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what is missing: packages, Python environment, Asterisk, voices
	@scripts/setup.sh

setup-tests:
	@scripts/setup.sh --with-tests

setup-bench:
	@scripts/setup.sh --with-tests --with-bench

run: setup ## bring the line up and stay with it (Ctrl-C stops it)
	@exec $(YULIA) run $(ARGS)

call: setup ## play the demonstration callers to the running line
	@exec $(YULIA) call $(ARGS)

agent: setup ## an agent's phone that answers calls from the queue
	@exec $(YULIA) agent $(ARGS)

rasa: setup ## install, train and serve Rasa for understanding (Ctrl-C stops it); ARGS=stop from elsewhere
	@exec scripts/rasa.sh $(ARGS)

test: setup-tests ## all tests: units, contracts, whole calls over SIP
	@$(PYTHON) -m pytest tests --ignore=tests/calls -n 4 --dist loadfile
	@$(PYTHON) -m pytest tests/calls -n 5 --dist loadfile
	@scripts/test_rasa.sh

test-units: setup-tests ## tests of parts; ARGS="-k speech" picks some
	@exec $(PYTHON) -m pytest tests --ignore=tests/calls -n 4 --dist loadfile $(ARGS)

test-calls: setup-tests ## whole calls; ARGS="-k balance" picks some
	@exec $(PYTHON) -m pytest tests/calls -n 5 --dist loadfile $(ARGS)

test-rasa: setup-tests ## Rasa itself: installed, trained, asked, and lost in mid-call; YULIA_TEST_RASA=0 skips it
	@exec scripts/test_rasa.sh

check: setup-tests ## style, types, and who may import whom
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@$(YULIA) flows check
	@$(YULIA) flows test

bench: setup-tests ## measure the line (see docs/benchmarks)
	@exec $(PYTHON) -m bench $(ARGS)

bench-asr: setup-bench ## measure hearing: voices never trained on, real people; ARGS=--help
	@exec $(PYTHON) -m bench.asr $(ARGS)

bench-gap: setup-bench ## measure response gaps and barge-in on real calls; ARGS=--help
	@exec $(PYTHON) -m bench.gap $(ARGS)

bench-engine: setup-bench ## measure how long the engine thinks about one event; ARGS=--help
	@exec $(PYTHON) -m bench.engine $(ARGS)

bench-understanding: setup-bench ## measure both understandings on the same phrases; ARGS=--help
	@exec $(PYTHON) -m bench.understanding $(ARGS)

bench-publishing: setup-bench ## measure how soon a changed dialogue takes calls; ARGS=--help
	@exec $(PYTHON) -m bench.publishing $(ARGS)

docs: setup-tests ## schemas, tables of keys and pictures of flows anew, from the code and the dialogue
	@$(YULIA) flows schema
	@rm -f docs/flows/*.svg
	@$(YULIA) flows draw --out docs/flows
	@$(PYTHON) -m tests.dialogs.test_flow_language

requirements: ## compile requirements/*.in anew (needs uv)
	@scripts/compile_requirements.sh

clean: ## remove .venv, state (calls, secrets, private Asterisk) and caches
	@scripts/clean.sh
