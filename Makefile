# The two commands of the README, and what they are made of.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Without an NVIDIA GPU a torch without CUDA is enough; these versions are known to work together.
CPU := $(if $(shell command -v nvidia-smi),,--constraint constraints-cpu.txt)
SUBMISSION := submissions/deep-learning-1/partial.ipynb

.PHONY: demo test soak setup lint types clean

demo: setup
	$(BIN)/grader data prepare --size small
	$(BIN)/grader grade $(SUBMISSION) --assignment deep-learning-1 --output out/report.json --html out/report.html
	@echo "Written: out/report.json, out/report.html, out/report.executed.ipynb"

test: lint types
	sh scripts/system-packages.sh $(PYTHON) test
	$(BIN)/python -m pytest -m 'not alone' --numprocesses 2 --dist loadfile
	$(BIN)/python -m pytest -m alone

# Ten minutes of uploads, a tenth of them hostile: nothing of the service may grow.
soak: setup
	GRADER_DATA=small GRADER_CELL_SECONDS=10 GRADER_TOTAL_SECONDS=20 $(BIN)/python -m benchmarks.soak 10

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

setup: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt constraints-cpu.txt
	sh scripts/system-packages.sh $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt $(CPU) --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) out
