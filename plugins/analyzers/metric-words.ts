/** Sentences that the analyzers' metrics share. */
import { gatheredAnalyses } from "../../statistics/gathered.ts";

const over = `of ${"`NAME`"} over the last ${gatheredAnalyses} analysed batches`;
const caveat =
  "By differences between neighbours in time, so that it holds for windows of this text and batches of this size; it says nothing about other seeds (`experiment contrast` does). NaN where the statistic does not move; not given before.";

/** Meanings of a gathered statistic and the ends of its interval. */
export const gathered = {
  mean: (name: string) => `Mean ${over.replace("NAME", name)}, first given at the ${gatheredAnalyses}th.`,
  low: (name: string) => `Lower end of the 95 % interval ${over.replace("NAME", name)}. ${caveat}`,
  high: (name: string) => `Upper end of the 95 % interval ${over.replace("NAME", name)}.`,
};
