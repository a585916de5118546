import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratch, wraith } from "./support.ts";

const COMMANDS = ["init", "record", "synth", "serve", "check", "inspect", "doctor", "demo"];
const cwd = scratch();

describe("help", () => {
  test("wraith alone prints the commands", async () => {
    const { code, stdout, stderr } = await wraith(cwd);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
  });

  test.each(COMMANDS)("wraith %s --help has usage, options and examples", async (name) => {
    const { code, stdout, stderr } = await wraith(cwd, name, "--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`Usage: wraith ${name}`);
    expect(stdout).toContain("--format <format>");
    expect(stdout).toContain(`Examples:\n  $ wraith ${name}`);
  });

  test("help NAME is the same as NAME --help", async () => {
    const [one, other] = await Promise.all([wraith(cwd, "help", "check"), wraith(cwd, "check", "--help")]);
    expect(one).toEqual(other);
  });

  test.each(["--version", "-V"])("%s", async (option) => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
      version: string;
    };
    expect(await wraith(cwd, option)).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });
});

describe("wrong usage is exit 1 and one sentence", () => {
  test.each([
    [["bogus"], 'There is no command "bogus". Commands: init, record, synth, serve, check, inspect, doctor, demo.'],
    [
      ["help", "bogus"],
      'There is no command "bogus". Commands: init, record, synth, serve, check, inspect, doctor, demo.',
    ],
    [["--bogus"], "unknown option '--bogus'."],
    [["check"], "missing required argument 'name'."],
    [["serve", "a", "--prot", "1"], "unknown option '--prot'; did you mean --port?"],
    [["check", "a", "b"], "too many arguments for 'check'. Expected 1 argument but got 2."],
    [["check", "a", "--bogus"], "unknown option '--bogus'."],
    [["check", "a", "--wire", "--upstream"], "Only one of --in-memory, --wire and --upstream can be given."],
    [
      ["check", "a", "--format", "xml"],
      "option '--format <format>' argument 'xml' is invalid. Allowed choices are pretty, text, json.",
    ],
    [["init", "a"], "required option '--base-url <url>' not specified."],
    [["serve", "a", "--port", "http"], '--port must be a number from 0 to 65535, not "http".'],
    [["serve", "a", "--port", "70000"], '--port must be a number from 0 to 65535, not "70000".'],
    [["serve", "a", "--speed", "fast"], '--speed must be a number above 0 or max, not "fast".'],
    [["serve", "a", "--seed", "-1"], '--seed must be a whole number, not "-1".'],
    [["record", "a", "--duration", "0"], '--duration must be a number above 0, not "0".'],
  ])("wraith %j", async (args, message) => {
    const { code, stdout, stderr } = await wraith(cwd, ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(`wraith: ${message}\n  Run the command with --help to see its arguments. [USAGE]\n`);
  });

  test.each([
    ["check", "--json"],
    ["--json", "check"],
    ["check", "--format=json"],
  ])("as JSON too: %s %s", async (...args) => {
    const { code, stdout } = await wraith(cwd, ...args);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: "USAGE", exitCode: 1, message: "missing required argument 'name'." },
    });
  });
});
