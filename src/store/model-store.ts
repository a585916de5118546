import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { concatBytes, utf8FromBytes } from "../base/bytes.ts";
import { digest } from "../base/digest.ts";
import { WraithError } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import type { Formats } from "../formats/format.ts";
import { loadModel } from "../model/loaded-model.ts";
import type { LoadedModel, Model, Route, Variant } from "../model/model.ts";
import { formatModel, parseModel } from "../model/symbols.ts";
import { parseTakes } from "../model/take-lines.ts";
import { openBodies, writeBodies } from "./body-files.ts";
import { createLazyMap } from "./lazy-map.ts";
import { isMissing, type Workspace } from "./workspace.ts";

/** Beside symbols.json: digests of what `synth` wrote, to tell whether a person has edited it since. */
const STAMP_FILE = "synth.json";
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
  const files = new Map<Variant, { readonly route: Route; readonly file: string; readonly bytes: Buffer }>();
  await forEachVariant(model, async (route, variant) => {
    const file = takesFile(folder, variant);
    files.set(variant, { route, file, bytes: await readTakes(file, route, variant) });
  });
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
  return loadModel(model, takes, formats);
}

/** A model as it is written: takes as `formatTake` has them, and the bodies that they refer to, by name. */
export interface WrittenModel {
  readonly model: Model;
  readonly takeLines: ReadonlyMap<Variant, readonly string[]>;
  readonly bodies: ReadonlyMap<string, Uint8Array>;
}

/**
 * Writes the model folder as a whole: beside the old one, then renamed. Where symbols.json was edited by hand since the last synth it throws MODEL_EDITED, unless `force`, which keeps the edited folder as model.bak.
 */
export async function writeModel(
  workspace: Workspace,
  written: WrittenModel,
  options: { force: boolean },
): Promise<void> {
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

async function writeFolder(folder: string, { model, takeLines, bodies }: WrittenModel): Promise<void> {
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
  const stamp = { wraith: 1, symbols: stampOf(symbols), takes: stampOfTakes(symbols, all, [...bodies.keys()].sort()) };
  await writeFile(join(folder, STAMP_FILE), `${JSON.stringify(stamp)}\n`);
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

/**
 * Digest of all take files, in the order of the variants, and of the names of bodies, which say what is in them. The symbols that they speak of are in it, and the program that wrote them:
 * another one may know of more mistakes.
 */
function stampOfTakes(symbols: string, files: readonly Uint8Array[], bodies: readonly string[]): string {
  const lengths = files.map((f) => f.length).join(" ");
  const head = `${VERSION} ${stampOf(symbols)} ${lengths} ${bodies.join(" ")}\n`;
  return digest(concatBytes([Buffer.from(head), ...files]), 64);
}

/** Digest of symbols.json; git may have changed its line ends. */
function stampOf(symbols: string): string {
  return digest(symbols.replaceAll("\r\n", "\n"), 64);
}

async function openModel(workspace: Workspace): Promise<{ folder: string; symbols: string }> {
  // The last look is for a folder that was renamed between the first two.
  for (const folder of [workspace.modelDir, nextDir(workspace), workspace.modelDir]) {
    const file = join(folder, "symbols.json");
    const bytes = await readIfThere(file);
    if (bytes !== undefined) return { folder, symbols: textOf(bytes, file) };
  }
  throw new WraithError("MODEL_MISSING", `"${workspace.name}" has no model yet.`, { file: workspace.symbolsFile });
}

async function readTakes(file: string, route: Route, variant: Variant): Promise<Buffer> {
  const bytes = await readIfThere(file);
  if (bytes !== undefined) return bytes;
  throw new WraithError("MODEL_INVALID", `The takes of variant ${variant.name} of ${route.route} are missing.`, {
    file,
  });
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
    throw error;
  }
}

async function renameWhereThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
