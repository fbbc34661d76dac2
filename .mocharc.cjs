const { availableParallelism } = require("node:os");

/** `npm test` adds `--parallel`: files run beside each other, as many as there are cores. */
module.exports = {
  "node-option": ["import=tsx/esm"],
  extension: ["ts"],
  require: ["./test/helpers/own-state.ts"],
  timeout: 60_000,
  forbidOnly: true,
  reporter: "dot",
  jobs: availableParallelism(),
};
