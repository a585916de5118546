/** Text as `grpc-message` carries it: UTF-8 with all but printable ASCII, and `%`, percent-encoded. */
export function percentEncode(text: string): string {
  let out = "";
  for (const byte of Buffer.from(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    out += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}
