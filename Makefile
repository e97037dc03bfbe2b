# Needs bash, curl, Python 3 with venv, and Rust. What is missing is named, together with the command that installs it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

WASM := target/envoy_llm_router.wasm
IMAGE := llm-router

.PHONY: help build cli run test test-native test-cli test-wasm test-abi test-envoy test-demo test-deployments test-monitoring test-compose fuzz image bench bench-peers lint fmt clean

help: ## Show this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

build: ## Compile the filter to target/envoy_llm_router.wasm
	@envoy/bin/build-wasm

cli: ## Compile the command to target/release/llm-router
	@cargo build --release --locked --bin llm-router

run: build ## Start Envoy with the filter and stand-in providers, and print requests to paste (PORT=10000)
	@exec envoy/bin/run-demo

test: ## Run everything below and sum it up
	@tests/run-all lint test-native test-cli test-wasm test-abi test-envoy test-demo test-deployments test-monitoring test-compose

test-native: ## Unit and property tests, the shared vectors, and the table of what holds each promise
	@cargo test --locked --lib --test core --test properties --test coverage --test wiping --test allocations

test-cli: ## The command `llm-router`, and the JSON Schema that it prints
	@export JSONSCHEMA_PYTHON
	JSONSCHEMA_PYTHON=$$(envoy/bin/find-jsonschema)
	cargo test --locked --bin llm-router --test cli

test-wasm: ## The shared vectors as WebAssembly, under Node
	@mkdir -p target/node # a directory with nothing else in it: another cargo beside Node.js must not shadow the one on PATH
	ln -sfn $$(envoy/bin/find-node) target/node/node
	runner=$$(envoy/bin/find-wasm-bindgen)
	PATH=$(CURDIR)/target/node:$$PATH CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=$$runner envoy/bin/wasm-cargo wasm32-unknown-unknown test --locked --test core

test-abi: build ## The filter in a host that refuses every call in every way, calls back in every order and has no memory left
	@LLM_ROUTER_WASM=$(CURDIR)/$(WASM) cargo test --locked --test abi

fuzz: ## The properties of tests/properties on as many inputs as there is time for (FUZZ_SECONDS=60 for each; FUZZ="json form" are all by default)
	@toolchain=$${FUZZ_TOOLCHAIN:-nightly}
	cargo "+$$toolchain" fuzz --version >/dev/null || { echo "Missing: rustup toolchain install $$toolchain && cargo install cargo-fuzz" >&2; exit 1; }
	targets=$${FUZZ:-json body form provider_data headers shown_key answer sequence}
	for target in $$targets; do
	  mkdir -p "target/fuzz/corpus/$$target" target/fuzz/findings
	  cargo "+$$toolchain" fuzz run --fuzz-dir tests/fuzz --target-dir target/fuzz --sanitizer none "$$target" \
	    "target/fuzz/corpus/$$target" "tests/fuzz/seeds/$$target" -- -max_total_time=$${FUZZ_SECONDS:-60} -max_len=4096 \
	    -timeout=20 -print_final_stats=1 "-artifact_prefix=target/fuzz/findings/$$target-"
	done

test-envoy: build ## The filter in a real Envoy, with OpenAI's SDK as a client; no secret stands in what any of it put out
	@export ENVOY OPENAI_PYTHON LLM_ROUTER_WASM=$(CURDIR)/$(WASM) TRANSCRIPTS=$(CURDIR)/target/transcripts
	ENVOY=$$(envoy/bin/find-envoy)
	OPENAI_PYTHON=$$(envoy/bin/find-openai-python)
	rm -rf "$$TRANSCRIPTS"
	mkdir -p "$$TRANSCRIPTS"
	cargo test --locked --test e2e
	cargo test --locked --test audit -- --nocapture

test-demo: build ## What `make run` prints, pasted
	@python3 -B tests/run-python tests/demo

test-deployments: build ## The examples under envoy/, each in a real Envoy; what Kubernetes reads, against its API
	@python=$$(envoy/bin/find-yaml-python)
	$$python -B tests/run-python tests/deployments

test-monitoring: build ## The dashboard and the alerts by a real Prometheus, while providers fail; where one can be had
	@python=$$(envoy/bin/find-yaml-python)
	$$python -B tests/run-python tests/monitoring

test-compose: build ## envoy/docker-compose.yaml and the image, where there is a Docker engine
	@python=$$(envoy/bin/find-yaml-python)
	$$python -B tests/run-python tests/compose

image: build ## An OCI image of the filter, for Istio and Kubernetes (IMAGE=llm-router)
	@mkdir -p target/image
	cp $(WASM) target/image/plugin.wasm
	docker build --quiet --file envoy/Dockerfile --tag $(IMAGE) target/image

.PHONY: test-matrix
test-matrix: build ## test-envoy on every minor version of Envoy, over HTTP/1.1 and HTTP/2, with one and two workers (ENVOY_VERSIONS=…)
	@export OPENAI_PYTHON LLM_ROUTER_WASM=$(CURDIR)/$(WASM)
	OPENAI_PYTHON=$$(envoy/bin/find-openai-python)
	exec tests/run-matrix

.PHONY: test-clients
test-clients: build ## Claude Code, Codex, a dozen SDKs and a browser against the filter in a real Envoy (CLIENTS="codex openai": some; CLIENTS_WRITE=1)
	@python=$$(envoy/bin/find-yaml-python)
	$$python -B tests/clients/run $${CLIENTS:-}

.PHONY: check-providers
check-providers: build cli ## One cheap request for each provider and endpoint of a configuration, with real keys, and what came back (CONFIG=… KEYS=file ENDPOINTS="cluster=url …")
	@python=$$(envoy/bin/find-yaml-python)
	arguments=($${KEYS:+--keys "$$KEYS"})
	for endpoint in $${ENDPOINTS:-}; do arguments+=(--endpoint "$$endpoint"); done
	exec $$python -B envoy/bin/check-providers "$${arguments[@]}" "$${CONFIG:-envoy/envoy.yaml}"

.PHONY: soak
soak: build ## A million mixed requests, ten thousand slow uploads and 200 large ones at once, every answer checked (SOAK_REQUESTS=…, SLOW_UPLOADS=…, LARGE_UPLOADS=…)
	@export ENVOY LLM_ROUTER_WASM=$(CURDIR)/$(WASM)
	export SOAK_REQUESTS=$${SOAK_REQUESTS:-1000000} SLOW_UPLOADS=$${SLOW_UPLOADS:-10000} LARGE_UPLOADS=$${LARGE_UPLOADS:-200}
	ENVOY=$$(envoy/bin/find-envoy)
	cargo test --locked --profile load --test e2e -- --nocapture --test-threads 1 soak:: faults::uploads::

.PHONY: reproducible
reproducible: ## The filter compiled twice from nothing, in two directories, and whether it is the same bytes
	@.ci/reproduce

bench: build ## What the filter costs, beside Envoy's own filters and the least that WebAssembly can do (BENCH_QUICK=1: roughly)
	@export ENVOY LLM_ROUTER_WASM=$(CURDIR)/$(WASM) FLOOR_WASM
	ENVOY=$$(envoy/bin/find-envoy)
	FLOOR_WASM=$$(envoy/bin/wasm-cargo wasm32-wasip1 build --release --locked --example floor --message-format=json-render-diagnostics |
	  sed -nE 's/.*"filenames":\["([^"]*floor\.wasm)".*/\1/p')
	cargo bench --locked --no-default-features --bench $${BENCHES:-overhead}

.PHONY: bench-configuring
bench-configuring: ## What a configuration of 20,000 keys costs: CPU time, memory, and the pause of an update (BENCH_QUICK=1: roughly)
	@BENCHES=configuring $(MAKE) --no-print-directory bench

.PHONY: bench-core
bench-core: ## What the core itself takes to find models and keys, to compile configurations and to scan bodies (BENCH=model: some)
	@CARGO_TARGET_DIR=$(CURDIR)/target/bench-core cargo bench --locked --manifest-path tests/bench/core/Cargo.toml --bench core -- $${BENCH:-}

bench-peers: ## The same, and others at the job: the least that an external processor can do, and the LiteLLM proxy
	@export LITELLM PROCESSOR=$(CURDIR)/target/bench-processor/release/processor
	LITELLM=$$(envoy/bin/find-litellm)
	cargo build --release --locked --manifest-path tests/bench/processor/Cargo.toml --target-dir target/bench-processor
	$(MAKE) --no-print-directory bench

lint: ## Formatting, clippy and documentation, for the machine and for WebAssembly, no warning allowed
	@for package in . tests/fuzz tests/bench/core tests/bench/processor; do cargo fmt --check --manifest-path $$package/Cargo.toml; done
	cargo clippy --locked --all-targets -- -D warnings
	envoy/bin/wasm-cargo wasm32-wasip1 clippy --locked --lib -- -D warnings
	envoy/bin/wasm-cargo wasm32-unknown-unknown clippy --locked --lib --test core -- -D warnings
	RUSTDOCFLAGS='-D warnings' envoy/bin/wasm-cargo wasm32-wasip1 doc --locked --lib --no-deps --document-private-items

fmt: ## Format the sources
	@cargo fmt

clean: ## Remove what was built; Envoy and the other tools stay in ~/.cache/envoy-llm-router
	@cargo clean
