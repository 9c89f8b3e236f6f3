# Mutation testing: mutmut changes the code in small ways, one at a time, and the tests have to notice.
# pyproject.toml says which code and which tests; it keeps everything in mutants/.

.PHONY: mutation mutation-clean

# Examples of each property: enough to notice what the full number notices, and a third of its time.
mutation: export ROBUSTOP_EXAMPLES := 60
# Earlier results do not count: a result is only as good as the tests it was made with.
mutation: install mutation-clean  ## plant small bugs in core and engines; the tests must find them (about 10 minutes)
	@$(BIN)/mutmut run
	@$(BIN)/python -m tests.support.mutation_report

clean: mutation-clean

mutation-clean:
	@rm -rf mutants
