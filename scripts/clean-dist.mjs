// Removes dist/, so that a build never leaves chunks of an older one behind.
import { rmSync } from "node:fs";

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
