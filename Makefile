# Wearline on a laptop: Python 3.11 to 3.13, make, and a package index are all it needs.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
RELEASE ?= skdh-0.17.18

UV := .venvs/uv/bin/uv
PROCESSOR := .venvs/processor-$(RELEASE)
RELEASES := $(notdir $(wildcard processor_image/releases/*))
VENVS := .venv .venvs/aws .venvs/sam .venvs/gate $(PROCESSOR) .venvs/processor-test
SOURCES := layers cli analysis recordings local processor_image functions tests gates benchmarks

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.venvs/sam/bin:$(CURDIR)/.venvs/uv/bin:$(PATH)
export UV_PYTHON_DOWNLOADS := never
# Certificates of the machine: a company network often has an authority of its own.
export UV_SYSTEM_CERTS := true
export SAM_CLI_TELEMETRY := 0
# A virtual environment that happens to be active must not become the target of an installation.
unexport VIRTUAL_ENV PYTHONPATH
# What is imported again and again is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help:  ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# --- set up ----------------------------------------------------------------------------------

.PHONY: setup
setup:  ## make the virtual environments; quick when nothing changed
	@$(MAKE) -s -j $(VENVS:%=%/.ready)

.PHONY: python-version
python-version:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 13) or sys.exit( \
	  "Wearline needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is %d.%d: name another with make PYTHON=python3.13" % v)'

.PHONY: system-libraries
system-libraries:
	@$(PYTHON) -c 'import ctypes, sys; sys.platform != "linux" or ctypes.CDLL("libgomp.so.1")' 2>/dev/null || \
	  { echo "The processor needs the system library libgomp1: install it with apt-get install libgomp1" >&2; exit 1; }

$(UV): requirements/uv.txt | python-version
	@echo "uv"
	@$(PYTHON) -m venv .venvs/uv || { echo "$(PYTHON) cannot make virtual environments: on Debian, apt-get install python3-venv" >&2; exit 1; }
	@.venvs/uv/bin/pip install -qq --disable-pip-version-check --require-hashes -r $<
	@touch $@

# $(call sync,VENV,LOCK,OPTIONS): VENV holds exactly what LOCK says.
define sync
	@echo "$(1)"
	@$(UV) venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" $(1)
	@$(UV) pip sync --quiet --strict --require-hashes --python $(1)/bin/python $(3) $(2)
endef

# $(call path,VENV,NAME,FOLDERS): VENV sees FOLDERS too.
define path
	@printf '%s\n' $(3) > "$$($(1)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/$(2).pth"
endef

.venv/.ready: requirements/dev.txt pyproject.toml | $(UV)
	$(call sync,.venv,$<,)
	@$(UV) pip install --quiet --no-deps --no-build-isolation --python .venv/bin/python --editable .
	@touch $@

.venvs/aws/.ready: requirements/aws.txt | $(UV)
	$(call sync,.venvs/aws,$<,)
	@touch $@

.venvs/sam/.ready: requirements/sam.txt | $(UV)
	$(call sync,.venvs/sam,$<,)
	@touch $@

.venvs/gate/.ready: requirements/gate.txt | $(UV)
	$(call sync,.venvs/gate,$<,)
	@touch $@

# SKDH takes 12 s to import without bytecode, 3 s with it. Another release than RELEASE is set up
# where something asks for it.
.venvs/processor-skdh-%/.ready: processor_image/releases/skdh-%/requirements.lock | $(UV) system-libraries
	$(call sync,$(@D),$<,--compile-bytecode)
	$(call path,$(@D),wearline_processor,$(CURDIR)/processor_image)
	@touch $@

.venvs/processor-test/.ready: requirements/processor-test.txt $(PROCESSOR)/.ready | $(UV)
	$(call sync,.venvs/processor-test,$<,)
	$(call path,.venvs/processor-test,processor,"$$($(PROCESSOR)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" $(CURDIR)/processor_image $(CURDIR)/recordings)
	@touch $@

# --- the embedded AWS ------------------------------------------------------------------------

.PHONY: up
up: .venv/.ready .venvs/aws/.ready .venvs/sam/.ready $(PROCESSOR)/.ready  ## start the embedded AWS on loopback, with the state of last time
	@python -m wearline_local up

.PHONY: down
down:  ## stop the embedded AWS; its state stays in .wearline
	@if [ -x .venv/bin/python ]; then for folder in .wearline .wearline/demo; do \
	  python -m wearline_local down --folder $$folder; done; fi

# --- the product -----------------------------------------------------------------------------

.PHONY: demo
demo: setup  ## show Wearline: deploy, upload, results in demo-results
	@wearline demo

.PHONY: bench
bench: setup  ## run the benchmarks into benchmarks/ (NAMES="burst trickle" for some)
	@python -m benchmarks $(NAMES)

# --- the gate --------------------------------------------------------------------------------

CORES := $(shell getconf _NPROCESSORS_ONLN)

.PHONY: check
check: format-check lint types templates security release-check test  ## the whole gate: format, lint, types, templates, security, tests

.PHONY: format-check
format-check: .venv/.ready
	@ruff format --check --output-format concise $(SOURCES) || { echo "make format formats these files" >&2; exit 1; }

.PHONY: format
format: .venv/.ready  ## format the code and mend what the linter can
	@ruff format $(SOURCES)
	@ruff check --fix --quiet $(SOURCES)

.PHONY: lint
lint: .venv/.ready  ## lint the code
	@ruff check --output-format concise $(SOURCES)

.PHONY: types
types: .venv/.ready  ## check the types
	@mypy
	@mypy --explicit-package-bases functions tests gates benchmarks

.PHONY: templates
templates: .venv/.ready .venvs/sam/.ready  ## lint the templates (state machines: tests/unit/templates)
	@cfn-lint template.yaml infra/*.yaml
	@sam validate --lint --template template.yaml

# DL3008: Debian keeps one version of a package, so a pinned one would break the build; the base image is pinned instead.
# Hashes of locks and digests are what the entropy plugins would find; the words are those of the embedded AWS.
SECRETS := --exclude-files '(requirements.*\.txt|\.lock)$$' --exclude-secrets '^(test|secret)$$' \
  --disable-plugin Base64HighEntropyString --disable-plugin HexHighEntropyString
.PHONY: security
security: .venv/.ready .venvs/gate/.ready  ## templates as prod gets them, secrets, Dockerfile, workflows
	@python -m gates.transformed build/templates
	@.venvs/gate/bin/checkov --directory build/templates --config-file gates/checkov.yaml
	@git ls-files -z | xargs -0 .venvs/gate/bin/detect-secrets-hook $(SECRETS)
	@git ls-files -z '*Dockerfile' | xargs -0 -r .venvs/gate/bin/hadolint --failure-threshold warning --ignore DL3008
	@.venvs/gate/bin/zizmor --offline --quiet .github/workflows

# Advisories are asked for by package and version, so this needs more than a package index.
.PHONY: audit
audit: .venvs/gate/.ready  ## known vulnerabilities of every locked package; needs the advisories of PyPI
	@for lock in requirements/*.txt layers/wearline/requirements.txt processor_image/sbom.txt processor_image/releases/*/requirements.lock; do \
	  echo "$$lock"; .venvs/gate/bin/pip-audit --progress-spinner off --strict --no-deps --disable-pip -r $$lock || exit 1; done

.PHONY: release-check
release-check: $(RELEASES:%=.venvs/processor-%/.ready)  ## check that the recorded step signatures are those of the processor releases
	@for release in $(RELEASES); do \
	  .venvs/processor-$$release/bin/python -m wearline_processor.release --check; done

.PHONY: test
test: setup  ## run the tests
	@pytest -n $(CORES) --dist worksteal
	@.venvs/processor-test/bin/python -m pytest -n $(CORES) --confcutdir=tests/processor tests/processor

# Roles as the tests use them: the page calls recorded what was seen, and a role that is used less must say so.
PERMISSIONS := $(CURDIR)/build/permissions
.PHONY: permissions
permissions: setup  ## run the tests on the embedded AWS, and hold docs/permissions.md to what each role did
	@rm -rf $(PERMISSIONS) && mkdir -p $(PERMISSIONS)
	@trap 'python -m wearline_local down --folder $(PERMISSIONS)/engine' EXIT; \
	  WEARLINE_TEST_FOLDER=$(PERMISSIONS) pytest -n $(CORES) --dist worksteal tests/integration tests/e2e
	@python -m gates.permissions --check $(PERMISSIONS)/permissions.jsonl

# The images by a Docker engine: the machine's, DOCKER_HOST's, or one of Debian's packages; see docs/aws.md.
.PHONY: test-docker
test-docker: setup  ## build the images, run them as tasks and functions; needs a Docker engine, or root on Debian
	@RELEASE=$(RELEASE) python -m wearline_local.docker pytest --timeout 600 tests/docker

.PHONY: clean
clean: down  ## remove what was built and the state of the embedded AWS; the environments stay
	@rm -rf .aws-sam .wearline build demo-results .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

# --- locks -----------------------------------------------------------------------------------

LOCKS := layers/wearline/requirements requirements/uv requirements/dev requirements/aws requirements/sam requirements/gate requirements/processor-test processor_image/sbom tests/docker/lambda/requirements
.PHONY: lock
lock: | $(UV)  ## resolve the requirements again into their locks (LOCK_OPTIONS=--upgrade for newer ones)
	@for name in $(LOCKS); do \
	  $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --no-annotate $(LOCK_OPTIONS) $$name.in -o $$name.txt; done

# --- processor releases ----------------------------------------------------------------------

.PHONY: release
release: | $(UV)  ## lock a processor release, install it, write its signatures: RELEASE=skdh-0.17.18
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-annotate $(LOCK_OPTIONS) \
	  processor_image/releases/$(RELEASE)/requirements.in -o processor_image/releases/$(RELEASE)/requirements.lock
	@$(MAKE) -s $(PROCESSOR)/.ready
	@$(MAKE) -s signatures

.PHONY: signatures
signatures: $(RELEASES:%=.venvs/processor-%/.ready)  ## write the signatures of every processor release
	@for release in $(RELEASES); do .venvs/processor-$$release/bin/python -m wearline_processor.release; done
