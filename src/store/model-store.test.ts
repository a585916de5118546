import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFormats } from "../formats/index.ts";
import { bodyName } from "../model/bodies.ts";
import type { Model, Take } from "../model/model.ts";
import { parseModel } from "../model/symbols.ts";
import { formatTake } from "../model/take-lines.ts";
import { readLearnedIds, readModel, writeModel, type WrittenModel } from "./model-store.ts";
import { createWorkspace, type Workspace } from "./workspace.ts";

const formats = createFormats({ protoFiles: [], descriptorSets: [], maxMessageBytes: 1024 * 1024 });

let root: string;
let workspace: Workspace;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "wraith-model-"));
  workspace = await createWorkspace(root, "t", { baseUrl: "http://a", force: false });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function modelOf(word: string, takes = "get-x-1/200"): Model {
  return parseModel(
    JSON.stringify({
      wraith: 1,
      twin: "t",
      routes: [
        {
          route: "GET /x",
          format: "sse",
          holes: { n: { class: "number", scope: "event" } },
          shapes: { a: { data: { word, n: { $hole: "n" } } } },
          variants: [
            {
              variant: "200-stream",
              guard: {},
              status: 200,
              headers: [["content-type", "text/event-stream"]],
              stream: { prefix: [], middle: ["a"], endings: [[]] },
              termination: { shape: "clean", by: "server" },
              timing: {},
              takes,
            },
          ],
        },
      ],
    }),
    "m.json",
    formats,
  );
}

function takeOf(id: string, n = ["1", "2.0"]): Take {
  return {
    id,
    request: "d",
    features: new Map(),
    startedMs: 1_764_000_000_000,
    head: 0,
    trailers: 0,
    shapes: ["a", "a"],
    holes: new Map([["n", n]]),
    timesUs: { head: 1, events: [2, 3], end: 4 },
    filler: [],
    informational: [],
    end: { shape: "clean", by: "server" },
  };
}

/** What `synth` would write. */
function writtenOf(model: Model, takes: readonly Take[]): WrittenModel {
  const bodies = new Map<string, Uint8Array>();
  const keep = (bytes: Uint8Array): string => {
    bodies.set(bodyName(bytes), bytes);
    return bodyName(bytes);
  };
  const route = model.routes[0]!;
  const variant = route.variants[0]!;
  return {
    model,
    takes: new Map([[variant, takes]]),
    takeLines: new Map([[variant, takes.map((take) => formatTake(route, variant, take, keep))]]),
    bodies,
  };
}

async function synth(word: string, force = false, ids = ["s/0", "s/1"]): Promise<void> {
  await writeModel(
    workspace,
    writtenOf(
      modelOf(word),
      ids.map((id) => takeOf(id)),
    ),
    { force },
  );
}

/** The constant of the model that is read, and the takes. */
async function seen(): Promise<{ word: string; takes: readonly Take[] }> {
  const { model, takes } = await readModel(workspace, formats);
  const [route] = model.routes;
  return { word: /"word": ?"(\w+)"/.exec(route!.shapes.get("a")!.source)![1]!, takes: takes.get(route!.variants[0]!)! };
}

const folders = (): string[] =>
  readdirSync(workspace.dir)
    .filter((n) => n.startsWith("model"))
    .sort();
function edit(): void {
  writeFileSync(workspace.symbolsFile, readFileSync(workspace.symbolsFile, "utf8").replace("old", "edited"));
}

describe("a model", () => {
  it("reads back as it was written, and the same model gives the same bytes", async () => {
    await synth("old");
    expect(await seen()).toEqual({ word: "old", takes: [takeOf("s/0"), takeOf("s/1")] });
    const files = (readdirSync(workspace.modelDir, { recursive: true }) as string[])
      .filter((f) => f.includes(".json"))
      .sort();
    expect(files).toEqual(["symbols.json", "synth.json", "takes/get-x-1/200.jsonl"]);
    const bytes = (): string[] => files.map((f) => readFileSync(join(workspace.modelDir, f), "utf8"));
    const before = bytes();
    await synth("old");
    expect(bytes()).toEqual(before);
    expect(folders()).toEqual(["model"]);
  });

  it("that was edited is checked at once, in the symbols and in the takes", async () => {
    const takes = join(workspace.modelDir, "takes/get-x-1/200.jsonl");
    for (const [file, from, to] of [
      [takes, '"n": [', '"m": ['],
      [workspace.symbolsFile, '"word"', '"other"'],
      [workspace.symbolsFile, '"a"', '"b"'],
    ] as const) {
      await synth("old");
      const text = readFileSync(file, "utf8");
      expect(text).toContain(from);
      writeFileSync(file, text.replaceAll(from, to));
      if (to === '"other"') expect((await readModel(workspace, formats)).takes.size).toBe(1);
      else await expect(readModel(workspace, formats)).rejects.toMatchObject({ code: "MODEL_INVALID" });
      rmSync(workspace.modelDir, { recursive: true });
    }
  });

  it("that is not there is missing; what it lacks is named with its file", async () => {
    await expect(readModel(workspace, formats)).rejects.toMatchObject({ code: "MODEL_MISSING" });
    await synth("old");
    const takes = join(workspace.modelDir, "takes/get-x-1/200.jsonl");
    writeFileSync(takes, Buffer.from([0xff, 0x0a]));
    await expect(readModel(workspace, formats)).rejects.toMatchObject({
      code: "MODEL_INVALID",
      place: { file: takes },
    });
    rmSync(takes);
    await expect(readModel(workspace, formats)).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: "The file with the takes of variant 200-stream of GET /x is missing.",
      place: { file: takes },
    });
    writeFileSync(workspace.symbolsFile, "{");
    await expect(readModel(workspace, formats)).rejects.toMatchObject({
      code: "MODEL_INVALID",
      place: { file: workspace.symbolsFile, line: 1 },
    });
  });
});

describe("a model that was damaged", () => {
  const refused = async (): Promise<unknown> => readModel(workspace, formats).catch((error: unknown) => error);

  it("has no symbols.json any more, though its takes are there", async () => {
    await synth("old");
    rmSync(workspace.symbolsFile);
    expect(await refused()).toMatchObject({
      code: "MODEL_INVALID",
      message: "The model has takes, but its symbols.json is missing.",
      place: { file: workspace.symbolsFile },
    });
    await synth("new");
    expect((await seen()).word).toBe("new");
  });

  it("is of another format: says so, and what reads it", async () => {
    await synth("old");
    const text = readFileSync(workspace.symbolsFile, "utf8").replace('"wraith": 1', '"wraith": 2');
    writeFileSync(workspace.symbolsFile, text);
    expect(await refused()).toMatchObject({
      code: "MODEL_INVALID",
      message: "This is a model of format 2, and this wraith reads format 1 only; use the wraith that wrote it.",
      place: { file: workspace.symbolsFile, line: 2 },
    });
  });

  it("is cut off or no JSON at all: one sentence with its place", async () => {
    await synth("old");
    const text = readFileSync(workspace.symbolsFile, "utf8");
    writeFileSync(workspace.symbolsFile, text.slice(0, 100));
    expect(await refused()).toMatchObject({ message: "The JSON ends too early.", place: { line: expect.any(Number) } });
    writeFileSync(workspace.symbolsFile, "garbage");
    expect(await refused()).toMatchObject({ message: "This is not JSON.", place: { line: 1, column: 1 } });
  });

  it("cannot be read: that is the disk's fault, with the file", async () => {
    await synth("old");
    rmSync(workspace.symbolsFile);
    mkdirSync(workspace.symbolsFile);
    expect(await refused()).toMatchObject({ code: "DISK_FAILED", place: { file: workspace.symbolsFile } });
  });

  it("lacks takes that synth wrote: their ids are still known, and its stamp may be anything", async () => {
    await synth("old", false, ["s/2", "s/0", "s/1", "s/11", "t-1/7"]);
    const ids = new Set(["s/0", "s/1", "s/2", "s/11", "t-1/7"]);
    expect(await readLearnedIds(workspace)).toEqual(ids);
    const takes = join(workspace.modelDir, "takes/get-x-1/200.jsonl");
    writeFileSync(takes, readFileSync(takes, "utf8").split("\n").slice(1).join("\n"));
    expect((await seen()).takes.map(({ id }) => id)).toEqual(["s/0", "s/1", "s/11", "t-1/7"]);
    expect(await readLearnedIds(workspace)).toEqual(ids);
    for (const stamp of ["garbage", "[1]", '{"learned":{"s":5,"t":"x y-z 3-1 4"}}', '{"learned":null}', ""]) {
      writeFileSync(join(workspace.modelDir, "synth.json"), stamp);
      expect([...(await readLearnedIds(workspace))]).toEqual(stamp.includes("3-1") ? ["t/4"] : []);
    }
    rmSync(join(workspace.modelDir, "synth.json"));
    expect(await readLearnedIds(workspace)).toEqual(new Set());
  });
});

describe("a value of 64 KiB and more", () => {
  const long = "1".repeat(65_536);
  const name = createHash("sha256").update(long).digest("hex");
  const bodies = (): string => join(workspace.modelDir, "bodies");
  const takesFile = (): string => join(workspace.modelDir, "takes/get-x-1/200.jsonl");

  async function synthLong(...takes: readonly Take[]): Promise<void> {
    await writeModel(workspace, writtenOf(modelOf("old"), takes), { force: false });
  }
  const long0 = takeOf("s/0", [long]);

  it("lies in a file of its own, equal ones in one; shorter ones and rows stand in their takes", async () => {
    const takes = [long0, takeOf("s/1", [long]), takeOf("s/2", [long.slice(1)]), takeOf("s/3", [long, "2"])];
    await synthLong(...takes);
    expect(readdirSync(bodies()).sort()).toEqual([".gitattributes", name]);
    expect(readFileSync(join(bodies(), name), "utf8")).toBe(long);
    const lines = readFileSync(takesFile(), "utf8").split("\n");
    expect(lines.slice(0, 2).map((l) => l.includes(`"holes": {"n": {"body": "${name}"}}`))).toEqual([true, true]);
    expect((await seen()).takes).toEqual(takes);
    const [stamp] = [readFileSync(join(workspace.modelDir, "synth.json"))];
    await synthLong(...takes);
    expect(readFileSync(join(workspace.modelDir, "synth.json"))).toEqual(stamp);
  });

  it("that is not there or is another one is refused at its place", async () => {
    await synthLong(long0);
    writeFileSync(join(bodies(), name), long.slice(1));
    await expect(readModel(workspace, formats)).rejects.toMatchObject({
      code: "MODEL_INVALID",
      place: { file: join(bodies(), name) },
    });
    rmSync(join(bodies(), name));
    const refused = { code: "MODEL_INVALID", place: { file: takesFile(), line: 1, field: "holes.n.body" } };
    await expect(readModel(workspace, formats)).rejects.toMatchObject(refused);
    rmSync(bodies(), { recursive: true });
    await expect(readModel(workspace, formats)).rejects.toMatchObject(refused);
  });

  it("is read when its take is asked for, and may not have changed until then", async () => {
    await synthLong(long0);
    const { model, takes } = await readModel(workspace, formats);
    writeFileSync(join(bodies(), name), "another");
    expect(() => takes.get(model.routes[0]!.variants[0]!)).toThrow(
      expect.objectContaining({ code: "MODEL_INVALID", place: { file: join(bodies(), name) } }),
    );
    rmSync(bodies(), { recursive: true });
    expect(() => takes.get(model.routes[0]!.variants[0]!)).toThrow(
      expect.objectContaining({ code: "MODEL_INVALID", message: expect.stringContaining("is gone since") as string }),
    );
  });
});

describe("a new synth", () => {
  it("replaces what the last one wrote, takes that are gone included, and keeps no copy", async () => {
    await synth("old");
    await synth("new", true, ["s/9"]);
    expect(await seen()).toEqual({ word: "new", takes: [takeOf("s/9")] });
    expect(folders()).toEqual(["model"]);
  });

  it("refuses to replace an edited model, and keeps it as model.bak when forced", async () => {
    await synth("old");
    edit();
    await expect(synth("new")).rejects.toMatchObject({ code: "MODEL_EDITED", place: { file: workspace.symbolsFile } });
    expect((await seen()).word).toBe("edited");
    await synth("new", true);
    expect((await seen()).word).toBe("new");
    expect(readFileSync(join(workspace.dir, "model.bak/symbols.json"), "utf8")).toContain("edited");
    expect(folders()).toEqual(["model", "model.bak"]);
    await synth("newer");
    expect(readFileSync(join(workspace.dir, "model.bak/symbols.json"), "utf8")).toContain("edited");
  });

  it("takes a model without its stamp for an edited one, and line ends that git changed for none", async () => {
    await synth("old");
    writeFileSync(workspace.symbolsFile, readFileSync(workspace.symbolsFile, "utf8").replaceAll("\n", "\r\n"));
    await synth("old");
    rmSync(join(workspace.modelDir, "synth.json"));
    await expect(synth("new")).rejects.toMatchObject({ code: "MODEL_EDITED" });
  });
});

describe("several synths at once", () => {
  it("of one process follow each other, and each leaves a whole model", async () => {
    const words = Array.from({ length: 8 }, (_, i) => `word${i}`);
    await Promise.all(words.map((word) => synth(word)));
    expect(words).toContain((await seen()).word);
    expect(folders()).toEqual(["model"]);
  });

  it("of several processes wait for the one that writes; a lock that a killed one left does not count", async () => {
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"]);
    const lock = `${workspace.modelDir}.lock`;
    let isDone = false;
    try {
      writeFileSync(lock, `${other.pid}\n`);
      const mine = synth("mine").then(() => (isDone = true));
      await new Promise((r) => setTimeout(r, 100));
      expect([isDone, folders()]).toEqual([false, ["model.lock"]]);
      rmSync(lock);
      await mine;
      expect([(await seen()).word, folders()]).toEqual(["mine", ["model"]]);
      writeFileSync(lock, `${other.pid}\n`);
    } finally {
      other.kill("SIGKILL");
      await once(other, "exit");
    }
    await synth("later");
    expect([(await seen()).word, folders()]).toEqual(["later", ["model"]]);
  });
});

describe("a crash while a model is replaced", () => {
  it("before the renames leaves the old one; the next synth cleans up", async () => {
    await synth("old");
    writeFileSync(`${workspace.modelDir}.tmp`, "half a model");
    expect((await seen()).word).toBe("old");
    await synth("new");
    expect([(await seen()).word, folders()]).toEqual(["new", ["model"]]);
  });

  it("between the renames leaves the new one, readable at once; the next synth builds on it", async () => {
    await synth("old");
    renameSync(workspace.modelDir, `${workspace.modelDir}.next`);
    expect((await seen()).word).toBe("old");
    expect(existsSync(workspace.modelDir)).toBe(false);
    await synth("new");
    expect([(await seen()).word, folders()]).toEqual(["new", ["model"]]);
  });

  it("between the renames does not lose that the new one was edited since", async () => {
    await synth("old");
    edit();
    renameSync(workspace.modelDir, `${workspace.modelDir}.next`);
    await expect(synth("new")).rejects.toMatchObject({ code: "MODEL_EDITED" });
    expect((await seen()).word).toBe("edited");
  });
});

it("takes cannot lie outside the model", async () => {
  const model = modelOf("a");
  const [route] = model.routes;
  const variant = { ...route!.variants[0]!, takesFile: "../../x" };
  const outside: Model = { ...model, routes: [{ ...route!, variants: [variant] }] };
  await expect(
    writeModel(
      workspace,
      { model: outside, takes: new Map(), takeLines: new Map(), bodies: new Map() },
      { force: false },
    ),
  ).rejects.toMatchObject({
    code: "MODEL_INVALID",
  });
  expect(folders()).toEqual([]);
});
