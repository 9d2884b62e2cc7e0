# One door to everything; 'make help' lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3 || echo python3)
BIN := .venv/bin
export PATH := $(CURDIR)/build/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export APE_DATA_FOLDER := $(CURDIR)/build/ape
export SOLCX_BINARY_PATH := $(CURDIR)/build/solc
# Anvil, Ape and EZKL need nothing from outside: a proxy set for the internet must not catch their loopback traffic
export NO_PROXY := 127.0.0.1,localhost

.DEFAULT_GOAL := help
.PHONY: help setup setup-train demo test lint bench soak train circuits abis format clean

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: build/.setup-python build/.setup-node ## Virtual environment, pip and npm packages, compiler

build/.prerequisites: scripts/check_prerequisites.sh
	@bash scripts/check_prerequisites.sh "$(PYTHON)"
	@mkdir -p build && touch $@

build/.setup-python: requirements.lock pyproject.toml | build/.prerequisites
	@echo "== Python packages into .venv (about two minutes, once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

build/.setup-train: requirements-train.lock build/.setup-python
	@echo "== PyTorch, which only training and its tests need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-train.lock
	@touch $@

setup-train: build/.setup-train ## What 'veristake model train' needs beside

build/.setup-node: package-lock.json scripts/link_tools.sh | build/.prerequisites
	@echo "== Node packages into node_modules (Anvil, Forge, solc, OpenZeppelin, solhint)"
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@bash scripts/link_tools.sh
	@touch $@

demo: setup ## The main job on two local chains: deposit, observe, prove, verify, attack
	@$(BIN)/veristake demo $(ARGS)

circuits: setup ## Build the shipped circuits
	@$(BIN)/veristake circuit build staking
	@$(BIN)/veristake circuit build tiny

lint: setup ## ruff, mypy --strict, forge fmt, solhint, slither, exported ABIs
	@bash scripts/lint.sh

test: setup setup-train ## All tests and linters, with coverage
	@bash scripts/test.sh

bench: setup ## All benchmarks into build/bench/*.json and docs/benchmarks.md
	@$(BIN)/python -m tests.bench

soak: setup ## Long versions of the tests that are too slow for the gate
	@bash scripts/soak.sh

train: setup-train ## Train the staking model again and write staking_model/shipped
	@$(BIN)/veristake model train

abis: setup ## Export ABIs of the compiled contracts to statements/abi
	@forge build --quiet
	@$(BIN)/python scripts/export_abis.py

format: setup ## Format Python and Solidity
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix . && git ls-files -z "*.sol" | xargs -0 forge fmt

clean: ## Remove everything that is made, but the cached SRS
	@find build -mindepth 1 -maxdepth 1 ! -name srs -exec rm -rf {} + 2>/dev/null || true
	@rm -rf contracts/generated .venv node_modules
