// usage: tsx test/interop/holdout.mjs FOLDER NAME : learns the twin NAME of the workspace in FOLDER once for each recorded stream, without
// that stream, and prints as JSON how many of its events a learned shape fits.
import { openTwin } from "../../src/app/open-twin.ts";
import { readSessions } from "../../src/store/recordings.ts";
import { holdOut } from "../support/holdout.ts";

const [folder, name] = process.argv.slice(2);
if (folder === undefined || name === undefined) throw new Error("usage: holdout.mjs FOLDER NAME");
const { workspace, formats } = await openTwin(folder, name);
const sessions = [];
for await (const session of readSessions(workspace, { sessions: [], tags: [] })) sessions.push(session);
const isStream = formats.all.filter((format) => !format.unary);
const result = holdOut(
  sessions,
  formats,
  ({ request, response }) => response !== undefined && isStream.includes(formats.find(request, response)),
);
process.stdout.write(`${JSON.stringify({ ...result, share: result.known / Math.max(1, result.events) }, null, 2)}\n`);
