# Every target sets up .venv first, so a fresh clone needs nothing else.
# Values reach Python through the environment, quoted, and are expanded by neither make nor the shell.

PYTHON ?= python3
NAMES := RECIPE DATA SET RESUME VARIANTS EPOCHS KEEP BATCHING INPUT OUTPUT HEAD TIME MASK FORCE TRAINED FIELD VALUES \
  COUNT SEED LENGTH AFTER TEMPERATURE LABEL BEST PLAYABLE FROM TO STEPS DIMENSION ADD STRENGTH SEEDS
$(foreach name,$(NAMES),$(eval override $(name) := $$(value $(name))))
export $(NAMES)

# a former name, which would otherwise pass unseen
ifeq ($(origin UNIT),command line)
$(error UNIT= has another name: write DIMENSION=, as in make traverse RECIPE=denoising DIMENSION=2)
endif

BIN := .venv/bin
READY := .venv/.ready
RUN = $(BIN)/keras-ae $(1) "$$RECIPE" $${DATA:+--data "$$DATA"} $${SET:+--set "$$SET"}

.DEFAULT_GOAL := help
.PHONY: help setup train evaluate export list benchmark tensorboard serve verify-serving encode restore
.PHONY: detect monitor sweep generate interpolate traverse attribute reconstruct nearest
.PHONY: test test-slow test-browser test-real test-extras lint format clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile
	@echo
	@echo '  make train RECIPE=denoising'
	@echo '  make train RECIPE=denoising DATA=folder/of/images SET="epochs=5 data.size=64"'
	@echo '  make train RECIPE=denoising RESUME=1'

$(READY): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'expected Python 3.11 or newer; received' "$$($(PYTHON) --version)"'; use another interpreter: make PYTHON=python3.12' >&2; exit 2; }
	$(PYTHON) -m venv .venv
	@if command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1; then \
	  build=cuda; else build=cpu; fi; \
	echo "installing the $$build build of TensorFlow and the rest into .venv"; \
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[$$build,dev]"
	@# without its dependencies, which would install a second TensorFlow
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps 'tensorflow-serving-api>=2.19,<2.22'
	@touch $@

setup: $(READY) ## create .venv and install everything

train: $(READY) recipe-given ## train RECIPE, evaluate and export it; DATA=, SET=, RESUME=1
	@case "$$RESUME" in ''|0|no) $(call RUN,train) ;; *) $(call RUN,train) --resume ;; esac

evaluate: $(READY) recipe-given ## print the test metrics of RECIPE's newest run
	@$(call RUN,evaluate)

export: $(READY) recipe-given ## export the heads of RECIPE's newest run as a new version
	@$(BIN)/keras-ae export "$$RECIPE" $${KEEP:+--keep "$$KEEP"}

serve: $(READY) ## start the TF Serving container over all exported heads; BATCHING=0
	@case "$$BATCHING" in 0|no) $(BIN)/keras-ae serve --no-batching ;; *) $(BIN)/keras-ae serve ;; esac

verify-serving: $(READY) ## check exported heads in C++, by the loader of TF Serving: RECIPE=, TIME=1000
	@$(BIN)/keras-ae verify $${RECIPE:+"$$RECIPE"} $${TIME:+--time "$$TIME"}

encode: $(READY) recipe-given ## encode INPUT with RECIPE's exported encoder: OUTPUT=codes.npy, HEAD=
	@$(BIN)/keras-ae encode "$$RECIPE" "$$INPUT" --output "$${OUTPUT:-codes.npy}" $${HEAD:+--head "$$HEAD"}

restore: $(READY) recipe-given ## restore INPUT, an image or a folder of images: RECIPE=, OUTPUT=, MASK=, FORCE=1
	@case "$$FORCE" in ''|0|no) set -- ;; *) set -- --force ;; esac; \
	$(BIN)/keras-ae restore "$$RECIPE" "$$INPUT" $${OUTPUT:+--output "$$OUTPUT"} $${MASK:+--mask "$$MASK"} "$$@"

detect: $(READY) recipe-given ## find anomalies in INPUT, a CSV file: RECIPE=, SET=, OUTPUT=, TRAINED=1, FORCE=1
	@case "$$FORCE" in ''|0|no) set -- ;; *) set -- --force ;; esac; \
	case "$$TRAINED" in ''|0|no) ;; *) set -- "$$@" --trained ;; esac; \
	$(BIN)/keras-ae detect "$$RECIPE" "$$INPUT" $${SET:+--set "$$SET"} $${OUTPUT:+--output "$$OUTPUT"} "$$@"

monitor: $(READY) recipe-given ## measure how far INPUT's anomaly scores have drifted from those of RECIPE's newest run
	@$(BIN)/keras-ae monitor "$$RECIPE" "$$INPUT" $${SET:+--set "$$SET"}

# Options that several of the next targets share.
SHARED = $${OUTPUT:+--output "$$OUTPUT"} $${LABEL:+--class "$$LABEL"} \
  $$(case "$$FORCE" in ''|0|no) ;; *) echo --force ;; esac)

generate: $(READY) recipe-given ## generate examples with RECIPE: COUNT=16 SEED=1 OUTPUT= LENGTH= AFTER= TEMPERATURE= LABEL= BEST=5 PLAYABLE=1
	@case "$$PLAYABLE" in ''|0|no) set -- ;; *) set -- --playable ;; esac; \
	$(BIN)/keras-ae generate "$$RECIPE" $${COUNT:+--count "$$COUNT"} $${SEED:+--seed "$$SEED"} $(SHARED) $${LENGTH:+--length "$$LENGTH"} \
	  $${AFTER:+--after "$$AFTER"} $${TEMPERATURE:+--temperature "$$TEMPERATURE"} $${BEST:+--best-of "$$BEST"} "$$@"

interpolate: $(READY) recipe-given ## interpolate FROM one example TO another: a file, test:5 or seed:3; STEPS=8
	@$(BIN)/keras-ae interpolate "$$RECIPE" "$$FROM" "$$TO" $(SHARED) $${STEPS:+--steps "$$STEPS"}

traverse: $(READY) recipe-given ## change each latent dimension of INPUT: DIMENSION=, STEPS=9
	@$(BIN)/keras-ae traverse "$$RECIPE" "$${INPUT:-test:0}" $(SHARED) $${DIMENSION:+--dimension "$$DIMENSION"} $${STEPS:+--steps "$$STEPS"}

attribute: $(READY) recipe-given ## add an attribute to INPUT: ADD=sky STRENGTH=1.5
	@$(BIN)/keras-ae attribute "$$RECIPE" "$${INPUT:-test:0}" --add "$$ADD" $(SHARED) $${STRENGTH:+--strength "$$STRENGTH"}

reconstruct: $(READY) recipe-given ## encode INPUT and decode it again
	@$(BIN)/keras-ae reconstruct "$$RECIPE" "$$INPUT" $(SHARED)

nearest: $(READY) recipe-given ## find the training examples nearest to INPUT: COUNT=5
	@$(BIN)/keras-ae nearest "$$RECIPE" "$$INPUT" $(SHARED) $${COUNT:+--count "$$COUNT"}

sweep: $(READY) recipe-given ## train RECIPE once per value of a FIELD, one table: FIELD=data.normal VALUES=0..9, DATA=
	@$(BIN)/keras-ae sweep "$$RECIPE" "$$FIELD" "$$VALUES" $${DATA:+--data "$$DATA"} $${SET:+--set "$$SET"}

list: $(READY) ## list the recipes
	@$(BIN)/keras-ae list

benchmark: $(READY) ## train and compare all variants: DATA=, VARIANTS=, EPOCHS=, SET=, SEEDS=3
	@$(BIN)/keras-ae benchmark $${DATA:+--data "$$DATA"} $${VARIANTS:+--variants "$$VARIANTS"} \
	  $${EPOCHS:+--epochs "$$EPOCHS"} $${SET:+--set "$$SET"} $${SEEDS:+--seeds "$$SEEDS"}

tensorboard: $(READY) ## show all runs in a browser
	@mkdir -p runs
	@$(BIN)/tensorboard --logdir runs --samples_per_plugin images=100

test: $(READY) ## run the tests, offline, in minutes
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile

test-slow: $(READY) ## test trainings that take minutes, and their repeatability
	@$(BIN)/python -m pytest -q -m slow

test-real: $(READY) ## test on the published data sets, downloaded unless they are cached
	@$(BIN)/python -m pytest -q -m "real and not slow"

test-extras: $(READY) ## test ONNX, LiteRT, Parquet and Beam, in a separate environment
	@test -x .venv-extras/bin/keras-ae || { $(PYTHON) -m venv .venv-extras && \
	  .venv-extras/bin/python -m pip install --quiet --disable-pip-version-check -e '.[cpu,dev,onnx,litert,parquet,beam]'; }
	@.venv-extras/bin/python -m pytest -q -m extras

test-browser: $(READY) ## test TensorBoard's pages in a real browser (Chromium and its driver)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[browser]'
	@$(BIN)/python -m pytest -q -m browser

lint: $(READY) ## check style, docstrings, types and common mistakes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy keras_ae

format: $(READY) ## format the code
	@$(BIN)/ruff check --select I --fix .
	@$(BIN)/ruff format .

clean: ## remove .venv and caches, but not runs and exported models
	rm -rf .venv .venv-extras .pytest_cache .ruff_cache .mypy_cache *.egg-info

.PHONY: recipe-given
recipe-given: $(READY)
	@test -n "$$RECIPE" || { echo 'which recipe? make list shows them; then: make train RECIPE=denoising' >&2; exit 2; }
	@# extra packages that a recipe's file asks for
	@for extra in $$(sed -n 's/^EXTRAS = "\([a-z]*\)"$$/\1/p' "recipes/$$RECIPE.py" 2>/dev/null); do \
	  test -e ".venv/.$$extra" || { echo "installing extra packages for $$RECIPE: $$extra"; \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[$$extra]" && touch ".venv/.$$extra"; } || exit; \
	done
