/** The charts of a page: fetched when they come into view, kept up to date while they are there. */
import type { LiveChart } from "./chart-context.ts";
import { announce } from "./dom.ts";

export class LiveCharts {
  private readonly visible = new Set<LiveChart>();
  private readonly stale = new Set<LiveChart>();
  private byElement = new Map<Element, LiveChart>();
  private readonly observer: IntersectionObserver;

  constructor() {
    this.observer = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: "300px" });
  }

  /** These charts from now on; those before are destroyed. Nothing is asked for before `start`. */
  replace(charts: readonly LiveChart[]): void {
    this.clear();
    this.byElement = new Map(charts.map((chart) => [chart.element, chart]));
    for (const chart of charts) this.stale.add(chart);
  }

  /** Watches them, once they stand in the page. */
  start(): void {
    for (const element of this.byElement.keys()) this.observer.observe(element);
  }

  get all(): readonly LiveChart[] {
    return [...this.byElement.values()];
  }

  /** Every chart needs new data; those out of sight get theirs when they come into view. */
  refresh(): void {
    for (const chart of this.byElement.values()) {
      // A chart that has nothing to show takes no room, so that it never comes into view.
      if (this.visible.has(chart) || chart.element.dataset.empty !== undefined) this.update(chart);
      else this.stale.add(chart);
    }
  }

  /** Draws again what has been fetched. */
  redraw(): void {
    for (const chart of this.byElement.values()) if (!this.stale.has(chart)) chart.redraw();
  }

  destroy(): void {
    this.clear();
    this.observer.disconnect();
  }

  private clear(): void {
    for (const [element, chart] of this.byElement) {
      this.observer.unobserve(element);
      chart.destroy();
    }
    this.byElement.clear();
    this.visible.clear();
    this.stale.clear();
  }

  private seen(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const chart = this.byElement.get(target);
      if (!chart) continue;
      if (!isIntersecting) this.visible.delete(chart);
      else {
        this.visible.add(chart);
        if (this.stale.delete(chart)) this.update(chart);
      }
    }
  }

  private update(chart: LiveChart): void {
    this.stale.delete(chart);
    chart.update().catch((thrown: unknown) => announce(`A chart could not be drawn: ${thrown}`));
  }
}
