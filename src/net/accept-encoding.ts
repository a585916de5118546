import { headerValues, type HeaderList } from "../base/http.ts";

/**
 * Whether a client takes a content coding (RFC 9110, 12.5.3): named or by `*`, and not with `q=0`. A client that says nothing
 * gets none, although it would have to take any: most that say nothing can decode nothing.
 */
export function acceptsCoding(headers: HeaderList, coding: string): boolean {
  const wanted = canonical(coding);
  let byStar = false;
  for (const value of headerValues(headers, "accept-encoding"))
    for (const item of value.split(",")) {
      const [name = "", ...parameters] = item.split(";");
      const offered = canonical(name);
      if (offered !== wanted && offered !== "*") continue;
      const refused = parameters.some((p) => /^\s*q\s*=\s*0(\.0{0,3})?\s*$/i.test(p));
      // What is named outdoes the star, wherever it stands.
      if (offered === wanted) return !refused;
      byStar = !refused;
    }
  return byStar;
}

function canonical(coding: string): string {
  const name = coding.trim().toLowerCase();
  return name === "x-gzip" ? "gzip" : name;
}
