import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { writeReport } from "../../viewer/report/report.ts";
import { sparkline } from "../../viewer/terminal.ts";
import { pageBuilt, useStage } from "../helpers/page.ts";
import { damage, writeSyntheticRun } from "../helpers/synthetic-runs.ts";
import { useTempDir } from "../helpers/temp.ts";

/** What moves the cursor of a terminal, or turns the direction of text. */
const invisible = /(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
const hostile = `"><script>alert(1)</script>|*x*\n# y\u001b[2J\u0007\u202eturned\u2066`;

describe("writeReport", () => {
  const temp = useTempDir();
  before(pageBuilt);
  const report = (format: "html" | "md" | "png", ...dirs: string[]) =>
    writeReport({
      dirs,
      format,
      output: join(temp(), `report.${format}`),
      madeAt: Date.UTC(2026, 10, 24),
      indexFolder: temp(),
    });
  const html = () => readFileSync(join(temp(), "report.html"), "utf8");

  it("puts numbers, charts, config and environment into one file that asks for nothing", async () => {
    await report("html", writeSyntheticRun(temp(), { id: "a", name: "baseline", outcome: "finished", rows: 400 }));
    const text = html();
    expect(Buffer.byteLength(text), "three of these in two megabytes").to.be.lessThan(700_000);
    for (const part of ["train/loss", "Death raster", "Fork overlap", "flag --lr", "CPU, 2 threads"])
      expect(text).to.contain(part);
    expect(text.match(/<svg /g)?.length).to.equal(13);
    expect(text).not.to.match(/<script|<link|<img|<iframe|src=|@import|url\((?!&quot;#|["']?#)/);
    const addresses = [...text.matchAll(/https?:\/\/[^"'\s<]+/g)].map(([address]) => address);
    expect(new Set(addresses)).to.deep.equal(new Set(["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"]));
    const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size, "ids of charts do not clash").to.equal(ids.length);
  });

  it("gives the loss as the mean of the last tenth with its standard error", async () => {
    const dir = writeSyntheticRun(temp(), { id: "a", outcome: "finished", rows: 400 });
    await report("html", dir);
    const last = readFileSync(join(dir, "rows.jsonl"), "utf8").trim().split("\n").slice(-40);
    const losses = last.map((line) => (JSON.parse(line) as { metrics: Record<string, number> }).metrics["train/loss"]!);
    const mean = losses.reduce((sum, one) => sum + one, 0) / 40;
    const [, value, se] =
      /train\/loss<\/th><td class="number">([\d.]+) ± ([\d.]+)<\/td><td>mean of the last 40 rows, batch means/.exec(
        html(),
      )!;
    expect(Number(value)).to.be.closeTo(mean, 1e-3);
    // The noise of the made-up loss has a standard deviation of 0.06: its mean over 40 rows, of 0.0095.
    expect(Number(se)).to.be.within(0.003, 0.03);
  });

  it("sets several runs side by side with differences and their errors", async () => {
    const a = writeSyntheticRun(temp(), { id: "a", seed: 1, outcome: "finished", rows: 400 });
    const b = writeSyntheticRun(temp(), { id: "b", seed: 2, lr: 1e-3, outcome: "finished", rows: 400 });
    await report("html", a, b);
    const row =
      /train\/loss<\/th><td class="number">([\d.]+) ± [\d.]+<\/td><td class="number">([\d.]+) ± [\d.]+<\/td><td class="number">\+([\d.]+) ± [\d.]+</.exec(
        html(),
      )!;
    expect(Number(row[2]) - Number(row[1])).to.be.closeTo(Number(row[3]), 0.002);
    expect(html()).to.match(
      /<tr class="differs"><th scope="row">train.lr<\/th><td class="number">0.003<\/td><td class="number">0.001<\/td>/,
    );
  });

  it("takes runs of a sweep by groups: a mean, its interval and n, and differences with Welch's, in at most 3 MB for six runs", async () => {
    const dirs = [1, 2, 3, 4, 5, 6].map((seed) =>
      writeSyntheticRun(temp(), { id: `r${seed}`, seed, lr: seed % 2 ? 1e-3 : 3e-3, rows: 300, outcome: "finished" }),
    );
    await report("html", ...dirs);
    const text = html();
    expect(Buffer.byteLength(text)).to.be.lessThan(3_000_000);
    expect(text).to.contain("<h1>6 runs by train.lr</h1>");
    expect(text).to.contain("6 runs that differ in seed (1, 2, 3, 4, 5, 6), train.lr (0.001, 0.003).");
    const row = /train\/loss<\/th><td class="number">([\d.]+) \[([\d.]+), ([\d.]+)\], n 3<\/td>/.exec(text)!;
    expect(Number(row[1])).to.be.within(Number(row[2]), Number(row[3]));
    expect(text.match(/<h3>Death raster/g)).to.have.length(1);
    expect(text.match(/aria-label="Death raster/g), "two examples stand for six runs").to.have.length(2);
    const figure = /Figure 2\. Units used per token<.*?<\/figure>/s.exec(text)![0];
    expect(
      [figure.match(/<h4>/g)?.length, figure.match(/>train\.lr 0\.001</g)?.length],
      "panels, legends",
    ).to.deep.equal([4, 1]);
    expect(text).to.match(/@media screen and \(prefers-color-scheme: dark\)/);
    const said = /<b>eval\/loss<\/b>.*?<br>([^<]*)<\/li>/.exec(text)?.[1];
    expect(said).to.match(/^[\d.]+.* n 3 at train\.lr 0\.001; [\d.]+.* n 3.* at train\.lr 0\.003\.$/);
    const order = [
      "<h2>Figures",
      "Figure 1. Loss",
      "<h2>What they say",
      "<h2>Numbers",
      "Numbers of every run",
      "Config",
    ];
    const places = order.map((part) => text.indexOf(part));
    expect(places.includes(-1) ? [] : places, "as a paper is read").to.deep.equal(places.toSorted((a, b) => a - b));
    expect(text.slice(text.indexOf("<h2>Numbers"), text.indexOf("Numbers of every run"))).not.to.contain(">–<");
  });

  it("keeps hostile text as text, in HTML and in Markdown", async () => {
    const charts = [
      {
        section: hostile,
        id: hostile,
        title: hostile,
        description: hostile,
        data: "scalars" as const,
        spec: { mark: "line", title: hostile, data: { url: "file:///etc/passwd" } },
      },
    ];
    const dir = writeSyntheticRun(temp(), { id: "a", name: hostile, charts, config: { [hostile]: hostile }, rows: 30 });
    await report("html", dir);
    expect(html()).not.to.contain("<script");
    expect(html()).not.to.contain("root:");
    expect(html()).not.to.match(invisible);
    await report("md", dir);
    const text = readFileSync(join(temp(), "report.md"), "utf8");
    expect(text).not.to.contain("<script");
    expect(text).to.contain("turned").and.not.match(invisible);
    for (const name of readdirSync(join(temp(), "report-charts")))
      expect(readFileSync(join(temp(), "report-charts", name), "utf8")).not.to.match(invisible);
    expect(text.split("\n").filter((line) => /^#+ y/.test(line))).to.deep.equal([]);
  });

  it("writes Markdown with its charts beside it", async () => {
    const written = await report("md", writeSyntheticRun(temp(), { id: "a", rows: 60, outcome: "finished" }));
    const text = readFileSync(written[0]!, "utf8");
    const pictures = [...text.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, path]) => path!);
    expect(pictures).to.have.length(13);
    for (const path of pictures) expect(existsSync(join(temp(), path)), path).to.equal(true);
  });

  it("draws a PNG, and a report of a damaged run's sound parts", async () => {
    const dir = writeSyntheticRun(temp(), { id: "a", rows: 60, outcome: "finished" });
    damage(dir, "garbage rows");
    damage(dir, "garbage charts");
    await report("png", dir);
    const bytes = readFileSync(join(temp(), "report.png"));
    expect(bytes.subarray(1, 4).toString()).to.equal("PNG");
    expect([bytes.readUInt32BE(16) > 1500, bytes.length > 30_000]).to.deep.equal([true, true]);
  });
});

describe("report in a browser", function () {
  this.timeout(30_000);
  const stage = useStage();

  it("opens from the disk with nothing refused and nothing asked for, and prints", async () => {
    const { root, page, troubles, shot } = stage();
    const dirs = [1, 2].map((seed) =>
      writeSyntheticRun(root, { seed, name: `run ${seed}`, outcome: "finished", rows: 60 }),
    );
    const output = join(root, "report.html");
    await writeReport({ dirs, output, format: "html", indexFolder: root });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(`file://${output}`);
    await page.getByRole("heading", { name: "Numbers" }).waitFor();
    await shot("report");
    expect(troubles).to.deep.equal([]);
    expect(asked).to.deep.equal([`file://${output}`]);
    const pdf = await page.pdf({ format: "A4" });
    expect(pdf.subarray(0, 4).toString()).to.equal("%PDF");
  });
});

describe("sparkline", () => {
  it("goes from the lowest block to the highest, one for each mean of a stretch", () => {
    expect(sparkline([0, 0, 7, 7], 2)).to.equal("▁█");
    expect(sparkline([1, null, 2, 3], 8)).to.equal("▁▅█");
    expect(sparkline([5, 5], 8)).to.equal("▁▁");
    expect(sparkline([null], 8)).to.equal("");
  });
});
