/**
 * One notation for places, everywhere: `events[3].data.choices[0].delta.role`, `headers.content-type`,
 * `body["a b"].c`. A segment is `.name` where the name is of letters, digits, `_`, `$` and `-`, else `["name"]`
 * in JSON spelling; array elements are `[n]`. `name#n` is number n of several lines that have one name (no JSON key).
 */
export function pathKey(parent: string, key: string): string {
  if (/^[\w$-]+$/.test(key)) return parent === "" ? key : `${parent}.${key}`;
  return `${parent}[${JSON.stringify(key)}]`;
}

export function pathIndex(parent: string, index: number): string {
  return `${parent}[${index}]`;
}

/** Path of a place inside an event: `events[3]` and `data.id` give `events[3].data.id`, `body` and `[0].b` give `body[0].b`. */
export function joinPath(eventPath: string, leafPath: string): string {
  if (leafPath === "" || eventPath === "") return eventPath + leafPath;
  return leafPath.startsWith("[") ? `${eventPath}${leafPath}` : `${eventPath}.${leafPath}`;
}

/** The path with every array index left open: `a[3].b[0]` becomes `a[].b[]`. */
export function pathPattern(path: string): string {
  return path.replace(/\[\d+\]/g, "[]");
}

/** Splits a path into keys (strings) and indices (numbers; `[]` gives -1). Undefined where it is not in the notation. */
export function pathSegments(path: string): readonly (string | number)[] | undefined {
  const out: (string | number)[] = [];
  const segment = /\.?([\w$-]+(?:#\d+)?)|\[(\d*)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  while (segment.lastIndex < path.length) {
    const m = segment.exec(path);
    if (m === null) return undefined;
    if (m[1] !== undefined) out.push(m[1]);
    else if (m[2] !== undefined) out.push(m[2] === "" ? -1 : Number(m[2]));
    else
      try {
        out.push(JSON.parse(m[3]!) as string);
      } catch {
        return undefined;
      }
  }
  return out;
}

/** The last key of a path, indices left out: `a.b[3]` gives `b`; the empty string where there is none. */
export function lastKey(path: string): string {
  const segments = pathSegments(path) ?? [];
  for (let i = segments.length - 1; i >= 0; i--) if (typeof segments[i] === "string") return segments[i] as string;
  return "";
}
