# make ranking   sets everything up and writes the annual PDF in English and in Russian
# make test      sets everything up and runs format check, lint, types and tests
# make spark     adds Apache Spark (half a gigabyte) to what make test has; it needs a Java of 17 or newer
# make docs      renews the reference and the schemas and writes the site to build/site
# make demo      writes data/demo anew
# make fuzz      holds the SQL path against NumPy on 10,000 random worlds (about half an hour)
# make fuzz-readers  reads damaged files for ten minutes a reader; SECONDS=60 to shorten
# make fuzz-formulas  tries 20,000 formulas in every place of SQL (half an hour); COUNT=1000 to shorten
# make layout    reads the pages of 66 books of all shapes as a proof-reader would (an hour)
# make mutation  changes formulas, laws and steps by one thing at a time and runs their tests (hours)
# make bench     prints times and their ratio to what is allowed
# make lock      renews requirements.txt, requirements-dev.txt and requirements-spark.txt
# make clean     removes what the targets above made
#
# make PYTHON=python3.12 ... chooses the interpreter; otherwise the first that is 3.11 or newer.

.DEFAULT_GOAL := ranking
.DELETE_ON_ERROR:
.PHONY: ranking test spark docs demo fuzz fuzz-readers fuzz-formulas layout mutation bench lock clean system

PYTHON :=
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet

EDITION := 2019
RANKING := build/hitech_open-$(EDITION)-en.pdf build/hitech_open-$(EDITION)-ru.pdf
SOURCES := $(shell find rating indicators data reports -type f ! -name '*.pyc')

ranking: $(RANKING)
	@echo "written: $(RANKING)"

build/hitech_open-$(EDITION)-%.pdf: $(VENV)/.runtime $(SOURCES)
	@mkdir -p build
	$(PY) -m rating report hitech_open data/open --edition $(EDITION) --lang $* --out $@

test: $(VENV)/.dev
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy --strict rating
	$(PY) -m pytest -n 2

spark: $(VENV)/.spark

docs: $(VENV)/.dev
	$(PY) -m rating schema --out docs/schema
	$(PY) docs/reference.py
	$(PY) -m mkdocs build --strict --quiet
	@echo "written: build/site/index.html"

fuzz: $(VENV)/.dev
	HYPOTHESIS_PROFILE=fuzz $(PY) -m pytest -n 2 tests/test_twin.py

fuzz-readers: $(VENV)/.dev
	PYTHONPATH=. SECONDS=$(or $(SECONDS),600) $(PY) benchmarks/fuzz_readers.py

fuzz-formulas: $(VENV)/.dev
	PYTHONPATH=. COUNT=$(or $(COUNT),20000) $(PY) benchmarks/fuzz_formulas.py

layout: $(VENV)/.dev
	LAYOUT=grid $(PY) -m pytest -n 2 tests/publish/test_layout.py

# Here and not in the lock: nothing else needs it, and it brings a dozen packages of a terminal.
mutation: $(VENV)/.dev
	$(PIP) install mutmut==3.8.1
	$(PY) benchmarks/mutation.py $(GROUPS)

demo: $(VENV)/.runtime
	$(PY) -m rating demo --firms 4000 --seed 1 --out data/demo

bench: $(VENV)/.dev
	$(PY) benchmarks/run.py

# The stamps keep a second make from installing again; the check of the system is quick and runs always.
$(VENV)/.runtime: requirements.txt pyproject.toml hatch_build.py | system
	@python=$$(sh .ci/system $(PYTHON)) && "$$python" -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/.spark: requirements-spark.txt $(VENV)/.dev
	$(PIP) install --require-hashes -r requirements-spark.txt
	@touch $@

system:
	@sh .ci/system $(PYTHON) >/dev/null

# The lock is made by the oldest Python that is supported, and from the public index alone, whatever
# folders and mirrors this machine's pip is set to: its hashes have to be those of the public files.
# It holds what the build needs too, so that nothing is fetched past the hashes.
LOCK := env -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL -u PIP_INDEX_URL PIP_CONFIG_FILE=/dev/null \
	CUSTOM_COMPILE_COMMAND="make lock" build/lock/bin/pip-compile --quiet --upgrade \
	--generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links

lock: system
	@python=$$(sh .ci/system $(or $(PYTHON),python3.11)) && "$$python" -m venv build/lock
	build/lock/bin/pip --disable-pip-version-check --quiet install pip-tools==7.6.2
	$(LOCK) --all-build-deps --output-file requirements.txt pyproject.toml
	build/lock/bin/python -c 'import tomllib; \
	print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")' \
		>build/lock/dev.in
	$(LOCK) --constraint requirements.txt --output-file requirements-dev.txt build/lock/dev.in
	build/lock/bin/python -c 'import tomllib; \
	print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["spark"], sep="\n")' \
		>build/lock/spark.in
	$(LOCK) --constraint requirements.txt --output-file requirements-spark.txt build/lock/spark.in

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
