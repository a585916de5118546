import { digest } from "../base/digest.ts";

/** How often each session has sent each request. */
export interface RequestCounts {
  /** How often it was sent before; counts this time. */
  next(session: string, request: string): number;
  /** Forgets one session, or all. */
  reset(session?: string): void;
}

/** Longer names are kept as digests: a client chooses them. */
const LONG_NAME = 64;

/** Creates counts of at most `limit` pairs of session and request; beyond it those that were not sent for longest begin anew. */
export function createRequestCounts(limit: number): RequestCounts {
  // A map keeps the order in which keys were set: the first one was not asked for longest.
  const counts = new Map<string, number>();
  const nameOf = (session: string): string => (session.length > LONG_NAME ? `#${digest(session, 32)}` : session);
  return {
    next(session, request) {
      const key = `${request} ${nameOf(session)}`;
      const before = counts.get(key);
      if (before !== undefined) counts.delete(key);
      else if (counts.size >= limit) for (const oldest of counts.keys()) if (counts.delete(oldest)) break;
      counts.set(key, (before ?? 0) + 1);
      return before ?? 0;
    },
    reset(session) {
      if (session === undefined) return counts.clear();
      const end = ` ${nameOf(session)}`;
      for (const key of counts.keys()) if (key.slice(key.indexOf(" ")) === end) counts.delete(key);
    },
  };
}
