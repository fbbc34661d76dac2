/** Mocha's spec reporter, plus a closing line "N passed, N failed, N skipped" in the file that `output` names. */
const { appendFileSync } = require("node:fs");
const { reporters, Runner } = require("mocha");

module.exports = class CiReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      appendFileSync(options.reporterOptions.output, `${passes} passed, ${failures} failed, ${pending} skipped\n`);
    });
  }
};
