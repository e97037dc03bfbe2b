# Needs bash, curl, Python 3 with venv, and Rust. What is missing is named, together with the command that installs it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

WASM := target/envoy_llm_router.wasm

.PHONY: help build run test test-native test-wasm test-envoy test-demo bench lint fmt clean

help: ## Show this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

build: ## Compile the filter to target/envoy_llm_router.wasm
	@envoy/bin/build-wasm

run: build ## Start Envoy with the filter and stand-in providers, and print requests to paste (PORT=10000)
	@exec envoy/bin/run-demo

test: ## Run everything below and sum it up
	@tests/run-all lint test-native test-wasm test-envoy test-demo

test-native: ## Unit and property tests, the shared vectors, and the table of what holds each promise
	@cargo test --locked --lib --test core --test coverage

test-wasm: ## The shared vectors as WebAssembly, under Node
	@mkdir -p target/node # a directory with nothing else in it: another cargo beside Node.js must not shadow the one on PATH
	ln -sfn $$(envoy/bin/find-node) target/node/node
	runner=$$(envoy/bin/find-wasm-bindgen)
	PATH=$(CURDIR)/target/node:$$PATH CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=$$runner envoy/bin/wasm-cargo wasm32-unknown-unknown test --locked --test core

test-envoy: build ## The filter in a real Envoy, with OpenAI's SDK as a client
	@export ENVOY OPENAI_PYTHON LLM_ROUTER_WASM=$(CURDIR)/$(WASM)
	ENVOY=$$(envoy/bin/find-envoy)
	OPENAI_PYTHON=$$(envoy/bin/find-openai-python)
	cargo test --locked --test e2e

test-demo: build ## What `make run` prints, pasted
	@python3 -B tests/demo/run.py

bench: build ## What the filter costs, beside Envoy's own filters and the least that WebAssembly can do (BENCH_QUICK=1: roughly)
	@export ENVOY LLM_ROUTER_WASM=$(CURDIR)/$(WASM) FLOOR_WASM
	ENVOY=$$(envoy/bin/find-envoy)
	FLOOR_WASM=$$(envoy/bin/wasm-cargo wasm32-wasip1 build --release --locked --example floor --message-format=json-render-diagnostics |
	  sed -nE 's/.*"filenames":\["([^"]*floor\.wasm)".*/\1/p')
	cargo bench --locked --bench overhead

lint: ## Formatting, clippy and documentation, for the machine and for WebAssembly, no warning allowed
	@cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	envoy/bin/wasm-cargo wasm32-wasip1 clippy --locked --lib -- -D warnings
	envoy/bin/wasm-cargo wasm32-unknown-unknown clippy --locked --lib --test core -- -D warnings
	RUSTDOCFLAGS='-D warnings' envoy/bin/wasm-cargo wasm32-wasip1 doc --locked --lib --no-deps --document-private-items

fmt: ## Format the sources
	@cargo fmt

clean: ## Remove what was built; Envoy and the other tools stay in ~/.cache/envoy-llm-router
	@cargo clean
