import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { guardHolds } from "../../src/model/guard.ts";
import type { Condition } from "../../src/model/model.ts";
import { headOf, viewOf } from "../support/chat-model.ts";

interface Case {
  readonly comment: string;
  readonly guard: readonly (readonly [path: string, test: Condition["test"], value?: string])[];
  readonly target?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body: string;
  readonly holds: boolean;
}

const cases = JSON.parse(readFileSync(new URL("guard.json", import.meta.url), "utf8")) as readonly Case[];

for (const { comment, guard, target, headers, body, holds } of cases)
  test(comment, () => {
    const conditions = guard.map(
      ([path, kind, value]) => ({ path, test: kind, ...(value === undefined ? {} : { value }) }) as Condition,
    );
    expect(guardHolds(conditions, viewOf(headOf("POST", target ?? "/x", headers), body))).toBe(holds);
  });
