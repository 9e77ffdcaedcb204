# Each target sets up what it needs; nothing has to be typed before.
.PHONY: demo test check bench chaos setup-demo setup-test setup-bench

demo: setup-demo
	@.venv/bin/mailfax demo

test: setup-test
	@scripts/check

check: setup-test
	@scripts/check

bench: setup-bench
	.venv/bin/python benchmarks/bench.py

chaos: setup-test
	.venv/bin/python -m pytest tests/chaos --slow -n 2

setup-demo:
	@scripts/setup demo

setup-test:
	@scripts/setup test

setup-bench:
	@scripts/setup bench
