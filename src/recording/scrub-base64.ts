const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Base64 of bytes (RFC 4648, section 4, padded). */
export function base64FromBytes(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const bits = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out += DIGITS[bits >> 18]! + DIGITS[(bits >> 12) & 63]!;
    out += i + 1 < bytes.length ? DIGITS[(bits >> 6) & 63]! : "=";
    out += i + 2 < bytes.length ? DIGITS[bits & 63]! : "=";
  }
  return out;
}

/** Base64 of a text's UTF-8. */
export function base64FromText(text: string): string {
  return base64FromBytes(new TextEncoder().encode(text));
}
