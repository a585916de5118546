import type { Codec, Formats } from "../formats/format.ts";
import { WraithError } from "../base/errors.ts";
import type { LoadedModel, Model, Route, Take, Variant } from "./model.ts";

/**
 * The codec of a route's events in one format. It sees a request to the route's pattern: whatever a codec needs to know of an
 * exchange stands in its path. Throws WraithError MODEL_INVALID for a format that does not exist.
 */
export function codecOfRoute(route: Pick<Route, "method" | "pattern">, format: string, formats: Formats): Codec {
  const found = formats.byId(format);
  if (found === undefined)
    throw new WraithError(
      "MODEL_INVALID",
      `there is no format ${JSON.stringify(format)} (${formats.all.map((f) => f.id).join(", ")})`,
    );
  const request = {
    protocol: "http",
    httpVersion: "2",
    method: route.method,
    path: route.pattern,
    query: "",
    headers: [],
  } as const;
  return found.createCodec({ request, direction: "server" });
}

/** A model and its takes as what serve and check work on; codecs are made once a route and format. */
export function loadModel(model: Model, takes: ReadonlyMap<Variant, readonly Take[]>, formats: Formats): LoadedModel {
  const codecs = new Map<Route, Map<string, Codec>>();
  return {
    model,
    takes,
    codec(route, format) {
      let ofRoute = codecs.get(route);
      if (ofRoute === undefined) codecs.set(route, (ofRoute = new Map()));
      let codec = ofRoute.get(format);
      if (codec === undefined) ofRoute.set(format, (codec = codecOfRoute(route, format, formats)));
      return codec;
    },
  };
}
