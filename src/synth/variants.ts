import type { Guard } from "../model/model.ts";
import { learnGuards } from "./guards.ts";
import type { Sample } from "./sample.ts";

/** One way a route answers: samples (numbers in the route) that share status, format and key, and their guard. */
export interface VariantDraft {
  readonly name: string;
  readonly format: string;
  readonly status: number;
  readonly samples: readonly number[];
  readonly guard: Guard;
  /** Name of the variant that nothing in the request separates it from. */
  readonly hiddenBy?: string | undefined;
}

/** Splits the samples of a route into variants, the commonest first. */
export function inferVariants(samples: readonly Sample[]): readonly VariantDraft[] {
  const cells = new Map<string, { readonly name: string; readonly isFault: boolean; readonly samples: number[] }>();
  samples.forEach(({ projection, format, variantKey: key }, number) => {
    const { status } = projection;
    const name = [String(status), ...(format.unary ? [] : ["stream"]), ...(key === "" ? [] : [key])].join("-");
    const cell = cells.get(`${name}\u0001${format.id}`);
    if (cell === undefined)
      cells.set(`${name}\u0001${format.id}`, { name, isFault: status >= 400 || key !== "", samples: [number] });
    else cell.samples.push(number);
  });
  const list = [...cells.values()];
  const guarded = learnGuards(
    list,
    samples.map((sample) => sample.view),
  );
  const sorted = [...guarded].sort((a, b) => b.samples.length - a.samples.length || a.samples[0]! - b.samples[0]!);
  const used = new Map<string, number>();
  const named = sorted.map((part) => {
    const wanted = list[part.cell]!.name.replace(/[^\w.-]+/g, "_");
    const n = (used.get(wanted) ?? 0) + 1;
    used.set(wanted, n);
    return { part, name: n === 1 ? wanted : `${wanted}-${n}` };
  });
  return named.map(({ part, name }) => {
    const { format, projection } = samples[part.samples[0]!]!;
    const other = named.find((n) => n.part.cell === part.hiddenBy && n.part.hiddenBy === undefined);
    return {
      name,
      format: format.id,
      status: projection.status,
      samples: part.samples,
      guard: part.guard,
      hiddenBy: other?.name,
    };
  });
}
