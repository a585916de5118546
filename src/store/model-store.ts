import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { utf8FromBytes } from "../base/bytes.ts";
import { WraithError } from "../base/errors.ts";
import type { Formats } from "../formats/format.ts";
import { loadModel } from "../model/loaded-model.ts";
import type { LoadedModel, Model, Route, Take, Variant } from "../model/model.ts";
import { formatModel, parseModel } from "../model/symbols.ts";
import { parseTakes } from "../model/take-lines.ts";
import { openBodies, writeBodies } from "./body-files.ts";
import { createLazyMap } from "./lazy-map.ts";
import { withModelLocked } from "./model-lock.ts";
import { formatStamp, learnedIds, STAMP_FILE, stampOf, stampOfTakes } from "./model-stamp.ts";
import { isMissing, type Workspace } from "./workspace.ts";

/** Files that are read or written at once. */
const AT_ONCE = 32;

/**
 * Reads symbols.json and the takes. Throws MODEL_MISSING, MODEL_INVALID (file, line, field).
 *
 * Where all files are as `synth` wrote them, the takes of a variant are looked into when somebody asks for them: a server has its port
 * open before it knows every word that it may have to say. What was edited is checked at once.
 *
 * A model is replaced by renaming two folders. Where a crash came in between, the new one is whole and stands beside.
 */
export async function readModel(workspace: Workspace, formats: Formats): Promise<LoadedModel> {
  const { folder, symbols } = await openModel(workspace);
  const bodies = await openBodies(folder);
  const model = parseModel(symbols, join(folder, "symbols.json"), formats);
  const files = await readTakeFiles(folder, model);
  const stamp = await readStamp(folder);
  const written = stampOfTakes(
    symbols,
    variantsOf(model).map(([, variant]) => files.get(variant)!.bytes),
    bodies.names,
  );
  const takes = createLazyMap(
    new Map(
      [...files].map(([v, { route, file, bytes }]) => [
        v,
        () => parseTakes(textOf(bytes, file), file, route, v, bodies.find),
      ]),
    ),
  );
  if (stamp?.includes(written) !== true) for (const variant of files.keys()) takes.get(variant);
  return loadModel(model, takes, formats, new Map([...files].map(([variant, { bytes }]) => [variant, bytes.length])));
}

/** The ids of all takes that the last `synth` wrote, also of those that a person removed since; empty where nothing tells. */
export async function readLearnedIds({ modelDir }: Workspace): Promise<ReadonlySet<string>> {
  return learnedIds((await readStamp(modelDir)) ?? "");
}

/** A model as it is written: takes, also as `formatTake` has them, and the bodies that they refer to, by name. */
export interface WrittenModel {
  readonly model: Model;
  readonly takes: ReadonlyMap<Variant, readonly Take[]>;
  readonly takeLines: ReadonlyMap<Variant, readonly string[]>;
  readonly bodies: ReadonlyMap<string, Uint8Array>;
}

/**
 * Writes the model folder as a whole: beside the old one, then renamed. Where symbols.json was edited by hand since the last synth it throws MODEL_EDITED, unless `force`, which keeps the edited folder as model.bak. Whoever writes it at the same time is waited for.
 */
export async function writeModel(
  workspace: Workspace,
  written: WrittenModel,
  options: { force: boolean },
): Promise<void> {
  await withModelLocked(workspace, async () => replaceModel(workspace, written, options));
}

async function replaceModel(workspace: Workspace, written: WrittenModel, options: { force: boolean }): Promise<void> {
  const { modelDir, symbolsFile } = workspace;
  await recover(workspace);
  const isEdited = await wasEdited(workspace);
  if (isEdited && !options.force)
    throw new WraithError(
      "MODEL_EDITED",
      "The model was edited by hand since the last synth, and a new one would replace it.",
      { file: symbolsFile },
    );
  const unfinished = `${modelDir}.tmp`;
  try {
    await rm(unfinished, { recursive: true, force: true });
    await writeFolder(unfinished, written);
    await rename(unfinished, nextDir(workspace));
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error instanceof WraithError
      ? error
      : new WraithError(
          "DISK_FAILED",
          `The model cannot be written: ${(error as Error).message}.`,
          { file: modelDir },
          error,
        );
  }
  // From here on a crash leaves a whole model, the old one or the new one.
  const aside = isEdited ? `${modelDir}.bak` : `${modelDir}.old`;
  await rm(aside, { recursive: true, force: true });
  await renameWhereThere(modelDir, aside);
  await rename(nextDir(workspace), modelDir);
  await rm(`${modelDir}.old`, { recursive: true, force: true });
}

function nextDir({ modelDir }: Workspace): string {
  return `${modelDir}.next`;
}

/** Ends what a crash left undone. */
async function recover(workspace: Workspace): Promise<void> {
  const { modelDir, symbolsFile } = workspace;
  if ((await readIfThere(symbolsFile)) === undefined) await renameWhereThere(nextDir(workspace), modelDir);
  else await rm(nextDir(workspace), { recursive: true, force: true });
}

async function writeFolder(folder: string, { model, takes, takeLines, bodies }: WrittenModel): Promise<void> {
  await mkdir(join(folder, "takes"), { recursive: true });
  const written = new Map<Variant, Buffer>();
  await forEachVariant(model, async (_route, variant) => {
    const file = takesFile(folder, variant);
    const bytes = Buffer.from((takeLines.get(variant) ?? []).map((line) => `${line}\n`).join(""));
    written.set(variant, bytes);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  });
  await writeBodies(folder, bodies);
  const symbols = formatModel(model);
  await writeFile(join(folder, "symbols.json"), symbols);
  const all = variantsOf(model).map(([, variant]) => written.get(variant)!);
  const stamp = stampOfTakes(symbols, all, [...bodies.keys()].sort());
  const ids = [...takes.values()].flatMap((list) => list.map(({ id }) => id));
  await writeFile(join(folder, STAMP_FILE), formatStamp(symbols, stamp, ids));
}

/** Whether symbols.json is another one than `synth` wrote; a model without its stamp may be a person's work, too. */
async function wasEdited({ modelDir, symbolsFile }: Workspace): Promise<boolean> {
  const symbols = await readIfThere(symbolsFile);
  if (symbols === undefined) return false;
  const stamp = await readStamp(modelDir);
  return stamp === undefined || !stamp.includes(stampOf(symbols.toString()));
}

async function readStamp(folder: string): Promise<string | undefined> {
  return (await readIfThere(join(folder, STAMP_FILE)))?.toString();
}

async function openModel(workspace: Workspace): Promise<{ folder: string; symbols: string }> {
  // The last look is for a folder that was renamed between the first two.
  for (const folder of [workspace.modelDir, nextDir(workspace), workspace.modelDir]) {
    const file = join(folder, "symbols.json");
    const bytes = await readIfThere(file);
    if (bytes !== undefined) return { folder, symbols: textOf(bytes, file) };
  }
  const place = { file: workspace.symbolsFile };
  if (await isThere(join(workspace.modelDir, "takes")))
    throw new WraithError("MODEL_INVALID", "The model has takes, but its symbols.json is missing.", place);
  throw new WraithError("MODEL_MISSING", `"${workspace.name}" has no model yet.`, place);
}

interface TakeFile {
  readonly route: Route;
  readonly file: string;
  readonly bytes: Buffer;
}

async function readTakeFiles(folder: string, model: Model): Promise<ReadonlyMap<Variant, TakeFile>> {
  const files = new Map<Variant, TakeFile>();
  await forEachVariant(model, async (route, variant) => {
    const file = takesFile(folder, variant);
    const bytes = await readIfThere(file);
    if (bytes !== undefined) files.set(variant, { route, file, bytes });
  });
  const missing = variantsOf(model).filter(([, variant]) => !files.has(variant));
  if (missing.length === 0) return files;
  const [route, variant] = missing[0]!;
  const others = missing.length - 1;
  const whose = `variant ${variant.name} of ${route.route}`;
  throw new WraithError(
    "MODEL_INVALID",
    others === 0
      ? `The file with the takes of ${whose} is missing.`
      : `The files with the takes of ${whose} and of ${others} more variant${others === 1 ? "" : "s"} are missing.`,
    { file: takesFile(folder, variant) },
  );
}

/** The file of a variant's takes. Throws MODEL_INVALID where symbols.json names one that lies elsewhere. */
function takesFile(folder: string, variant: Variant): string {
  const below = join(folder, "takes");
  const file = join(below, ...variant.takesFile.split("/")) + ".jsonl";
  const path = relative(below, file);
  if (!path.startsWith("..") && !path.includes(`${sep}..`)) return file;
  const place = { file: join(folder, "symbols.json") };
  throw new WraithError(
    "MODEL_INVALID",
    `The takes of variant ${variant.name} must lie in model/takes, not at ${variant.takesFile}.`,
    place,
  );
}

function variantsOf(model: Model): readonly (readonly [Route, Variant])[] {
  return model.routes.flatMap((route) => route.variants.map((variant) => [route, variant] as const));
}

async function forEachVariant(model: Model, work: (route: Route, variant: Variant) => Promise<void>): Promise<void> {
  const all = variantsOf(model);
  for (let i = 0; i < all.length; i += AT_ONCE)
    await Promise.all(all.slice(i, i + AT_ONCE).map(([route, variant]) => work(route, variant)));
}

function textOf(bytes: Uint8Array, file: string): string {
  const text = utf8FromBytes(bytes);
  if (text !== undefined) return text;
  throw new WraithError("MODEL_INVALID", "The file is not UTF-8 text.", { file });
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new WraithError("DISK_FAILED", `The model cannot be read: ${(error as Error).message}.`, { file }, error);
  }
}

async function renameWhereThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
