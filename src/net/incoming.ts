import type { HeaderList, RequestHead } from "../base/http.ts";
import { isOwnHeader } from "./forwarding.ts";

/** What a client asks of the twin beside its request. */
export interface Wishes {
  /** `X-Wraith-Session`; the empty string when there is none. */
  readonly session: string;
  /** `X-Wraith-Take`. */
  readonly take: string | undefined;
  /** `X-Wraith-Values`. */
  readonly values: "own" | "fresh" | undefined;
}

const NO_WISHES: Wishes = { session: "", take: undefined, values: undefined };

/** Takes wraith's own headers out of a request: what is left is what the API's client said. A string says what is wrong with them. */
export function takeWishes(
  head: RequestHead,
  isSession: (name: string) => boolean,
): { readonly head: RequestHead; readonly wishes: Wishes } | string {
  if (!head.headers.some(([n]) => isOwnHeader(n))) return { head, wishes: NO_WISHES };
  const own = head.headers.filter(([n]) => isOwnHeader(n));
  const find = (name: string): string | undefined => own.find(([n]) => n.toLowerCase() === name)?.[1].trim();
  const session = find("x-wraith-session") ?? "";
  if (session !== "" && !isSession(session))
    return `X-Wraith-Session names a session with 1 to 64 letters, digits, dots, dashes or underscores, not ${JSON.stringify(session)}`;
  const values = find("x-wraith-values");
  if (values !== undefined && values !== "own" && values !== "fresh")
    return `X-Wraith-Values is own or fresh, not ${JSON.stringify(values)}`;
  const headers: HeaderList = head.headers.filter(([n]) => !isOwnHeader(n));
  return { head: { ...head, headers }, wishes: { session, take: find("x-wraith-take"), values } };
}
