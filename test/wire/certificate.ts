import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

// A self-signed X.509 certificate for 127.0.0.1 and localhost (P-256, ECDSA with SHA-256), written in DER by hand: Node can read
// certificates, but not make them, and tests must need nothing but Node.

const length = (n: number): Buffer =>
  n < 128 ? Buffer.from([n]) : n < 256 ? Buffer.from([0x81, n]) : Buffer.from([0x82, n >> 8, n & 255]);
const tlv = (tag: number, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
};
const sequence = (...parts: Buffer[]): Buffer => tlv(0x30, ...parts);
const oid = (text: string): Buffer => {
  const [a = 0, b = 0, ...rest] = text.split(".").map(Number);
  const out = [a * 40 + b];
  for (const v of rest) {
    const bytes = [v & 127];
    for (let x = v >> 7; x > 0; x >>= 7) bytes.unshift((x & 127) | 128);
    out.push(...bytes);
  }
  return tlv(6, Buffer.from(out));
};
const utcTime = (ms: number): Buffer =>
  tlv(0x17, Buffer.from(new Date(ms).toISOString().slice(2, 19).replaceAll(/[-:T]/g, "") + "Z"));

/** A key and a certificate that is its own authority, both PEM. */
export function selfSigned(): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const algorithm = sequence(oid("1.2.840.10045.4.3.2"));
  const name = sequence(tlv(0x31, sequence(oid("2.5.4.3"), tlv(0x0c, Buffer.from("wraith test")))));
  const serial = randomBytes(8);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const names = sequence(tlv(0x87, Buffer.from([127, 0, 0, 1])), tlv(0x82, Buffer.from("localhost")));
  const keyId = createHash("sha1").update(spki.subarray(-65)).digest();
  const extensions = sequence(
    sequence(oid("2.5.29.19"), Buffer.from([1, 1, 0xff]), tlv(4, sequence(Buffer.from([1, 1, 0xff])))),
    sequence(oid("2.5.29.14"), tlv(4, tlv(4, keyId))),
    sequence(oid("2.5.29.17"), tlv(4, names)),
  );
  const now = Date.now();
  const tbs = sequence(
    tlv(0xa0, Buffer.from([2, 1, 2])),
    tlv(2, serial),
    algorithm,
    name,
    sequence(utcTime(now - 86_400_000), utcTime(now + 86_400_000)),
    name,
    spki,
    tlv(0xa3, extensions),
  );
  const der = sequence(tbs, algorithm, tlv(3, Buffer.from([0]), sign("sha256", tbs, privateKey)));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{64}/g, "$&\n").trim()}\n-----END CERTIFICATE-----\n`,
  };
}
