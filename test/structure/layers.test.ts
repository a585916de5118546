import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const PURE = ["base", "formats", "recording", "model", "synth", "twin", "check"];

/** A copy of the lint and type set-up around planted files: a rule run that looks at no files passes too, so we plant and look. */
let sandbox: string;

beforeAll(() => {
  sandbox = mkdtempSync(join(tmpdir(), "wraith-layers-"));
  for (const file of [".oxlintrc.json", "tsconfig.json", "tsconfig.pure.json", "package.json"])
    copyFileSync(join(root, file), join(sandbox, file));
  symlinkSync(join(root, "node_modules"), join(sandbox, "node_modules"));
  mkdirSync(join(sandbox, "src/base"), { recursive: true });
  copyFileSync(join(root, "src/base/globals.d.ts"), join(sandbox, "src/base/globals.d.ts"));
});

afterAll(() => rmSync(sandbox, { recursive: true, force: true }));

function plant(file: string, text: string): void {
  mkdirSync(dirname(join(sandbox, file)), { recursive: true });
  writeFileSync(join(sandbox, file), text);
}

function lint(): string {
  const run = spawnSync(process.execPath, [join(root, "node_modules/oxlint/bin/oxlint"), "src"], {
    cwd: sandbox,
    encoding: "utf8",
  });
  return run.stdout + run.stderr;
}

describe("layers", () => {
  it.each([
    [
      "a lower layer imports a higher one",
      "src/model/planted.ts",
      'import { x } from "../store/x.ts";\nexport const y = x;\n',
      "no-restricted-imports",
    ],
    [
      "a neighbour on the same level",
      "src/synth/planted.ts",
      'import { x } from "../twin/x.ts";\nexport const y = x;\n',
      "no-restricted-imports",
    ],
    [
      "a format knows another format",
      "src/formats/sse/planted.ts",
      'import { x } from "../grpc/x.ts";\nexport const y = x;\n',
      "no-restricted-imports",
    ],
    [
      "the core opens files",
      "src/check/planted.ts",
      'import { readFileSync } from "node:fs";\nexport const y = readFileSync;\n',
      "no-restricted-imports",
    ],
    ["the core asks the clock", "src/twin/planted.ts", "export const y = Date.now();\n", "no-restricted-properties"],
    [
      "the core draws at random",
      "src/twin/planted.ts",
      "export const y = Math.random();\n",
      "no-restricted-properties",
    ],
    ["a cycle", "src/base/a.ts", 'import { b } from "./b.ts";\nexport const a = (): unknown => b;\n', "no-cycle"],
  ])("%s: lint refuses it", (_, file, text, rule) => {
    plant("src/base/b.ts", 'import { a } from "./a.ts";\nexport const b = (): unknown => a;\n');
    for (const f of ["src/store/x.ts", "src/twin/x.ts", "src/formats/grpc/x.ts"]) plant(f, "export const x = 1;\n");
    if (file !== "src/base/a.ts") plant("src/base/a.ts", "export const a = 1;\n");
    plant(file, text);
    const output = lint();
    rmSync(join(sandbox, file));
    expect(output).toContain(rule);
    expect(output).toContain(file);
  });

  it("the pure type check knows no timers, no process and no Buffer", () => {
    plant("src/base/planted.ts", "export const y = [setTimeout, process, Buffer];\n");
    const run = spawnSync(
      process.execPath,
      [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.pure.json"],
      { cwd: sandbox, encoding: "utf8" },
    );
    rmSync(join(sandbox, "src/base/planted.ts"));
    for (const name of ["setTimeout", "process", "Buffer"]) expect(run.stdout).toContain(`'${name}'`);
  });

  it("no pure folder outside formats names a wire format, and none makes a date from the clock", () => {
    const offenders: string[] = [];
    for (const folder of PURE)
      for (const file of sources(join(root, "src", folder))) {
        const code = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
        const at = relative(root, file);
        if (/new Date\(\s*\)/.test(code)) offenders.push(`${at}: new Date()`);
        if (folder !== "formats" && folder !== "base" && /\b(sse|grpc)\b/i.test(code))
          offenders.push(`${at}: names a format`);
      }
    expect(offenders).toEqual([]);
  });

  it("the version of the package is the version of the program", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect(readFileSync(join(root, "src/base/version.ts"), "utf8")).toContain(`"${version}"`);
  });

  it("no tracked file names a folder of a machine or the host of a registry", () => {
    const files = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" })
      .split("\n")
      .filter((f) => f !== "" && f !== "test/structure/layers.test.ts");
    const offenders = files.filter((f) =>
      /\/(?:root|home)\/\w|registry\.npmjs|pypi\.org|proxy\.golang/.test(readFileSync(join(root, f), "utf8")),
    );
    expect(offenders).toEqual([]);
  });
});

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return path.endsWith(".ts") && !path.endsWith(".test.ts") ? [path] : [];
  });
}
