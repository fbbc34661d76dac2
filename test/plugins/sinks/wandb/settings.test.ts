import { expect } from "chai";
import { optionsSchema } from "../../../../plugins/sinks/wandb/login/options.ts";
import { resolveSettings } from "../../../../plugins/sinks/wandb/login/settings.ts";
import type { Surroundings } from "../../../../plugins/sinks/wandb/login/surroundings.ts";
import { thrownBy } from "../../../helpers/thrown.ts";

const key = "0123456789abcdef0123456789abcdef01234567";

function around(files: Record<string, string> = {}, env: Record<string, string> = {}): Surroundings {
  return { env, cwd: "/project", home: "/home/me", readText: (path) => files[path] };
}

const global = "/home/me/.config/wandb/settings";
const workspace = "/project/wandb/settings";

describe("resolveSettings", () => {
  it("takes options over variables over the workspace's file over the user's file over defaults", () => {
    const files = {
      [global]: "[default]\nproject = g\nentity = g\nrun_group = g\nbase_url = http://g.test\n",
      [workspace]: "[default]\nproject: w\nentity: w\nrun_group: w\n",
    };
    const env = { WANDB_PROJECT: "e", WANDB_ENTITY: "e" };
    const found = resolveSettings({ project: "o" }, around(files, env));
    expect(found).to.include({ project: "o", entity: "e", group: "w", baseUrl: "http://g.test", notes: "" });
    expect(resolveSettings({}, around())).to.include({ project: "reluscope", baseUrl: "https://api.wandb.ai" });
  });

  it("reads every variable that W&B's client has for what is logged here", () => {
    const env = {
      WANDB_NAME: "n",
      WANDB_NOTES: "two\nlines",
      WANDB_TAGS: "a, b,,c",
      WANDB_JOB_TYPE: "j",
      WANDB_SWEEP_ID: "s1",
      WANDB_RUN_GROUP: "g",
      WANDB_RUN_ID: "r1",
      WANDB_DIR: "/scratch",
      WANDB_BASE_URL: "https://api.wandb.corp.example/",
      WANDB_MODE: "dryrun",
    };
    expect(resolveSettings({}, around({}, env))).to.deep.include({
      name: "n",
      notes: "two\nlines",
      tags: ["a", "b", "c"],
      jobType: "j",
      sweepId: "s1",
      group: "g",
      id: "r1",
      dir: "/scratch",
      baseUrl: "https://api.wandb.corp.example",
      appUrl: "https://wandb.corp.example",
      mode: "offline",
    });
  });

  it("reads the settings file of WANDB_CONFIG_DIR, and the workspace's under WANDB_DIR", () => {
    const files = { "/conf/settings": "[default]\nentity=c\n", "/scratch/wandb/settings": "[default]\nproject=s\n" };
    const env = { WANDB_CONFIG_DIR: "/conf", WANDB_DIR: "/scratch" };
    expect(resolveSettings({}, around(files, env))).to.include({ entity: "c", project: "s" });
  });

  it("takes the key from WANDB_API_KEY, else netrc by host and port, else a settings file", () => {
    const netrc = `machine other login user password no\nmachine localhost:8080\n  login user\n  password ${key}\n`;
    const files = { "/home/me/.netrc": netrc, [global]: "[default]\napi_key = from-file\n" };
    const local = { base_url: "http://localhost:8080" };
    expect(resolveSettings(local, around(files, { WANDB_API_KEY: "from-env" })).key).to.equal("from-env");
    expect(resolveSettings(local, around(files)).key).to.equal(key);
    expect(resolveSettings({ base_url: "http://localhost:8081" }, around(files)).key).to.equal("from-file");
    const elsewhere = { "/n": 'machine api.wandb.ai login user password "with \\"quotes\\""' };
    expect(resolveSettings({}, around(elsewhere, { NETRC: "/n" })).key).to.equal('with "quotes"');
    expect(resolveSettings({}, around({ "/home/me/_netrc": `default login user password ${key}` })).key).to.equal(key);
  });

  it("takes keys of any length and form", () => {
    for (const one of [key, `local-${key}`, `wandb_v1_${"x".repeat(77)}`, "a.b.c"]) {
      expect(resolveSettings({}, around({}, { WANDB_API_KEY: ` ${one}\n` }))).to.include({ key: one, mode: "online" });
    }
  });

  it("goes offline without a key, with one line that says what to do", () => {
    for (const options of [{}, { mode: "online" } as const]) {
      const found = resolveSettings(options, around());
      expect(found.mode).to.equal("offline");
      expect(found.hint)
        .to.match(/^W&B: no API key, so the run is logged offline\. Set WANDB_API_KEY/)
        .and.not.include("\n");
    }
    expect(resolveSettings({ mode: "offline" }, around()).hint).to.equal(undefined);
    expect(resolveSettings({ mode: "disabled" }, around())).to.include({ mode: "disabled", hint: undefined });
  });

  describe("the mode", () => {
    const modeOf = (env: Record<string, string>, file?: string) =>
      resolveSettings({}, around(file === undefined ? {} : { [workspace]: file }, { WANDB_API_KEY: key, ...env })).mode;
    const faultOf = (env: Record<string, string>, file?: string) => thrownBy(() => modeOf(env, file)).message;

    it("is the one that sends less, of the config, which may be another's, and the user's own", () => {
      const modeOf = (mode: "online" | "offline" | "disabled", env: Record<string, string>, file?: string) =>
        resolveSettings(
          { mode },
          around(file === undefined ? {} : { [workspace]: file }, { WANDB_API_KEY: key, ...env }),
        ).mode;
      expect(modeOf("online", { WANDB_MODE: "offline" })).to.equal("offline");
      expect(modeOf("online", { WANDB_MODE: "disabled" })).to.equal("disabled");
      expect(modeOf("online", { WANDB_DISABLED: "true" })).to.equal("disabled");
      expect(modeOf("online", {}, "[default]\nmode = offline\n")).to.equal("offline");
      expect(modeOf("online", { WANDB_MODE: "online" })).to.equal("online");
      expect(modeOf("offline", { WANDB_MODE: "online" })).to.equal("offline");
      expect(modeOf("disabled", { WANDB_MODE: "online" })).to.equal("disabled");
    });

    it("is what W&B's words say, whatever blanks and case", () => {
      expect(modeOf({})).to.equal("online");
      expect(modeOf({ WANDB_MODE: "offline " })).to.equal("offline");
      expect(modeOf({ WANDB_MODE: "DryRun" })).to.equal("offline");
    });

    it("is disabled by WANDB_DISABLED, and offline by the settings that `wandb offline` writes", () => {
      for (const yes of ["true", "1", "YES", " on"]) expect(modeOf({ WANDB_DISABLED: yes })).to.equal("disabled");
      expect(modeOf({ WANDB_DISABLED: "true", WANDB_MODE: "online" })).to.equal("disabled");
      expect(modeOf({ WANDB_DISABLED: "false" })).to.equal("online");
      expect(modeOf({}, "[default]\ndisabled = true\n")).to.equal("offline");
      expect(modeOf({}, "[default]\ndisabled = true\nmode = disabled\n")).to.equal("disabled");
    });

    it("is never online by a word that is not understood: the run does not start", () => {
      expect(faultOf({ WANDB_MODE: "ofline" })).to.equal(
        "WANDB_MODE: expected online, offline or disabled, got `ofline`.",
      );
      expect(faultOf({ WANDB_DISABLED: "ja" })).to.equal("WANDB_DISABLED: expected true or false, got `ja`.");
      expect(faultOf({}, "[default]\nmode = none\n")).to.match(/wandb\/settings: mode: expected online, offline/);
      expect(faultOf({ WANDB_MODE: "constructor" })).to.match(/^WANDB_MODE: expected/);
    });
  });

  for (const [name, options, message] of [
    ["a project with a slash", { project: "a/b" }, "sinks.wandb.project: expected at most 128 characters"],
    ["a run id with a colon", { id: "a:b" }, "sinks.wandb.id: expected 1 to 128 characters"],
    ["a run id that leaves its folder", { id: "../x" }, "sinks.wandb.id"],
    ["an empty tag", { tags: [""] }, "sinks.wandb.tags: expected tags of 1 to 64 characters"],
    ["a long tag", { tags: ["x".repeat(65)] }, "sinks.wandb.tags"],
    ["an address without scheme", { base_url: "wandb.corp" }, "sinks.wandb.base_url"],
    ["W&B's page for its API", { base_url: "https://wandb.ai" }, "expected https://api.wandb.ai"],
    ["a file for a server", { base_url: "file:///etc/passwd" }, "expected an http or https address"],
  ] as const) {
    it(`refuses ${name}`, () => {
      const error = thrownBy(() => resolveSettings(options as never, around()));
      expect(error.code).to.equal("config.invalid");
      expect(error.message).to.include(message);
    });
  }

  it("never repeats a key or password in an error", () => {
    const error = thrownBy(() => resolveSettings({ base_url: `https://me:${key}@api.wandb.ai` }, around()));
    expect(error.message).to.include("sinks.wandb.base_url").and.not.include(key);
  });
});

describe("optionsSchema", () => {
  it("has a description for every key, and refuses unknown ones", () => {
    for (const [name, schema] of Object.entries(optionsSchema.shape))
      expect(schema.description, name).to.be.a("string");
    expect(optionsSchema.safeParse({ api_key: key }).success).to.equal(false);
    expect(optionsSchema.safeParse({ bins: 513 }).success).to.equal(false);
  });
});
