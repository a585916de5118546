import { expect, test } from "vitest";
import { loadModel } from "../model/loaded-model.ts";
import type { Take, Variant } from "../model/model.ts";
import { formats } from "../../test/support/chat-model.ts";
import { error, model, stream, TAKES, user } from "../../test/support/chat-twin.ts";
import { rehearse } from "./rehearse.ts";

/** Rehearses with files of these lengths, in bytes; gives the exchanges that were performed and the variants whose takes were read. */
function rehearsed(lengths: ReadonlyMap<Variant, number>, takes: ReadonlyMap<Variant, readonly Take[]> = TAKES) {
  const read: Variant[] = [];
  const lazy = new Map(takes);
  lazy.get = (variant) => {
    read.push(variant);
    return takes.get(variant);
  };
  const performed: string[] = [];
  const steps = rehearse(loadModel(model, lazy, formats, lengths), formats, (plan) => performed.push(plan.exchange!));
  let count = 0;
  while (steps.next().done !== true) count++;
  return { read: new Set(read), performed, count };
}

test("each variant is read and answered with, with recorded and with new values, a step each", () => {
  const { read, performed, count } = rehearsed(new Map());
  expect(read).toEqual(new Set([stream, error, user]));
  const first = [stream, error, user].map((variant) => TAKES.get(variant)![0]!.id);
  expect(new Set(performed)).toEqual(new Set(first));
  expect(performed).toHaveLength(6);
  expect(count).toBe(9);
});

test("long takes wait for somebody who asks for them, and so do those of the same route", () => {
  expect(rehearsed(new Map([[error, 1024 * 1024]])).read).toEqual(new Set([user]));
  expect(rehearsed(new Map([[user, 1024 * 1024]])).read).toEqual(new Set([stream, error]));
});

test("what cannot be answered is no matter here", () => {
  const broken = new Map(TAKES).set(stream, [{ ...TAKES.get(stream)![0]!, shapes: ["nothing"] }]);
  expect(new Set(rehearsed(new Map(), broken).performed)).toEqual(
    new Set([error, user].map((variant) => TAKES.get(variant)![0]!.id)),
  );
});
