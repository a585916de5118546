/** What was looked at, and what is to be said of it. */
export interface Finding {
  /** `ok`: looked at, nothing is wrong · `note`: worth knowing · `problem`: to be corrected · `secret`: stands in clear on the disk. */
  readonly level: "ok" | "note" | "problem" | "secret";
  readonly area:
    | "config"
    | "rules"
    | "drifts"
    | "key"
    | "schemas"
    | "recordings"
    | "model"
    | "leftovers"
    | "secrets"
    | "machine";
  readonly text: string;
  /** File, line and field, or exchange. */
  readonly place?: string | undefined;
}

/** Does work, and makes a finding of an error. */
export type Attempt = <T>(area: Finding["area"], work: () => Promise<T>) => Promise<T | undefined>;

/** `1 take`, `2 takes`. */
export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** The first few of a list. */
export function listed(ids: readonly string[]): string {
  return ids.length <= 3 ? ids.join(", ") : `${ids.slice(0, 3).join(", ")} and ${ids.length - 3} more`;
}
