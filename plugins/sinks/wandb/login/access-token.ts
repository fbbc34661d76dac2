/** Logins by an identity token: a JWT in a file, which the server exchanges for access tokens (RFC 7523; wandb: core/internal/api/credentials.go). */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Patience, requestUntilDone, UploadError } from "../http/retry.ts";
import type { HttpReply, Transport } from "../http/transport.ts";

/** The files of such a login. */
export interface IdentityFiles {
  /** Holds the JWT; read anew for each exchange, for it may be short-lived and replaced. */
  readonly tokenFile: string;
  /** Keeps access tokens by server between processes, those of W&B's own client too. */
  readonly credentialsFile: string;
}

interface AccessToken {
  readonly access_token: string;
  /** UTC, `2026-01-02 03:04:05`. */
  readonly expires_at: string;
}

/** A token that has less than this left, ms, is exchanged before it is used. */
const margin = 5 * 60_000;
const exchangeTimeout = 10_000;
const exchangeAttempts = 4;

/** Gives the access token of an account, exchanging the identity token whenever the last one is about to expire. */
export class AccessTokens {
  readonly #baseUrl: string;
  readonly #files: IdentityFiles;
  readonly #transport: Transport;
  #token: AccessToken | undefined;

  constructor(baseUrl: string, files: IdentityFiles, transport: Transport) {
    this.#baseUrl = baseUrl;
    this.#files = files;
    this.#transport = transport;
  }

  /** Rejects with an UploadError that names no token. */
  async current(patience: Patience): Promise<string> {
    if (this.#fresh(this.#token)) return this.#token.access_token;
    const stored = this.#stored()[this.#baseUrl];
    this.#token = this.#fresh(stored) ? stored : await this.#exchange(patience);
    return this.#token.access_token;
  }

  #fresh(token: AccessToken | undefined): token is AccessToken {
    if (typeof token?.access_token !== "string" || token.access_token === "") return false;
    const expires = Date.parse(`${String(token.expires_at).replace(" ", "T")}Z`);
    return expires - this.#transport.date() > margin;
  }

  async #exchange(patience: Patience): Promise<AccessToken> {
    const request = {
      method: "POST",
      url: `${this.#baseUrl}/oidc/token`,
      headers: { "Content-Type": "application/x-www-form-urlencoded", "User-Agent": "reluscope" },
      body: `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=${encodeURIComponent(this.#identity())}`,
      timeoutMs: exchangeTimeout,
    } as const;
    const limited = { ...patience, attempts: Math.min(patience.attempts, exchangeAttempts) };
    const { token, seconds } = await requestUntilDone(this.#transport, request, limited, accessOf, rejection);
    const expires = new Date(this.#transport.date() + seconds * 1000);
    const made = { expires_at: expires.toISOString().slice(0, 19).replace("T", " "), access_token: token };
    this.#store(made);
    return made;
  }

  #identity(): string {
    try {
      return readFileSync(this.#files.tokenFile, "utf8").trim();
    } catch {
      throw new UploadError("refused", `the identity token file ${this.#files.tokenFile} cannot be read`);
    }
  }

  #stored(): Record<string, AccessToken> {
    try {
      const { credentials } = JSON.parse(readFileSync(this.#files.credentialsFile, "utf8")) as {
        credentials?: Record<string, AccessToken>;
      };
      return typeof credentials === "object" && credentials !== null ? credentials : {};
    } catch {
      return {};
    }
  }

  /** For its owner alone to read. One that cannot be kept is exchanged again by the next process. */
  #store(token: AccessToken): void {
    const path = this.#files.credentialsFile;
    const aside = `${path}.${process.pid}.new`;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const credentials = { ...this.#stored(), [this.#baseUrl]: token };
      writeFileSync(aside, JSON.stringify({ credentials }, null, 2), { mode: 0o600 });
      renameSync(aside, path);
    } catch {
      if (existsSync(aside)) rmSync(aside);
    }
  }
}

function accessOf({ text }: HttpReply): { token: string; seconds: number } {
  const { access_token: token, expires_in: seconds } = JSON.parse(text) as Record<string, unknown>;
  if (typeof token !== "string" || token === "" || typeof seconds !== "number" || !Number.isFinite(seconds)) {
    throw new Error("an answer without access token");
  }
  return { token, seconds };
}

/** Every 4xx but 429 is the server's last word. Of what it says only OAuth's error code is repeated: the rest may hold the token. */
function rejection({ status, text }: HttpReply): UploadError | undefined {
  if (status < 400 || status >= 500 || status === 429) return undefined;
  const code = /"error"\s*:\s*"([a-z_]{1,40})"/.exec(text)?.[1];
  const detail = code === undefined ? "" : `, ${code}`;
  return new UploadError("refused", `the identity token is refused (HTTP ${status}${detail})`);
}
