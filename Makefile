# Every target sets up .venv first, so a fresh clone needs nothing else. What is wrong is told before that.
# Values come from make's own command line, never from the environment. They reach the programs quoted, through
# the environment, and are expanded by neither make nor the shell. GNU make 3.81 is enough.

.DEFAULT_GOAL := help

# what each target takes, and what it cannot do without
TAKES.help :=
TAKES.setup := PYTHON LOCKED
TAKES.train := RECIPE NAME DATA SET RESUME WORKERS
NEEDS.train := RECIPE
TAKES.evaluate := RECIPE DATA SET
NEEDS.evaluate := RECIPE
TAKES.export := RECIPE NAME KEEP
NEEDS.export := RECIPE
TAKES.predict := RECIPE INPUT HEAD OUTPUT FORCE
NEEDS.predict := RECIPE INPUT
TAKES.tensorboard := PORT HOST
TAKES.serve := BATCHING
TAKES.verify-serving := RECIPE TIME
TAKES.benchmark := DATA VARIANTS EPOCHS SET SEEDS
TAKES.speed := NETWORKS BATCHES PEERS ROUNDS EPOCHS THREADS DEVICES DATA BASELINE SET PARTS
TESTS := test test-workers test-slow test-docs test-real test-extras test-browser
DEVELOPMENT := $(TESTS) lint format docs clean

# former targets
VERBS := list encode restore detect monitor sweep generate interpolate traverse attribute reconstruct nearest

TARGETS := help setup train evaluate export predict tensorboard serve verify-serving benchmark speed $(DEVELOPMENT)
.PHONY: $(TARGETS)
NAMES := $(sort $(foreach target,$(TARGETS),$(TAKES.$(target))))
GIVEN := $(sort $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name))))
$(foreach name,$(NAMES),$(eval override $(name) := $(if $(filter $(name),$(GIVEN)),$$(value $(name)))))
export $(NAMES)

BIN := .venv/bin
READY := .venv/.ready
GOALS := $(if $(MAKECMDGOALS),$(MAKECMDGOALS),help)
comma := ,
quoted = '$(subst ','\'',$(1))'
written = $(if $(1),$(addsuffix =,$(1)),no variable)
is_file = $(shell test -f $(call quoted,$(1)) && echo yes)
is_folder = $(shell test -d $(call quoted,$(1)) && echo yes)

ifneq ($(filter $(VERBS),$(GOALS)),)
$(error $(filter $(VERBS),$(GOALS)) is a verb of the command line: .venv/bin/keras-ae $(firstword $(filter $(VERBS),$(GOALS))) --help)
endif
ifeq ($(filter-out $(TARGETS),$(GOALS)),)

# a new .venv takes PYTHON= and LOCKED=, whatever the target
USED := $(foreach goal,$(GOALS),$(TAKES.$(goal)))
SETTING_UP := $(filter-out help clean,$(GOALS))
ifeq ($(wildcard $(READY)),)
USED += $(if $(SETTING_UP),$(TAKES.setup))
endif
UNUSED := $(filter-out $(USED),$(GIVEN))
ifneq ($(UNUSED),)
ifneq ($(filter $(TAKES.setup),$(UNUSED)),)
$(error $(call written,$(filter $(TAKES.setup),$(UNUSED))) is for the set-up, which is done: to do it again, make setup $(call written,$(firstword $(filter $(TAKES.setup),$(UNUSED))))...)
endif
$(error make $(GOALS) does not take $(call written,$(UNUSED)); it takes $(call written,$(sort $(foreach goal,$(GOALS),$(TAKES.$(goal)))))$(if $(filter SET,$(USED)),; a field of the recipe goes into SET=$(comma) as in SET="epochs=5 seed=1"))
endif

FLAGS := RESUME FORCE LOCKED BATCHING PARTS
$(foreach flag,$(FLAGS),$(if $(filter-out 0 1 no yes,$($(flag))),$(error expected $(flag)=1 or $(flag)=0, received $(flag)=$($(flag)))))
$(foreach flag,$(filter-out BATCHING,$(FLAGS)),$(if $(filter 0 no,$($(flag))),$(eval override $(flag) :=)))

RECIPES := $(filter-out _%,$(patsubst recipes/%.py,%,$(wildcard recipes/*.py)))
$(foreach goal,$(GOALS),$(foreach name,$(NEEDS.$(goal)),$(if $(strip $($(name))),,$(error \
  make $(goal) needs $(name)=$(if $(filter RECIPE,$(name)),$(comma) one of $(RECIPES),; it takes $(call written,$(TAKES.$(goal))))))))

# these load the recipe itself, or that of a model's runs; others also take what was exported
ifneq ($(filter train evaluate export,$(GOALS)),)
IS_RECIPE := $(call is_file,recipes/$(RECIPE).py)$(if $(filter %.py,$(RECIPE)),$(call is_file,$(RECIPE)))
IS_MODEL := $(if $(if $(filter train,$(GOALS)),$(RESUME),1),$(call is_folder,runs/$(RECIPE)))
ifeq ($(IS_RECIPE)$(IS_MODEL),)
$(error expected RECIPE= to be one of $(RECIPES), or the path of a .py file$(if $(filter train,$(GOALS)),,$(comma) or the name of a model in runs/); received RECIPE=$(RECIPE))
endif
endif
# the first interpreter that TensorFlow is built for and that can make an environment
CANDIDATES := $(if $(PYTHON),$(call quoted,$(PYTHON)),python3 python3.13 python3.12 python3.11)
AGAIN := $(if $(and $(filter setup,$(GOALS)),$(PYTHON)$(LOCKED)),again)
ifneq ($(SETTING_UP),)
ifneq ($(if $(wildcard $(READY)),$(PYTHON),none),)
INTERPRETER := $(shell for python in $(CANDIDATES); do "$$python" -c 'import sys, ensurepip; \
  (3, 11) <= sys.version_info < (3, 14) or sys.exit(1); print(sys.executable)' 2>/dev/null && break; done; true)
ifeq ($(INTERPRETER),)
SEEN := $(shell for python in $(CANDIDATES); do "$$python" -c 'import sys, importlib.util as u; \
  print("%s is Python %d.%d.%d%s," % (sys.argv[1], *sys.version_info[:3], "" if u.find_spec("ensurepip") else " without its \
  package venv"))' "$$python" 2>/dev/null; done; true)
$(error expected Python 3.11, 3.12 or 3.13, which TensorFlow 2.21 is built for; $(if $(SEEN),$(SEEN),none of $(CANDIDATES) runs,) so install one and name it: make setup PYTHON=python3.13)
endif
endif
endif

endif

PIP = PYTHONWARNINGS=ignore $(BIN)/python -m pip install --disable-pip-version-check
RUN = $(BIN)/keras-ae $(1) "$$RECIPE" $${DATA:+--data "$$DATA"} $${SET:+--set "$$SET"}

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile
	@echo
	@echo '  make train RECIPE=denoising'
	@echo '  make train RECIPE=denoising DATA=folder/of/images SET="epochs=5 data.size=64"'
	@echo '  make train RECIPE=denoising RESUME=1'
	@echo
	@echo 'Everything else is a verb of the command line: .venv/bin/keras-ae --help'

.PHONY: again
again:
$(READY): setup.cfg pyproject.toml $(AGAIN)
	@if command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1; then \
	  build=cuda; else build=cpu; fi; \
	echo "setting up .venv with the $$build build of TensorFlow and the rest; the first time takes some minutes"; \
	$(if $(INTERPRETER),$(call quoted,$(INTERPRETER)) -m venv $(if $(PYTHON),--clear) .venv && )\
	$(PIP) $${LOCKED:+-c .ci/constraints.txt} -e ".[$$build,dev]"
	@# without its dependencies, which would install a second TensorFlow
	@$(PIP) $${LOCKED:+-c .ci/constraints.txt} --no-deps 'tensorflow-serving-api>=2.19,<2.22'
	@touch $@

setup: $(READY) ## create .venv and install everything: PYTHON=python3.12, LOCKED=1 for the versions that CI has

train: $(READY) extras ## train RECIPE, evaluate and export it: DATA=, NAME=, SET=, RESUME=1, WORKERS=2
	@$(call RUN,train) $${NAME:+--name="$$NAME"} $${RESUME:+--resume} $${WORKERS:+--workers "$$WORKERS"}

evaluate: $(READY) extras ## print the test metrics of RECIPE's newest run: DATA=, SET=
	@$(call RUN,evaluate)

export: $(READY) extras ## export the heads of RECIPE's newest run as a new version: NAME=, KEEP=
	@$(BIN)/keras-ae export "$$RECIPE" $${NAME:+--name="$$NAME"} $${KEEP:+--keep "$$KEEP"}

predict: $(READY) ## run an exported head of RECIPE on INPUT: HEAD=decoder, OUTPUT=, FORCE=1
	@$(BIN)/keras-ae predict "$$RECIPE" "$$INPUT" $${HEAD:+--head "$$HEAD"} $${OUTPUT:+--output "$$OUTPUT"} $${FORCE:+--force}

tensorboard: $(READY) ## show all runs in a browser: PORT=6006, HOST=localhost
	@$(BIN)/keras-ae tensorboard $${PORT:+--port "$$PORT"} $${HOST:+--host "$$HOST"}

serve: $(READY) ## start the TF Serving container over all exported heads: BATCHING=0
	@case "$$BATCHING" in 0|no) $(BIN)/keras-ae serve --no-batching ;; *) $(BIN)/keras-ae serve ;; esac

verify-serving: $(READY) ## check exported heads in C++, by the loader of TF Serving: RECIPE=, TIME=1000
	@$(BIN)/keras-ae verify $${RECIPE:+"$$RECIPE"} $${TIME:+--time "$$TIME"}

benchmark: $(READY) ## train and compare all variants: DATA=, VARIANTS=, EPOCHS=, SET=, SEEDS=3
	@$(BIN)/keras-ae benchmark $${DATA:+--data "$$DATA"} $${VARIANTS:+--variants "$$VARIANTS"} \
	  $${EPOCHS:+--epochs "$$EPOCHS"} $${SET:+--set "$$SET"} $${SEEDS:+--seeds "$$SEEDS"}

speed: $(READY) ## compare the speed of training with other frameworks: NETWORKS=, BATCHES=, PEERS=, BASELINE=
	@$(BIN)/keras-ae speed $${NETWORKS:+--networks "$$NETWORKS"} $${BATCHES:+--batches "$$BATCHES"} \
	  $${PEERS:+--peers "$$PEERS"} $${ROUNDS:+--rounds "$$ROUNDS"} $${EPOCHS:+--epochs "$$EPOCHS"} \
	  $${THREADS:+--threads "$$THREADS"} $${DEVICES:+--devices "$$DEVICES"} \
	  $${DATA:+--data "$$DATA"} $${BASELINE:+--baseline "$$BASELINE"} $${SET:+--set "$$SET"} $${PARTS:+--parts}

test: $(READY) ## run the tests, offline, in minutes
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile

test-workers: $(READY) ## test trainings by two processes
	@$(BIN)/python -m pytest -q -m "workers and not slow"

test-slow: $(READY) ## test trainings that take minutes, and their repeatability
	@$(BIN)/python -m pytest -q -m slow

test-docs: $(READY) ## run the commands of the guides, with short settings
	@$(BIN)/python -m pytest -q -m docs

test-real: $(READY) ## test on the published data sets, downloaded unless they are cached
	@$(BIN)/python -m pytest -q -m "real and not slow"

test-extras: $(READY) ## test ONNX, LiteRT, Excel, Parquet, Beam, S3, SQL and the API reference, in a separate environment
	@test -x .venv-extras/bin/keras-ae || { $(BIN)/python -m venv .venv-extras && PYTHONWARNINGS=ignore \
	  .venv-extras/bin/python -m pip install --disable-pip-version-check -e '.[cpu,dev,docs,onnx,litert,excel,parquet,beam,remote,sql,tfds,umap]' \
	  'moto[s3,server]'; }
	@.venv-extras/bin/python -m pytest -q -m extras

test-browser: $(READY) ## test TensorBoard's pages in a real browser (Chromium and its driver)
	@test -e .venv/.browser || { $(PIP) -e '.[browser]' && touch .venv/.browser; }
	@$(BIN)/python -m pytest -q -m browser

lint: $(READY) ## check style, docstrings, types and common mistakes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy keras_ae

format: $(READY) ## format the code
	@$(BIN)/ruff check --select I --fix .
	@$(BIN)/ruff format .

docs: $(READY) ## build the API reference: docs/index.html
	@test -e .venv/.docs || { $(PIP) -e '.[docs]' && touch .venv/.docs; }
	@TF_CPP_MIN_LOG_LEVEL=3 $(BIN)/pdoc --docformat google --no-show-source --template-directory .ci/pdoc --output-directory docs \
	  $$(find keras_ae -name '*.py' ! -name __main__.py ! -path '*/beam/*' ! -path 'keras_ae/recipes/*' | \
	    sed 's,/__init__,,; s,/,.,g; s,\.py$$,,' | sort) '!keras_ae.apps.encoding.beam.pipeline' '!keras_ae.recipes'
	@echo 'API reference: docs/index.html'

clean: ## remove .venv, caches and docs, but not runs and exported models
	rm -rf .venv .venv-extras .pytest_cache .ruff_cache .mypy_cache build docs *.egg-info

# extra packages that a recipe's file asks for
.PHONY: extras
extras: $(READY)
	@case "$$RECIPE" in *.py) file="$$RECIPE" ;; *) file="recipes/$$RECIPE.py" ;; esac; \
	test -f "$$file" || file="recipes/$$(cat "runs/$$RECIPE"/*/request.json 2>/dev/null | sed -n 's/^ "recipe": "\(.*\)",$$/\1/p' | sed -n '$$p').py"; \
	for extra in $$(sed -n 's/^EXTRAS = "\([a-z]*\)"$$/\1/p' "$$file" 2>/dev/null); do \
	  test -e ".venv/.$$extra" || { echo "installing extra packages for $$RECIPE: $$extra"; \
	    $(PIP) -e ".[$$extra]" && touch ".venv/.$$extra"; } || exit; \
	done
