import { expect } from "chai";
import { withoutSecrets, withSecretsOf } from "../../../core/config/secrets.ts";
import { createProject } from "./project.ts";

describe("withoutSecrets", () => {
  it("hides values by their key, at any depth", () => {
    const options = {
      api_key: "s3cret",
      apiKey: "s3cret",
      "api-key": "s3cret",
      WANDB_API_KEY: "s3cret",
      token: "s3cret",
      access_token: "s3cret",
      authToken: 123456,
      password: "s3cret",
      client_secret: { part: "s3cret" },
      list: [{ token: "s3cret" }],
      base_url: "https://me:s3cret@host/path",
    };
    const text = JSON.stringify(withoutSecrets({ sinks: { wandb: options } }));
    expect(text).not.to.include("s3cret");
    expect(text).not.to.include("123456");
    expect(text).to.include("https://[secret]@host/path");
    expect(text.match(/\[secret\]/g)).to.have.length(Object.keys(options).length);
  });

  it("hides them under every usual name, in the parameters of addresses and in headers", () => {
    const options = {
      Authorization: "s3cret",
      "X-Auth": "s3cret",
      pwd: "s3cret",
      auth: { user: "s3cret" },
      credentials: ["s3cret"],
      signing_key: "s3cret",
      sshKey: "s3cret",
      key: "s3cret",
      Cookie: "s3cret",
      slack_webhook: "https://hooks/s3cret",
      url: "https://host/path?api_key=s3cret&page=2",
      mirror: "see https://me:s3cret@host and https://you:s3cret@host",
      signed: "https://host/x?sig=s3cret#part",
      headers: ["Authorization: Bearer s3cret-s3cret", "X-Api-Key: s3cret", "Accept: text/plain"],
      command: "curl -H Bearer s3cret-s3cret",
    };
    const text = JSON.stringify(withoutSecrets({ sinks: { own: options } }));
    expect(text).not.to.include("s3cret");
    expect(text).to.include("https://host/path?api_key=[secret]&page=2").and.include("Accept: text/plain");
    expect(withSecretsOf(withoutSecrets({ sinks: { own: options } }), { sinks: { own: options } })).to.deep.equal({
      sinks: { own: options },
    });
  });

  it("leaves what only sounds like one", () => {
    const config = {
      data: { tokenizer: "gpt2", corpus: { tokens: { file: "x.bin", n_tokens: 5, eos_token: "<|end|>" } } },
      analyzers: { "token-sparsity": { every: 1 }, token: { every: 2 }, secret: { use_token: true } },
      sinks: {
        x: { token: null, secret: "", secrets_file: "path", monkey: 1, mail: "a@b.c", url: "https://host/@me" },
        y: { sort_key: "step", page: "https://host/?page=2&keys=3", bypass: "a", note: "basic: yes", author: "me" },
      },
    };
    expect(withoutSecrets(config)).to.deep.equal(config);
  });

  it("changes nothing in the config itself", () => {
    const config = { sinks: { x: { token: "s3cret" } } };
    withoutSecrets(config);
    expect(config.sinks.x.token).to.equal("s3cret");
  });
});

describe("withSecretsOf", () => {
  const config = {
    train: { lr: 1 },
    sinks: { x: { api_key: "s3cret", url: "https://me:s3cret@host", list: [{ token: "s3cret" }] }, y: { token: "t" } },
  };

  it("restores what withoutSecrets hid, from the config that holds it", () => {
    expect(withSecretsOf(withoutSecrets(config), config)).to.deep.equal(config);
  });

  it("leaves out secrets that are not to be had, and takes nothing else over", () => {
    const other = { train: { lr: 2 }, sinks: { x: { api_key: "new", url: "https://me:s3cret@other" } } };
    expect(withSecretsOf(withoutSecrets(config), other)).to.deep.equal({
      train: { lr: 1 },
      sinks: { x: { api_key: "new", list: [{}] }, y: {} },
    });
    expect(withSecretsOf(withoutSecrets(config), undefined).train).to.deep.equal({ lr: 1 });
  });
});

describe("secrets in errors", () => {
  const project = createProject();
  it("are not printed", async () => {
    const flags = { set: ["train.password=s3cret", "train.token.x=s3cret"], short: {} };
    expect((await project.faults({ flags })).join()).not.to.include("s3cret");
  });
});
