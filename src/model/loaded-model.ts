import type { ResponseHead } from "../base/http.ts";
import type { Codec, Formats } from "../formats/format.ts";
import { WraithError } from "../base/errors.ts";
import type { LoadedModel, Model, Route, Take, Variant } from "./model.ts";

/**
 * The codec of a route's events in one format. It sees a request to the route's pattern: whatever a codec needs to know of an
 * exchange stands in its path. Throws WraithError MODEL_INVALID for a format that does not exist.
 */
export function codecOfRoute(
  route: Pick<Route, "method" | "pattern">,
  format: string,
  formats: Formats,
  response?: ResponseHead,
): Codec {
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
  return found.createCodec({ request, response, direction: "server" });
}

/** A head that says all that the answers of a route in this format say of themselves: a codec may need to know of a message encoding. */
function headOfRoute(route: Route, format: string): ResponseHead {
  const variants = route.variants.filter((variant) => variant.format === format);
  const headers = variants.flatMap((variant) => variant.headers.flat());
  return {
    status: variants[0]?.status ?? 200,
    headers: headers.flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as const] : [])),
  };
}

/** A model and its takes as what serve and check work on; codecs are made once a route and format. */
export function loadModel(
  model: Model,
  takes: ReadonlyMap<Variant, readonly Take[]>,
  formats: Formats,
  takeBytes: LoadedModel["takeBytes"] = new Map(),
): LoadedModel {
  const codecs = new Map<Route, Map<string, Codec>>();
  return {
    model,
    takes,
    takeBytes,
    codec(route, format) {
      let ofRoute = codecs.get(route);
      if (ofRoute === undefined) codecs.set(route, (ofRoute = new Map()));
      let codec = ofRoute.get(format);
      if (codec === undefined)
        ofRoute.set(format, (codec = codecOfRoute(route, format, formats, headOfRoute(route, format))));
      return codec;
    },
  };
}
