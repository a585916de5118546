import { expect, test } from "vitest";
import { parseDriftRules, readDriftRules } from "./drift-config.ts";
import { workspaceAt } from "./workspace.ts";

const ID = "5be7cb2d0b6e";

test("no file and an empty one: no rules", async () => {
  expect(await readDriftRules(workspaceAt("/nowhere", "t"))).toEqual([]);
  expect(parseDriftRules("# nothing\n", "drift.toml")).toEqual([]);
});

test("rules, each with its line", () => {
  const text = `# ours
[[drift]]
reason = "known"
id = "${ID}"
accept = true
mode = "upstream"

[[drift]]
id = "${ID}"
mode = "wire"
type = "encoding"
reason = "1.0 is 1"
`;
  expect(parseDriftRules(text, "drift.toml")).toEqual([
    { id: ID, reason: "known", mode: "upstream", line: 4, verdict: "accepted" },
    { id: ID, reason: "1.0 is 1", mode: "wire", line: 9, verdict: "reclassified", type: "encoding" },
  ]);
});

const entry = (...lines: string[]): string => `[[drift]]\nid = "${ID}"\n${lines.map((l) => `${l}\n`).join("")}`;
const whole = entry('reason = "r"', "accept = true");

test.each([
  ["[[drift]\n", undefined, "1:9"],
  ["[drift]\n", "drift", "1:2"],
  ['[[drifts]]\nid = "x"\n', "drifts", "1:3"],
  ['[[drift]]\nid = "5be7"\nreason = "r"\naccept = true\n', "drift[0].id", "2:1"],
  [`${whole}[[drift]]\nid = "5BE7CB2D0B6E"\nreason = "r"\naccept = true\n`, "drift[1].id", "6:1"],
  [entry("accept = true"), "drift[0].reason", "1:3"],
  [entry('reason = " "', "accept = true"), "drift[0].reason", "3:1"],
  [entry('reason = "r"'), "drift[0].accept", "1:3"],
  [entry('reason = "r"', "accept = false"), "drift[0].accept", "4:1"],
  [entry('reason = "r"', "accept = true", 'type = "value"'), "drift[0].type", "5:1"],
  [entry('reason = "r"', 'type = "vlaue"'), "drift[0].type", "4:1"],
  [entry('reason = "r"', "accept = true", 'mode = "in-memory"'), "drift[0].mode", "5:1"],
  [entry('reason = "r"', "accept = true", 'path = "x"'), "drift[0].path", "5:1"],
  [whole + whole, "drift[1].id", "6:1"],
  [`${whole}mode = "wire"\n${whole}`, "drift[1].id", "7:1"],
])("%j is refused at its place", (text, field, place) => {
  const [line, column] = place.split(":").map(Number);
  expect(() => parseDriftRules(text, "drift.toml")).toThrow(
    expect.objectContaining({
      code: "CONFIG_INVALID",
      place: { file: "drift.toml", line, column, ...(field === undefined ? {} : { field }) },
    }),
  );
});
