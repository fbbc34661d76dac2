/**
 * The tokenizer in a model's folder: tokenizer.json, or the older vocab.json with merges.txt, which are GPT-2's byte pairs with
 * another vocabulary. Ids are the model's own.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { damagedTokenizer, noTokenizer, reasonOf } from "../../errors/errors.ts";
import { readRegularText } from "../../files/regular-file.ts";

/** Bytes of a file; vocabularies of 256,000 tokens have some tens of megabytes. */
const largest = 256 << 20;

/** A model's own tokenizer. */
export interface HubTokenizer {
  /** The file that it was read from. */
  readonly file: string;
  /** Ids of a text, without special tokens before or behind it. */
  encode(text: string): number[];
  decode(ids: readonly number[]): string;
  /** What the model's family puts before every text, such as `</s>`. */
  readonly leading: readonly number[];
  /** Ids are below it. */
  readonly d_vocab: number;
  /** The id that ends a text; undefined where the folder names none. */
  readonly separator: number | undefined;
}

/** The part of the library that is used. */
interface Encoder {
  encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: number[] };
  decode(ids: number[], options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  get_vocab(withAdded: boolean): ReadonlyMap<string, number>;
}

const token = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();
const settingsSchema = z.looseObject({
  add_bos_token: z.boolean().nullish(),
  add_prefix_space: z.boolean().nullish(),
  bos_token: token,
  eos_token: token,
  unk_token: token,
  pad_token: token,
});
type Settings = z.output<typeof settingsSchema>;

/** Whether a folder has a tokenizer in a form that is known. */
export function hasTokenizer(folder: string): boolean {
  const has = (name: string) => existsSync(join(folder, name));
  return has("tokenizer.json") || (has("vocab.json") && has("merges.txt"));
}

/** Reads the tokenizer of a folder. Throws `weights.invalid`. */
export async function loadHubTokenizer(folder: string): Promise<HubTokenizer> {
  if (!hasTokenizer(folder)) throw noTokenizer(folder);
  const settings = settingsOf(folder);
  const whole = existsSync(join(folder, "tokenizer.json"));
  const file = join(folder, whole ? "tokenizer.json" : "vocab.json");
  const { Tokenizer } = await import("@huggingface/tokenizers");
  try {
    const definition = whole ? jsonOf(file) : bytePairs(folder, settings);
    const tokenizer = new Tokenizer(definition as object, settings) as Encoder; // its own types do not resolve here
    const encode = (text: string, add_special_tokens: boolean) => tokenizer.encode(text, { add_special_tokens }).ids;
    const around = encode("a", true);
    const alone = encode("a", false);
    const before = around.findIndex((_, i) => alone.every((id, j) => around[i + j] === id));
    return {
      file,
      encode: (text) => (text === "" ? [] : encode(text, false)),
      decode: (ids) =>
        ids.length === 0
          ? ""
          : tokenizer.decode([...ids], { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
      leading: around.slice(0, Math.max(0, before)),
      d_vocab: [...tokenizer.get_vocab(true).values()].reduce((most, id) => Math.max(most, id), 0) + 1,
      separator: tokenizer.token_to_id(contentOf(settings.eos_token) ?? gpt2Special),
    };
  } catch (thrown) {
    throw damagedTokenizer(file, reasonOf(thrown), thrown);
  }
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readRegularText(path, largest));
  } catch (thrown) {
    throw damagedTokenizer(path, reasonOf(thrown), thrown);
  }
}

/** What the folder says beside the vocabulary; special tokens may stand in a file of their own. */
function settingsOf(folder: string): Settings {
  const found = ["special_tokens_map.json", "tokenizer_config.json"]
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path));
  let settings: Settings = {};
  for (const path of found) {
    const checked = settingsSchema.safeParse(jsonOf(path));
    if (!checked.success) throw damagedTokenizer(path, checked.error.issues[0]?.message ?? "not what it should be");
    settings = { ...settings, ...checked.data };
  }
  return settings;
}

function contentOf(of: Settings["bos_token"]): string | undefined {
  return typeof of === "string" ? of : of?.content;
}

/** What GPT-2 itself marks documents with; its files do not say so. */
const gpt2Special = "<|endoftext|>";

/** vocab.json and merges.txt in the form of a tokenizer.json. */
function bytePairs(folder: string, settings: Settings): unknown {
  const vocab = z.record(z.string(), z.int().min(0)).parse(jsonOf(join(folder, "vocab.json")));
  const lines = readRegularText(join(folder, "merges.txt"), largest).split("\n");
  const merges = lines.filter((line) => line !== "" && !line.startsWith("#version"));
  const named = [settings.bos_token, settings.eos_token, settings.unk_token, settings.pad_token].map(contentOf);
  const special = [...new Set([...named, named.some(Boolean) ? undefined : gpt2Special])].filter(
    (one): one is string => one !== undefined && Object.hasOwn(vocab, one),
  );
  const bos = contentOf(settings.bos_token);
  const leads = settings.add_bos_token === true && bos !== undefined && Object.hasOwn(vocab, bos);
  const sequence = { Sequence: { id: "A", type_id: 0 } };
  return {
    version: "1.0",
    added_tokens: special.map((content) => ({
      id: vocab[content],
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: settings.add_prefix_space ?? false, trim_offsets: true },
    post_processor: leads
      ? {
          type: "TemplateProcessing",
          single: [{ SpecialToken: { id: bos, type_id: 0 } }, sequence],
          pair: [sequence, { Sequence: { id: "B", type_id: 1 } }],
          special_tokens: { [bos]: { id: bos, ids: [vocab[bos]], tokens: [bos] } },
        }
      : null,
    decoder: { type: "ByteLevel" },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      vocab,
      merges,
    },
  };
}
