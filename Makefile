# Two commands: `make demo` runs the town, `make test` proves it. Both need nothing but Python 3.11-3.13 and make.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test browser check bench lock clean

BIN := .venv/bin
WORKERS ?= 2

help:
	@echo "make demo        open the town on http://127.0.0.1:8000  (PORT=… BIND=… DATABASE_URL=…)"
	@echo "make demo-reset  the same, forgetting what was entered"
	@echo "make test        every test, in a real browser too"
	@echo "make check       format, lint, types, layers, migrations, deployment settings"
	@echo "make bench       what it costs, beside a floor"
	@echo "make lock        pin the requirements anew from pyproject.toml"
	@echo "make clean       remove the environment and caches; var/ stays"

demo: .venv/demo.stamp
	@exec $(BIN)/python -m hekou.supervisor

demo-reset: .venv/demo.stamp
	@exec $(BIN)/python -m hekou.supervisor --reset

test: .venv/dev.stamp browser
	$(BIN)/pytest -n $(WORKERS)

# Chromium and a Chinese font, where this machine lets us; the browser tests say what they miss.
browser:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	    ! { command -v chromium && dpkg -s fonts-noto-cjk; } >/dev/null 2>&1; then \
	  echo "正在安装 Chromium 和中文字体，供浏览器测试使用……"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  { apt-get -q update && apt-get -qy install --no-install-recommends chromium fonts-noto-cjk; } \
	    >.venv/browser.log 2>&1 || echo "没有装上浏览器，浏览器测试会跳过。 No browser: see .venv/browser.log"; \
	fi

# The example's settings are a whole production's; only the secrets are missing from it, on purpose.
PRODUCTION = env -u DATABASE_URL ENV_FILE=.env.example $$($(BIN)/python -m hekou.keys)
check: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@# Without a server Django cannot compare with a database's history and says so; the models are what we compare.
	$(PRODUCTION) $(BIN)/python -W "ignore:Got an error checking a consistent" manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: .venv/dev.stamp
	$(BIN)/python -m tests.bench

lock: .venv/dev.stamp
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean:
	rm -rf .venv .ruff_cache .mypy_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path "./var/*" -prune -exec rm -rf {} +

# A stamp is newer than its requirements when the environment holds them; an interrupted install leaves none.
.venv/demo.stamp: requirements.txt
	@$(call install,requirements.txt)
.venv/dev.stamp: requirements-dev.txt .venv/demo.stamp
	@$(call install,requirements-dev.txt)

# The first Python that starts and has the right version: a name on PATH may be a shim of a version that is not there.
# An environment is made anew when its Python is gone. umask: the database's system user reads the wheel's programs.
define install
	set -e; umask 022; found=; \
	for python in python3 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	    found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "需要 Python 3.11、3.12 或 3.13，这里的 python3 是：$$(python3 --version 2>&1 | head -n 1)。 Python 3.11-3.13 is needed." >&2; \
	  exit 2; fi; \
	if ! $(BIN)/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	  $$found -m venv --clear .venv || { \
	    echo "建不了 .venv，Debian 上请先装 python3-venv。 Cannot make .venv; on Debian install python3-venv." >&2; exit 2; }; fi; \
	echo "正在安装依赖（$1），约需半分钟……"; \
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r $1; \
	touch $@
endef
