/** Names of headers that say how a request is framed: wraith says it of each request it sends. */
const FRAMING: ReadonlySet<string> = new Set(["content-length", "transfer-encoding"]);

/** Why a header cannot be sent, to follow its name in a sentence; undefined where it can (RFC 9110, 5.1 and 5.5). */
export function headerFault(name: string, value: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name))
    return "is no name of a header: letters, digits and the signs !#$%&'*+-.^_`|~ make one";
  if (FRAMING.has(name.toLowerCase())) return "cannot be set: wraith itself says how long each request is";
  const bad = /[^\t\x20-\x7e\x80-\xff]/u.exec(value)?.[0];
  if (bad === undefined) return undefined;
  return `holds a character that no header can carry: U+${bad.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}
