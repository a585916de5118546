import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { EXIT, formatPlace, WraithError } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import { createFormats } from "../formats/index.ts";
import type { Formats } from "../formats/format.ts";
import { keyIdOf } from "../recording/scrub-tokens.ts";
import type { ScrubRules } from "../recording/scrub-rules.ts";
import { readConfig, type Config } from "../store/config.ts";
import { readDriftRules } from "../store/drift-config.ts";
import { KEY_FILE } from "../store/initial-files.ts";
import { findKeyFile, isCi } from "../store/keys.ts";
import { readSchemaSources } from "../store/schemas.ts";
import { readScrubRules } from "../store/scrub-config.ts";
import { listTwins, openWorkspace, type Workspace } from "../store/workspace.ts";
import { examineModel, examineRecordings, findLeftovers } from "./doctor-recordings.ts";
import { findModelSecrets } from "./find-model-secrets.ts";
import { count, type Attempt, type Finding } from "./finding.ts";
import { findSecret, keyNotice, recordedKeys } from "./open-scrubber.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What `wraith doctor` found. */
export interface Diagnosis {
  readonly tool: string;
  readonly node: string;
  readonly machine: readonly Finding[];
  readonly twins: readonly { readonly twin: string; readonly findings: readonly Finding[] }[];
  /** 0 all is well, 1 something is to be corrected, 3 a secret stands in clear on the disk. */
  readonly exitCode: number;
}

/** The oldest Node that is supported: major and minor. */
const OLDEST_NODE = [20, 19] as const;
const DEFAULT_PORTS = [8080, 8081];

/** Looks at one twin, or at all of them and at the machine. Throws NAME_INVALID, WORKSPACE_MISSING for a name. */
export async function diagnose(options: {
  readonly root: string;
  readonly name?: string | undefined;
  readonly env: Environment;
  readonly onProgress?: ((text: string) => void) | undefined;
}): Promise<Diagnosis> {
  const { root, name, env } = options;
  const machine = name === undefined ? await examineMachine() : [];
  const names = name === undefined ? await listTwins(root) : [name];
  const twins: { twin: string; findings: readonly Finding[] }[] = [];
  for (const twin of names) {
    options.onProgress?.(`looking at ${twin}`);
    twins.push({ twin, findings: await examineTwin(await openWorkspace(root, twin), env) });
  }
  const all = [...machine, ...twins.flatMap((t) => t.findings)];
  const exitCode = all.some((f) => f.level === "secret")
    ? EXIT.security
    : all.some((f) => f.level === "problem")
      ? EXIT.user
      : 0;
  return { tool: `wraith ${VERSION}`, node: process.version, machine, twins, exitCode };
}

async function examineMachine(): Promise<readonly Finding[]> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  const findings: Finding[] = [
    isOld
      ? { level: "problem", area: "machine", text: `Node ${process.version} is older than ${OLDEST_NODE.join(".")}.` }
      : { level: "ok", area: "machine", text: `Node ${process.version}.` },
  ];
  for (const port of DEFAULT_PORTS)
    findings.push(
      (await isFree(port))
        ? { level: "ok", area: "machine", text: `Port ${port} is free.` }
        : { level: "note", area: "machine", text: `Port ${port} is in use: choose another --port, or --port 0.` },
    );
  return findings;
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

async function examineTwin(workspace: Workspace, env: Environment): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const attempt = async <T>(area: Finding["area"], work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      findings.push(problemOf(area, error));
      return undefined;
    }
  };
  const config = await attempt("config", async () => readConfig(workspace));
  if (config !== undefined) findings.push({ level: "ok", area: "config", text: `wraith.toml: ${config.baseUrl}.` });
  const rules = await attempt("rules", async () => readScrubRules(workspace));
  if (rules !== undefined) findings.push({ level: "ok", area: "rules", text: describeRules(rules) });
  await attempt("drifts", async () => {
    const { length } = await readDriftRules(workspace);
    if (length > 0) findings.push({ level: "ok", area: "drifts", text: `drift.toml: ${count(length, "drift")}.` });
  });
  await attempt("key", async () => void findings.push(...(await examineKey(workspace, env))));
  const formats = await examineSchemas(workspace, config, findings, attempt);
  const seen = await examineRecordings(workspace, formats, rules, findings, attempt);
  if (formats !== undefined) await examineModel(workspace, formats, seen, findings, attempt);
  if (formats !== undefined && rules !== undefined) {
    const found = await findModelSecrets(workspace, rules, formats);
    for (const { where, rule } of found)
      findings.push({
        level: "secret",
        area: "secrets",
        text: `The model holds what ${rule} would replace.`,
        place: where,
      });
    if (found.length === 0 && seen.secrets === 0)
      findings.push({ level: "ok", area: "secrets", text: "No secret found in recordings and model." });
  }
  findings.push(...(await findLeftovers(workspace)));
  return findings;
}

function problemOf(area: Finding["area"], error: unknown): Finding {
  if (!(error instanceof WraithError)) return { level: "problem", area, text: `${(error as Error).message}.` };
  const place = formatPlace(error.place);
  return { level: "problem", area, text: `${error.message} ${error.help}`, place: place === "" ? undefined : place };
}

function describeRules({ rules, cardNumbers, knownKeys }: ScrubRules): string {
  const off = [...(cardNumbers ? [] : ["card numbers"]), ...(knownKeys ? [] : ["known keys"])];
  const own =
    rules.length === 0 ? "the built-in rules" : `the built-in rules and ${count(rules.length, "rule")} of its own`;
  return `scrub.toml: ${own}${off.length === 0 ? "" : `; switched off: ${off.join(", ")}`}.`;
}

async function examineKey(workspace: Workspace, env: Environment): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const fromFile = await findKeyFile(workspace.dir);
  const secret = await findSecret(workspace, env);
  if (secret !== undefined) {
    const from = secret === env["WRAITH_HMAC_KEY"] ? "WRAITH_HMAC_KEY" : KEY_FILE;
    findings.push({ level: "ok", area: "key", text: `Key ${keyIdOf(secret)}, from ${from}.` });
    const notice = keyNotice(await recordedKeys(workspace), keyIdOf(secret));
    if (notice !== undefined) findings.push({ level: "note", area: "key", text: notice });
  } else if (isCi(env))
    findings.push({
      level: "note",
      area: "key",
      text: "CI=true without WRAITH_HMAC_KEY: no token can be made, and the first secret ends with exit code 3.",
    });
  else findings.push({ level: "ok", area: "key", text: "No key yet; the first recording makes one." });
  if (fromFile === undefined) return findings;
  const file = join(workspace.dir, KEY_FILE);
  if (process.platform !== "win32" && ((await stat(file)).mode & 0o077) !== 0)
    findings.push({ level: "problem", area: "key", text: "Others may read the key: chmod 600.", place: file });
  const ignored = await readFile(join(workspace.dir, ".gitignore"), "utf8").catch(() => "");
  if (!ignored.split(/\r?\n/).some((line) => line.trim().replace(/^\//, "") === KEY_FILE))
    findings.push({
      level: "problem",
      area: "key",
      text: `Git does not ignore the key: add ${KEY_FILE} to .gitignore.`,
      place: file,
    });
  return findings;
}

async function examineSchemas(
  workspace: Workspace,
  config: Config | undefined,
  findings: Finding[],
  attempt: Attempt,
): Promise<Formats | undefined> {
  const none = { protoFiles: [], descriptorSets: [], maxMessageBytes: 10 * 1024 * 1024 };
  if (config === undefined) return createFormats(none);
  const known = await attempt("schemas", async () => {
    const sources = await readSchemaSources(workspace, config);
    const formats = createFormats(sources);
    const files = sources.protoFiles.length + sources.descriptorSets.length;
    findings.push({
      level: "ok",
      area: "schemas",
      text: files === 0 ? "No schemas." : `${count(files, "schema file")} can be read.`,
    });
    return formats;
  });
  // What can be looked at without schemas still is.
  return known ?? createFormats(none);
}
