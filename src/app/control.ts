import { WraithError } from "../base/errors.ts";
import { isLoopback } from "../net/listener.ts";

/**
 * The token that the control plane asks for, or undefined where it asks for none. Beyond loopback there must be one
 * (SPEC section 2). Throws HOST_NEEDS_TOKEN.
 */
export function controlTokenFor(host: string | undefined, token: string | undefined): string | undefined {
  if (token !== undefined && token !== "") return token;
  if (isLoopback(host)) return undefined;
  throw new WraithError(
    "HOST_NEEDS_TOKEN",
    `Listening on ${host} opens the control plane to others, so it needs a token.`,
  );
}
