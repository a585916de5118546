const HEADER = /^([!#$%&'*+.^_`|~\w-]+):([\t\x20-\x7e\x80-\xff]*)$/;

/** The name and value of a header's line (latin-1, without its end), or undefined where it is none in strict spelling (RFC 9112, 5). */
export function parseHeaderLine(line: string): readonly [name: string, value: string] | undefined {
  const found = HEADER.exec(line);
  return found === null ? undefined : [found[1]!, withoutOuterSpace(found[2]!)];
}

/**
 * Without the spaces and tabs around it. Not `trim`, which takes a no-break space for one, as the last byte of an "à" in UTF-8 looks; nor in
 * the pattern above, where many spaces in front of a wrong character would be tried one by one.
 */
export function withoutOuterSpace(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isSpace(value.charCodeAt(start))) start++;
  while (end > start && isSpace(value.charCodeAt(end - 1))) end--;
  return value.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
