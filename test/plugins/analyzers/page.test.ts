import { readFileSync } from "node:fs";
import { expect } from "chai";
import { analyzersPage, pagePath } from "../../../scripts/analyzers-page.ts";

describe("docs/analyzers.md", () => {
  it("is what the analyzers declare", async () => {
    expect(readFileSync(pagePath, "utf8"), "run scripts/analyzers-page.ts").to.equal(await analyzersPage());
  });
});
