import { expect } from "chai";
import { goldenRows, rowsToday } from "../../golden/rows.ts";
import { useTempDir } from "../../helpers/temp.ts";

describe("the rows of a run", () => {
  const dir = useTempDir();

  it("are, to the last bit, those that are kept from before", async () => {
    expect(goldenRows).to.have.length(8);
    expect(await rowsToday(dir())).to.deep.equal(goldenRows);
  });
});
