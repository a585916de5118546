import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { rootCertificates } from "node:tls";
import type { WraithError } from "../base/errors.ts";
import { refuseConfig, type Config } from "../store/config.ts";
import type { Workspace } from "../store/workspace.ts";

/** The certificates that an upstream is trusted by: those of Node and `[upstream] ca`; undefined where only Node's are. Throws CONFIG_INVALID. */
export async function readCertificates(workspace: Workspace, config: Config): Promise<readonly string[] | undefined> {
  if (config.upstream.ca === undefined) return undefined;
  const file = resolve(workspace.dir, config.upstream.ca);
  const refuse = (reason: string): Promise<WraithError> =>
    refuseConfig(workspace, ["upstream", "ca"], `names ${file}, ${reason}`);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw await refuse(`which cannot be read: ${(error as Error).message}`);
  }
  // Node itself would pass over what is no certificate, and trust nobody more than before.
  const certificates = text.match(PEM) ?? [];
  if (certificates.length === 0) throw await refuse("in which there is no certificate in PEM");
  const broken = certificates.findIndex((pem) => !isCertificate(pem));
  if (broken >= 0) throw await refuse(`whose certificate number ${broken + 1} cannot be read`);
  return [...rootCertificates, text];
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

const PEM = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;
