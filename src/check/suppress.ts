import type { Divergence } from "./divergence.ts";

/** Divergences that are accepted: all globs given must match (`[[diff.suppress]]`). */
export interface SuppressionRule {
  readonly route?: string | undefined;
  readonly path?: string | undefined;
  readonly category?: string | undefined;
  readonly reason: string;
}

/** The first rule that accepts this divergence. */
export function findSuppression(
  divergence: Pick<Divergence, "route" | "path" | "category">,
  rules: readonly SuppressionRule[],
): SuppressionRule | undefined {
  return rules.find(
    (rule) =>
      (rule.route === undefined || matchesGlob(divergence.route, rule.route)) &&
      (rule.path === undefined || matchesGlob(divergence.path, rule.path)) &&
      (rule.category === undefined || matchesGlob(divergence.category, rule.category)),
  );
}

/** Whether a text matches a glob: `*` is any run of characters, `?` is one; everything else, brackets too, is itself. */
export function matchesGlob(text: string, glob: string): boolean {
  let [t, g] = [0, 0];
  let [star, resume] = [-1, 0];
  while (t < text.length) {
    if (g < glob.length && glob[g] === "*") {
      star = g++;
      resume = t;
    } else if (g < glob.length && (glob[g] === "?" || glob[g] === text[t])) {
      g++;
      t++;
    } else if (star >= 0) {
      g = star + 1;
      t = ++resume;
    } else return false;
  }
  while (glob[g] === "*") g++;
  return g === glob.length;
}
