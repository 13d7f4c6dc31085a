# roomctl's commands. `make` alone lists them.

VENV = .venv
PYTHON =
ARGS =
export VENV PYTHON

.PHONY: help run quick check test hwlab house deb image repository bundle bench types fonts sheet faults calls fuzz attack soak sbom clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | awk -F '\t' '{ printf "make %-10s %s\n", $$1, $$2 }'
	@echo
	@echo 'make run ARGS="--port 9000"        hands arguments to `roomctl simulate`'
	@echo 'make check ARGS="-k camera"        hands arguments to pytest; so does make test'
	@echo 'make test PYTHON=python3.12 VENV=.venv-3.12   uses another Python'

run: ## a simulated room: the panel at /, the hardware at /simulator
	@bash .ci/environment
	@exec "$(VENV)/bin/roomctl" simulate $(ARGS)

quick: ## every test that needs no browser, process or socket; CI also runs it on a box's PYTHON=/usr/bin/python3.13 VENV=.venv-3.13
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" .ci/checks.py quick $(ARGS)

check: ## the checks, and every test that needs no browser, process or socket; a minute and a half
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" .ci/checks.py check $(ARGS)

test: ## every check and every test but those of the lab; CI runs both
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" .ci/checks.py test $(ARGS)

hwlab: ## whole calls, displays and sound; the drivers on real kernel drivers; minutes
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" .ci/checks.py hwlab $(ARGS)

house: ## counts files, lines, circles of imports and lists by hand; shows words that seldom help
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" -m tests.house.figures

deb: ## the Debian package, for Debian 13: build/deb/roomctl_VERSION_ARCH.deb; ARGS="--arch arm64"
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" .ci/deb.py $(ARGS)

repository: ## signed packages that boxes update from: build/repository; ARGS="--key KEY FILE.deb..."
	@exec python3 .ci/repository.py $(ARGS)

bundle: ## the same with all that Debian has to add, for boxes without internet: build/bundle; ARGS as above
	@exec python3 .ci/repository.py --bundle $(ARGS)

image: ## a disk of Debian 13 with the package, as root: build/image/roomctl_VERSION_ARCH.img; ARGS="--arch arm64"
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" .ci/image.py $(ARGS)

bench: ## what it costs, beside a bare program and the line's limit
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" -m benchmarks $(ARGS)

types: ## what is made from the schemas: web/lib/types.js, docs/companion.md, docs/room-toml.md, the roles in SECURITY.md, the sequences in docs/design.md
	@bash .ci/environment test
	@"$(VENV)/bin/python" .ci/panel_types.py
	@"$(VENV)/bin/python" .ci/companion_page.py
	@"$(VENV)/bin/python" -m tests.api.security_page
	@"$(VENV)/bin/python" -m tests.house.sequences
	@exec "$(VENV)/bin/python" .ci/room_toml_page.py

fonts: ## the fonts of the pages, cut anew from npm's: web/fonts
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" .ci/fonts.py

sheet: ## every view of the panel and the room screen, drawn into build/sheet for a person to look at
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" -m tests.web.contact_sheet build/sheet $(ARGS)

faults: ## the table of faults, anew, as the simulator measures them: docs/faults.md
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" -m tests.faults

calls: ## the matrix of calls, anew, on a real display: docs/calls.md; 50 minutes, 6 with ARGS=zoom
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" -m tests.calls.matrix $(ARGS)

fuzz: ## a million damaged frames and texts, ten thousand hands on cameras that lose replies, all properties in full
	@bash .ci/environment test
	@"$(VENV)/bin/python" -m tests.fuzz $(ARGS)
	@"$(VENV)/bin/python" -m tests.fuzz.sessions
	@exec "$(VENV)/bin/python" -m pytest -q -m hypothesis --hypothesis-profile=full --numprocesses=auto

attack: ## every known attack on a room, against the real program; minutes
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" -m tests.attack $(ARGS)

soak: ## 1500 unplugs of a camera, 1000 kills of what writes, what a silent one costs, 20 times two meetings, 8 hours of a room, 8 by sockets, what the suite leaves out; 50 minutes; as root 50 power cuts of a box and of an update, hours (lost replies: fuzz)
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" -m tests.soak $(ARGS)

sbom: ## what roomctl needs of Python, with versions and licences, as CycloneDX: build/sbom.cdx.json
	@bash .ci/environment test
	@exec "$(VENV)/bin/python" .ci/sbom.py

clean: ## removes what the commands above made
	@bash .ci/environment --remove
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find roomctl tests benchmarks .ci -name __pycache__ -type d -prune -exec rm -rf {} +
