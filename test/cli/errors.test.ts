import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { startDemoUpstream } from "../../src/app/demo-upstream.ts";
import { chat, filesIn, scratch, send, serverAt, start, wraith, type Result } from "./support.ts";

const cwd = scratch();
const twin = (...path: string[]): string => join(cwd, "twins/t", ...path);

/** Exactly one sentence, its place and its help; never a stack trace. */
function expectFailure(result: Result, code: number, name: string, ...texts: readonly string[]): void {
  expect(result.stderr).toContain(`[${name}]`);
  expect({ code: result.code, stdout: result.stdout }).toEqual({ code, stdout: "" });
  for (const text of texts) expect(result.stderr).toContain(text);
  expect(result.stderr).not.toMatch(/^\s+at /m);
  expect(result.stderr.trimEnd().split("\n")).toHaveLength(2);
}

/** Something that a user can break, put right again afterwards. */
async function withFile(file: string, text: string, work: () => Promise<void>): Promise<void> {
  const before = readFileSync(file);
  writeFileSync(file, text);
  try {
    await work();
  } finally {
    writeFileSync(file, before);
  }
}

async function takenPort(): Promise<{ port: number; close: () => void }> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

beforeAll(async () => {
  const upstream = await startDemoUpstream();
  try {
    expect((await wraith(cwd, "init", "t", "--base-url", upstream.url)).code).toBe(0);
    const recorder = await serverAt(cwd, "record", "t");
    await Promise.all([chat(recorder.url, "demo-1", "hi"), chat(recorder.url, "badmodel", "hi")]);
    expect((await recorder.stop()).code).toBe(0);
    expect(await wraith(cwd, "synth", "t")).toMatchObject({ code: 0 });
  } finally {
    await upstream.stop();
  }
});

describe("names and workspaces", () => {
  test.each(["../x", ".hidden", "a b", "a".repeat(65), "-x"])("%j is no name", async (name) => {
    for (const command of ["check", "synth", "serve", "record", "inspect"])
      expectFailure(await wraith(cwd, command, "--", name), 1, "NAME_INVALID", "1 to 64 letters");
    expectFailure(await wraith(cwd, "init", "--base-url", "http://localhost:1", "--", name), 1, "NAME_INVALID");
  });

  test("no such twin: says where it looked, and which there are", async () => {
    for (const command of ["check", "synth", "serve", "record", "inspect", "doctor"])
      expectFailure(await wraith(cwd, command, "other"), 1, "WORKSPACE_MISSING", "other", "t", "wraith init");
  });

  test("a twin that is there already", async () => {
    expectFailure(await wraith(cwd, "init", "t", "--base-url", "http://localhost:1"), 1, "WORKSPACE_EXISTS", "--force");
  });

  test.each(["localhost:80", "ftp://x", "http://user:pw@x", "http://x/?q=1", "http://x/#f", "nothing"])(
    "%j is no base URL",
    async (url) => {
      const result = await wraith(cwd, "init", "new", "--base-url", url);
      expectFailure(result, 1, "BASE_URL_INVALID");
      expect(result.stderr).not.toContain("pw@");
      expect(filesIn(join(cwd, "twins"))).toEqual(["t"]);
    },
  );
});

describe("files that were edited badly: file, line, column and field", () => {
  test("wraith.toml is not TOML", async () => {
    await withFile(twin("wraith.toml"), 'base_url = "http://localhost:1"\n[serve\nseed = 1\n', async () => {
      expectFailure(await wraith(cwd, "check", "t"), 1, "CONFIG_INVALID", "wraith.toml:2:");
    });
  });

  test("wraith.toml has a field that nobody knows", async () => {
    const text = readFileSync(twin("wraith.toml"), "utf8");
    await withFile(twin("wraith.toml"), `${text}\n[diff]\nrequired_scroe = 1\n`, async () => {
      expectFailure(
        await wraith(cwd, "serve", "t", "--port", "0"),
        1,
        "CONFIG_INVALID",
        "wraith.toml:",
        "required_scroe",
      );
    });
  });

  test("symbols.json is not JSON", async () => {
    const text = readFileSync(twin("model/symbols.json"), "utf8");
    await withFile(twin("model/symbols.json"), text.replace('"routes": [', '"routes": [,'), async () => {
      const result = await wraith(cwd, "check", "t");
      expectFailure(result, 1, "MODEL_INVALID");
      expect(result.stderr).toMatch(/symbols\.json:\d+:\d+/);
    });
  });

  test("symbols.json has a name that nothing defines", async () => {
    const text = readFileSync(twin("model/symbols.json"), "utf8");
    await withFile(twin("model/symbols.json"), text.replace(/\{"\$hole": "\w+"/, '{"$hole": "nobody"'), async () => {
      const result = await wraith(cwd, "check", "t");
      expectFailure(result, 1, "MODEL_INVALID", "nobody");
      expect(result.stderr).toMatch(/symbols\.json:\d+/);
    });
  });

  test("a take that is not JSON", async () => {
    const folder = twin("model/takes", filesIn(twin("model/takes"))[0]!);
    const file = join(folder, filesIn(folder)[0]!);
    await withFile(file, `${readFileSync(file, "utf8")}{"take":\n`, async () => {
      const result = await wraith(cwd, "serve", "t", "--port", "0");
      expectFailure(result, 1, "MODEL_INVALID");
      expect(result.stderr).toMatch(/\.jsonl:\d+/);
    });
  });

  test("a take that was removed by hand: check and doctor say which, and how to have it back", async () => {
    const folder = twin("model/takes", filesIn(twin("model/takes"))[0]!);
    const file = join(folder, filesIn(folder)[0]!);
    const [first = ""] = readFileSync(file, "utf8").split("\n");
    const { take } = JSON.parse(first) as { take: string };
    await withFile(file, readFileSync(file, "utf8").slice(first.length + 1), async () => {
      const checked = await wraith(cwd, "check", "t");
      expect(checked.code).toBe(0);
      expect(checked.stdout).toContain(`unlearned ${take} removed `);
      expect(checked.stdout).toContain(`The take of ${take} was removed from the model since it was learned: run`);
      expect(checked.stdout).not.toContain("did not learn");
      const { stdout } = await wraith(cwd, "doctor", "t");
      expect(stdout).toContain(`1 take removed from the model since it was learned: ${take}.`);
      expect(stdout).not.toContain("did not learn");
    });
  });

  test("a recording whose first line is broken", async () => {
    const file = twin("recordings/sessions", filesIn(twin("recordings/sessions"))[0]!);
    await withFile(file, `not a recording\n${readFileSync(file, "utf8")}`, async () => {
      expectFailure(await wraith(cwd, "check", "t"), 1, "RECORDING_INVALID", ".wrec:1");
      expectFailure(await wraith(cwd, "synth", "t"), 1, "RECORDING_INVALID", ".wrec:1");
    });
  });

  test("a recording with a torn last line reads all the same", async () => {
    const file = twin("recordings/sessions", filesIn(twin("recordings/sessions"))[0]!);
    const before = readFileSync(file);
    appendFileSync(file, '{"x":0,"atUs":99999999,"dir":"ser');
    expect((await wraith(cwd, "check", "t")).code).toBe(0);
    writeFileSync(file, before);
  });

  test("a .proto that is malformed", async () => {
    mkdirSync(twin("proto"), { recursive: true });
    writeFileSync(twin("proto/bad.proto"), 'syntax = "proto3";\nmessage A {\n  string = 1;\n}\n');
    const result = await wraith(cwd, "check", "t");
    writeFileSync(twin("proto/bad.proto"), 'syntax = "proto3";\n');
    expectFailure(result, 1, "SCHEMA_INVALID", "bad.proto:3");
  });
});

describe("what is not there", () => {
  test("no recordings, no model, nothing to check", async () => {
    await wraith(cwd, "init", "empty", "--base-url", "http://localhost:1");
    expectFailure(await wraith(cwd, "synth", "empty"), 1, "RECORDING_MISSING", '"empty" has no recordings');
    expectFailure(await wraith(cwd, "check", "empty"), 1, "MODEL_MISSING", "wraith synth");
    expectFailure(await wraith(cwd, "serve", "empty", "--port", "0"), 1, "MODEL_MISSING");
    expectFailure(await wraith(cwd, "check", "t", "--tag", "nobody"), 1, "NOTHING_TO_CHECK", "this tag");
    expectFailure(await wraith(cwd, "synth", "t", "--tag", "nobody"), 1, "RECORDING_MISSING");
    expectFailure(await wraith(cwd, "check", "t", "--upstream"), 1, "NOTHING_TO_CHECK", "[upstream] allow");
  });

  test("a session or exchange that is not there", async () => {
    expectFailure(await wraith(cwd, "inspect", "t", "nobody"), 1, "RECORDING_MISSING", "nobody");
    const session = filesIn(twin("recordings/sessions"))[0]!.replace(/\.wrec$/, "");
    expectFailure(await wraith(cwd, "inspect", "t", `${session}/99`), 1, "RECORDING_MISSING", "99");
    expectFailure(await wraith(cwd, "inspect", "t", "a/b/c"), 1, "USAGE", "SESSION/INDEX");
  });

  test("a model that was edited by hand is not overwritten", async () => {
    const text = readFileSync(twin("model/symbols.json"), "utf8");
    await withFile(
      twin("model/symbols.json"),
      text.replace("chat.completion.chunk", "chat.completion.chonk"),
      async () => {
        expectFailure(await wraith(cwd, "synth", "t"), 1, "MODEL_EDITED", "--force");
      },
    );
  });
});

describe("the world outside", () => {
  test("a port in use", async () => {
    const { port, close } = await takenPort();
    for (const command of ["record", "serve"])
      expectFailure(
        await wraith(cwd, command, "t", "--host", "127.0.0.1", "--port", String(port)),
        4,
        "PORT_IN_USE",
        String(port),
      );
    close();
  });

  test("a recorder that would record itself", async () => {
    for (const [name, address] of [
      ["itself", "localhost"],
      ["itself-4", "127.0.0.1"],
      ["itself-6", "[::1]"],
    ] as const) {
      await wraith(cwd, "init", name, "--base-url", `http://${address}:9`);
      const refused = await wraith(cwd, "record", name, "--port", "9");
      expectFailure(refused, 1, "CONFIG_INVALID", "wraith.toml:", "base_url is http://", "--port");
    }
  });

  test("a port in use ends a command at once, whatever its --duration", async () => {
    const { port, close } = await takenPort();
    const args = ["record", "t", "--host", "127.0.0.1", "--port", String(port), "--duration", "3600"];
    expectFailure(await wraith(cwd, ...args), 4, "PORT_IN_USE");
    close();
  });

  test("a ready file that cannot be written ends the command, and says which file", async () => {
    const file = join(cwd, "nowhere/ready.json");
    for (const command of ["record", "serve"])
      expectFailure(
        await wraith(cwd, command, "t", "--port", "0", "--ready-json", file),
        4,
        "DISK_FAILED",
        file,
        "--ready-json",
      );
  });

  test("an address beyond loopback needs a token", async () => {
    for (const command of ["record", "serve"])
      expectFailure(
        await wraith(cwd, command, "t", "--host", "0.0.0.0", "--port", "0"),
        1,
        "HOST_NEEDS_TOKEN",
        "0.0.0.0",
        "--control-token",
      );
  });

  test("an upstream that is down: 502 to the client, an error in the recording, nothing to learn", async () => {
    const { port, close } = await takenPort();
    close();
    await wraith(cwd, "init", "down", "--base-url", `http://127.0.0.1:${port}`);
    const recorder = await serverAt(cwd, "record", "down");
    const answer = await send(`${recorder.url}/v1/x`);
    expect(answer.status).toBe(502);
    expect(answer.text).toContain(`127.0.0.1:${port}`);
    await send(`${recorder.url}/v1/y`);
    const stopped = await recorder.stop();
    expect(stopped.code).toBe(0);
    const notice = `wraith: The upstream http://127.0.0.1:${port} gave no answer: connect ECONNREFUSED 127.0.0.1:${port}. Clients are told so.`;
    expect(stopped.stderr.split("\n").filter((line) => line.includes("gave no answer"))).toEqual([notice]);
    const { sessions } = JSON.parse((await wraith(cwd, "inspect", "down", "--json")).stdout) as {
      sessions: { session: string }[];
    };
    const shown = await wraith(cwd, "inspect", "down", sessions[0]!.session, "--json");
    const line = await wraith(cwd, "inspect", "down", `${sessions[0]!.session}/0`);
    expect(line.stdout).toContain("no answer: error by server");
    expectFailure(await wraith(cwd, "synth", "down"), 1, "RECORDING_MISSING", "None of the exchanges", "has an answer");
    expect(existsSync(join(cwd, "twins/down/model/symbols.json"))).toBe(false);
    const unanswered = { status: null, termination: { shape: "error" } };
    expect(JSON.parse(shown.stdout)).toMatchObject({ exchanges: [unanswered, unanswered] });
  });

  test("an upstream that is down: exit 4 of check --upstream, with its address", async () => {
    const text = readFileSync(twin("wraith.toml"), "utf8");
    await withFile(twin("wraith.toml"), `${text}\n[upstream]\nallow = ["POST *"]\n`, async () => {
      expectFailure(await wraith(cwd, "check", "t", "--upstream"), 4, "UPSTREAM_FAILED", "http://127.0.0.1:");
    });
  });

  test("a header of check --upstream that nobody can send is refused at its place, before anything is sent", async () => {
    const text = `${readFileSync(twin("wraith.toml"), "utf8")}\n[upstream]\nallow = ["POST *"]\n[upstream.headers]\n`;
    const line = text.split("\n").length;
    const check = async (header: string, env: Record<string, string> = {}): Promise<Result> => {
      let result: Result | undefined;
      await withFile(twin("wraith.toml"), `${text}${header}\n`, async () => {
        result = await start(cwd, ["check", "t", "--upstream"], env).ended;
      });
      return result!;
    };
    const at = `wraith.toml:${line}:1: upstream.headers`;
    expectFailure(await check('"x a" = "b"'), 1, "CONFIG_INVALID", `${at}["x a"]`, "is no name of a header");
    expectFailure(await check('x-a = "b${SOME}"'), 1, "CONFIG_INVALID", `${at}.x-a`, "SOME, which is not set");
    const refused = await check('x-a = "b${SOME}"', { SOME: "secret\n" });
    expectFailure(refused, 1, "CONFIG_INVALID", `${at}.x-a`, "U+000A", "(SOME)");
    expect(refused.stderr).not.toContain("secret");
  });

  test("the folder of recordings is made where git has left it out; what cannot be written is told before anybody says anything", async () => {
    await wraith(cwd, "init", "cloned", "--base-url", "http://127.0.0.1:9");
    const folder = join(cwd, "twins/cloned/recordings");
    rmSync(folder, { recursive: true });
    const recorder = await serverAt(cwd, "record", "cloned");
    await send(`${recorder.url}/x`);
    expect((await recorder.stop()).stderr).not.toContain("unrecorded");
    expect(filesIn(join(folder, "sessions"))).toHaveLength(1);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "");
    expectFailure(await wraith(cwd, "record", "cloned", "--port", "0"), 4, "DISK_FAILED", folder);
  });

  test.skipIf(!existsSync("/dev/full"))(
    "an output that cannot be written: one sentence, also of --version",
    async () => {
      for (const args of [["--version"], ["inspect", "t", "--json"]]) {
        const full = openSync("/dev/full", "w");
        const { code, stderr } = await start(cwd, args, {}, full).ended;
        closeSync(full);
        expect([code, stderr]).toEqual([
          4,
          "wraith: The output cannot be written: ENOSPC: no space left on device, write.\n  Check free space and permissions of the workspace. [DISK_FAILED]\n",
        ]);
      }
    },
  );

  test("a folder that cannot be written", async () => {
    const blocked = join(scratch(), "file");
    writeFileSync(blocked, "");
    const result = await wraith(dirname(blocked), "init", "x", "--base-url", "http://localhost:1", "--dir", blocked);
    expectFailure(result, 4, "DISK_FAILED");
  });
});

describe("how errors are told", () => {
  test("as JSON on stdout", async () => {
    const { code, stdout } = await wraith(cwd, "check", "other", "--format", "json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: "WORKSPACE_MISSING", exitCode: 1 } });
  });

  test("with a stack trace only where it was asked for", async () => {
    expect((await wraith(cwd, "check", "other", "--debug")).stderr).toMatch(/^\s+at /m);
  });

  test("control characters of others are escaped", async () => {
    const { stderr } = await wraith(cwd, "check", "\u001b[31mx");
    expect(stderr).toContain("\\u001b[31mx");
    expect(stderr).not.toContain("\u001b");
  });
});
