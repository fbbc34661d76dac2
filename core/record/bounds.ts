/** How much of a run directory is read at most: it may come from anybody, and a few megabytes of it must not take a machine down. */

/** Metrics of a run whose numbers are kept; the others are left out, and that is said. 96 layers with every analyzer have 7,000. */
export const mostMetrics = 10_000;
