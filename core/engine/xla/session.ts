/** A client, the devices of it that are used, and the order in which work is handed to them. */
import type { NDArray } from "../../arrays/ndarray.ts";
import { dtypeOf } from "../spec.ts";
import type { Client, Copy, Device } from "./pjrt/client.ts";
import type { Address } from "./pjrt/memory.ts";

export class Session {
  readonly client: Client;
  readonly devices: readonly Device[];
  /** Done when all that was asked for so far has been handed over. */
  private turn: Promise<unknown> = Promise.resolve();
  /** Done when all copies that were asked for so far have come. */
  private copies: Promise<unknown> = Promise.resolve();

  constructor(client: Client, devices: readonly Device[]) {
    this.client = client;
    this.devices = devices;
  }

  /** Runs `work` once everything asked for before it has been handed over. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => {});
    return result;
  }

  /** Waits for a copy behind all that were asked for before: one thread waits, however many steps are ahead. */
  copied(copy: Copy): Promise<void> {
    const result = this.copies.then(() => this.client.copied(copy));
    this.copies = result.catch(() => {});
    return result;
  }

  /** A copy of an array on each device; where it is split, each has its own part along the first axis. */
  upload({ shape, data }: NDArray, split: boolean): Address[] {
    const type = dtypeOf(data);
    const count = split ? this.devices.length : 1;
    const part = split ? shape.with(0, shape[0]! / count) : shape;
    const length = data.length / count;
    return this.devices.map((device, i) =>
      this.client.upload(split ? data.subarray(i * length, (i + 1) * length) : data, type, part, device),
    );
  }

  drop(buffers: Iterable<Address>): void {
    for (const buffer of buffers) this.client.drop(buffer);
  }
}
