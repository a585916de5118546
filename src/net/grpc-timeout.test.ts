import { expect, test } from "vitest";
import { grpcTimeoutMs } from "./grpc-timeout.ts";

const head = (value?: string) => ({
  protocol: "grpc" as const,
  httpVersion: "2" as const,
  method: "POST",
  path: "/s/M",
  query: "",
  headers: value === undefined ? [] : ([["grpc-timeout", value]] as const),
});

test.each([
  ["1H", 3_600_000],
  ["2M", 120_000],
  ["3S", 3000],
  ["5010m", 5010],
  ["4997872u", 4997.872],
  ["1000000n", 1],
  ["0m", 0],
  ["99999999H", 99_999_999 * 3_600_000],
  ["123456789m", undefined],
  ["5s", undefined],
  ["-1m", undefined],
  ["1.5S", undefined],
  ["", undefined],
])("%s", (value, ms) => {
  if (ms === undefined) expect(grpcTimeoutMs(head(value))).toBeUndefined();
  else expect(grpcTimeoutMs(head(value))).toBeCloseTo(ms, 6);
});

test("no deadline without the header", () => {
  expect(grpcTimeoutMs(head())).toBeUndefined();
});
