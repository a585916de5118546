import { createReadStream, type ReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { createByteCollector } from "../base/byte-collector.ts";
import type { SessionHead } from "../recording/exchange.ts";
import { createLineReader } from "../recording/wrec.ts";
import { isMissing, isName, type Workspace } from "./workspace.ts";

/** Pieces in which a file is read: large enough to cost little, small enough for a relay that has work in between. */
const PIECE_BYTES = 256 * 1024;
/** Files whose heads are read at once. */
const AT_ONCE = 32;

/** A session's file, and what its first line says; `head` is absent where that cannot be read. */
export interface SessionFile {
  readonly id: string;
  readonly file: string;
  readonly head: SessionHead | undefined;
}

/** All sessions of a twin, in order of their start, then name; those whose first line is broken come last. Empty files are none. */
export async function findSessionFiles(workspace: Workspace): Promise<readonly SessionFile[]> {
  const files = new Map<string, string>();
  for (const name of (await namesIn(workspace.sessionsDir)).sort()) {
    const id = name.replace(/\.wrec(\.gz)?$/, "");
    // `a.wrec` sorts before `a.wrec.gz`, and is the one that is appended to.
    if (id !== name && isName(id) && !files.has(id)) files.set(id, join(workspace.sessionsDir, name));
  }
  const all = [...files];
  const found: SessionFile[] = [];
  for (let i = 0; i < all.length; i += AT_ONCE)
    for (const one of await Promise.all(all.slice(i, i + AT_ONCE).map(async ([id, file]) => readHead(id, file))))
      if (one !== undefined) found.push(one);
  const startOf = ({ head }: SessionFile): number => (head === undefined ? Infinity : microsOf(head.startedAt));
  return found.sort((a, b) => compare(startOf(a), startOf(b)) || compare(a.id, b.id));
}

/** Files that look like recordings and are read by nobody, and why. */
export async function findUnreadFiles(
  workspace: Workspace,
): Promise<readonly { readonly file: string; readonly reason: string }[]> {
  const names = await namesIn(workspace.sessionsDir);
  return names.sort().flatMap((name) => {
    const id = name.replace(/\.wrec(\.gz)?$/, "");
    const file = join(workspace.sessionsDir, name);
    if (id === name) return [];
    if (!isName(id)) return [{ file, reason: `${JSON.stringify(id)} cannot be the name of a session` }];
    return name.endsWith(".gz") && names.includes(`${id}.wrec`) ? [{ file, reason: `${id}.wrec is read instead` }] : [];
  });
}

/** The file of one session, or undefined where it has none. Throws errors of the file system. */
export async function findSessionFile(workspace: Workspace, id: string): Promise<string | undefined> {
  if (!isName(id)) return undefined;
  for (const suffix of [".wrec", ".wrec.gz"]) {
    const file = join(workspace.sessionsDir, id + suffix);
    try {
      if ((await stat(file)).size > 0) return file;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return undefined;
}

/** The content of a session's file, unzipped, in pieces that are not used again. */
export function openSessionFile(file: string): Readable {
  const source: ReadStream = createReadStream(file, { highWaterMark: PIECE_BYTES });
  if (!file.endsWith(".gz")) return source;
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  source.on("error", (error) => gunzip.destroy(error));
  gunzip.on("close", () => source.destroy());
  return source.pipe(gunzip);
}

async function readHead(id: string, file: string): Promise<SessionFile | undefined> {
  const first = createByteCollector();
  let isReadable = true;
  const content = openSessionFile(file);
  try {
    for await (const piece of content as AsyncIterable<Buffer>) {
      const end = piece.indexOf(10);
      first.append(end < 0 ? piece : piece.subarray(0, end));
      if (end >= 0) break;
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    // Reading the session will say what is wrong with it.
    isReadable = false;
  } finally {
    content.destroy();
  }
  if (first.length === 0 && isReadable) return undefined;
  const line = createLineReader().read(first.take());
  return { id, file, head: line?.kind === "session" ? line.head : undefined };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** `Date.parse` knows milliseconds only. */
function microsOf(iso: string): number {
  const digits = /\.(\d+)/.exec(iso)?.[1] ?? "";
  return Date.parse(iso) * 1000 + Number(digits.slice(3, 6).padEnd(3, "0"));
}

function compare<T>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
