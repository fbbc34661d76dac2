/** What is pointed at, shared by all charts of a page and the legend: a position along training, and a run or group. */
export interface Pointed {
  /** Position on the x axis, for the cursors of other charts. */
  readonly x: number | undefined;
  readonly subject: string | undefined;
}

type Listener = (pointed: Pointed) => void;

export class Focus {
  private listeners: Listener[] = [];
  private current: Pointed = { x: undefined, subject: undefined };
  private kept: string | undefined;

  /** The subject that is to stand out: the one pointed at, else the one that was picked. */
  get subject(): string | undefined {
    return this.current.subject ?? this.kept;
  }

  get picked(): string | undefined {
    return this.kept;
  }

  point(pointed: Partial<Pointed>): void {
    const next = { ...this.current, ...pointed };
    if (next.x === this.current.x && next.subject === this.current.subject) return;
    this.current = next;
    this.tell();
  }

  /** Picks a subject until it is picked again. */
  pick(subject: string | undefined): void {
    this.kept = this.kept === subject ? undefined : subject;
    this.tell();
  }

  /** Until the answer is called. */
  listen(listener: Listener): () => void {
    this.listeners = [...this.listeners, listener];
    return () => {
      this.listeners = this.listeners.filter((one) => one !== listener);
    };
  }

  private tell(): void {
    const told = { x: this.current.x, subject: this.subject };
    for (const listener of this.listeners) listener(told);
  }
}
