/** Numbers of metrics for the table and its search: asked for once a column, there when they arrive. */
import type { RunSummary } from "../api.ts";
import type { ColumnValues } from "../columns.ts";
import type { Column } from "../query/columns.ts";
import { askColumn } from "./api.ts";

export class MetricColumns {
  private readonly known = new Map<string, ColumnValues>();
  private readonly asked = new Set<string>();
  private readonly arrived: () => void;

  /** `arrived` is called when a column's values have come. */
  constructor(arrived: () => void) {
    this.arrived = arrived;
  }

  /** A run's number; undefined while it is on its way and where there is none. */
  readonly value = (column: Column, run: RunSummary): unknown => this.known.get(column.id)?.[run.id];

  /** Asks for columns that have not been asked for. */
  want(columns: readonly Column[]): void {
    for (const column of columns) {
      if (this.asked.has(column.id)) continue;
      this.asked.add(column.id);
      askColumn(column).then(
        (values) => {
          this.known.set(column.id, values);
          this.arrived();
        },
        () => this.asked.delete(column.id),
      );
    }
  }

  /** Whether a column's values are there. */
  has({ id }: Column): boolean {
    return this.known.has(id);
  }

  /** Runs have changed: what is known holds until it has been asked for again. */
  stale(): void {
    this.asked.clear();
  }
}
