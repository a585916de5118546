import { expect, test } from "vitest";
import { acceptsCoding } from "./accept-encoding.ts";

test.each([
  ["gzip, deflate, br", "gzip", true],
  ["GZIP ; Q=0.5", "gzip", true],
  ["gzip;q=0", "gzip", false],
  ["gzip;q=0.000", "gzip", false],
  ["gzip;q=0.001", "gzip", true],
  ["x-gzip", "gzip", true],
  ["gzip", "x-gzip", true],
  ["br", "gzip", false],
  ["*", "zstd", true],
  ["*;q=0", "zstd", false],
  ["*;q=0, zstd", "zstd", true],
  ["*, zstd;q=0", "zstd", false],
  ["zstd;q=0, *", "zstd", false],
  ["identity", "br", false],
  ["", "br", false],
  [",,;q=1,", "br", false],
])("%s for %s: %s", (value, coding, accepted) => {
  expect(acceptsCoding([["Accept-Encoding", value]], coding)).toBe(accepted);
});

test("several headers count as one; none accepts nothing", () => {
  expect(
    acceptsCoding(
      [
        ["accept-encoding", "br"],
        ["ACCEPT-encoding", "gzip"],
      ],
      "gzip",
    ),
  ).toBe(true);
  expect(acceptsCoding([], "gzip")).toBe(false);
});
