"""What a newcomer does: read README.md, `make run`, paste each line, press Ctrl-C."""

import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).parent

(HERE.parents[1] / "target").mkdir(exist_ok=True)
outcome = unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.discover(str(HERE)))
failed = len(outcome.failures) + len(outcome.errors)
sys.stderr.flush()
print(f"test result: {'FAILED' if failed else 'ok'}. {outcome.testsRun - failed} passed; {failed} failed; "
      f"{len(outcome.skipped)} ignored")
sys.exit(bool(failed))
