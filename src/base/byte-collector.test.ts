import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createByteCollector } from "./byte-collector.ts";
import { concatBytes } from "./bytes.ts";

it("gives what was appended, in order, and is empty afterwards", () => {
  const part = fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ minLength: 500, maxLength: 5000 }));
  fc.assert(
    fc.property(fc.array(fc.array(part, { maxLength: 20 }), { maxLength: 4 }), (rounds) => {
      const collector = createByteCollector();
      const given = rounds.map((parts) => {
        for (const p of parts) collector.append(p);
        expect(collector.length).toBe(concatBytes(parts).length);
        return collector.take();
      });
      expect(collector.length).toBe(0);
      // Earlier pieces stay as they were when later ones are gathered.
      expect(given).toEqual(rounds.map((parts) => concatBytes(parts)));
    }),
  );
});
