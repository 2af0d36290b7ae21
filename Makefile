# make run     everything that is missing is set up, the demo city is made when there is none, and it is served
# make test    the whole suite, on SpatiaLite and PostGIS and in a real browser
# make check   style, types, layers, words, links
# make bench   the benchmarks: one table, each figure beside its limit
# make faults   a thousand reports over a network that breaks; SEEDS="1 2 3" DATABASES="sqlite postgis" REPORTS=1000
# make screenshot   the pictures of the README, into docs/images

# Hundreds of processes start: Python's bytecode is kept, also where the machine keeps none (containers often do not).
test check bench faults: export PYTHONDONTWRITEBYTECODE =
test check bench faults: export PYTHONPYCACHEPREFIX = $(CURDIR)/.venv/pycache

.PHONY: run test check bench faults format words screenshot

run:
	@bin/prepare
	@exec .venv/bin/blockwise serve --with-demo

# One more than there are processors, of the two that are counted on: browser tests mostly wait.
WORKERS ?= 3
test:
	@bin/prepare test
	@bin/node frontend test & phone=$$!; \
	.venv/bin/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder; city=$$?; \
	wait $$phone && exit $$city

# What takes long goes beside the rest.
check:
	@bin/prepare test python
	@$(MAKE) --silent --jobs 2 --output-sync types style built

.PHONY: types style built
types:
	@.venv/bin/mypy

style:
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports --no-logo
	@.venv/bin/python -m tests.check_words
	@.venv/bin/python -m tests.check_links

built:
	@bin/prepare test
	@bin/node frontend check

bench:
	@bin/prepare test
	@.venv/bin/python -m tests.bench $(ONLY)

SEEDS ?= 1 2 3
DATABASES ?= sqlite postgis
REPORTS ?= 1000
faults:
	@bin/prepare test
	@.venv/bin/python -m tests.faults --reports $(REPORTS) --seed $(SEEDS) --database $(DATABASES)

format:
	@.venv/bin/ruff check --fix -q . ; .venv/bin/ruff format -q .

words:
	@.venv/bin/python -m tests.check_words --update

screenshot:
	@bin/prepare test
	@.venv/bin/python -m tests.e2e.screenshot
