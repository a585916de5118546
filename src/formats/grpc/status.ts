/** Status of a call: where it stands, what it says about the end, and the answer that wraith gives where it knows none. */
import { findHeader, type HeaderList, type ResponseHead, type Termination } from "../../base/http.ts";
import type { EndEvidence, OwnAnswer } from "../format.ts";

/** grpc-status of trailers, or of a head that is all there is (Trailers-Only). */
function findStatus(response: ResponseHead | undefined, trailers: HeaderList | undefined): string | undefined {
  return findHeader(trailers ?? [], "grpc-status") ?? findHeader(response?.headers ?? [], "grpc-status");
}

/**
 * An answer that had its status ended as the protocol asks, whatever the status is and whoever left then; one that had none is
 * truncated, also where the transport ended in peace. What the transport says of a reset or a lost connection stands otherwise.
 */
export function grpcTermination({ response, trailers, close }: EndEvidence): Termination {
  const isOver = findStatus(response, trailers) !== undefined;
  const isReset = close.shape === "error" && (close.code ?? 0) !== 0;
  if (isOver && !isReset) return { shape: "clean", by: "server" };
  if (!isOver && close.shape === "clean") return { shape: "truncated", by: "server", detail: "no grpc-status came" };
  return close;
}

/** What tells variants apart where there is nothing but a status. */
export function grpcVariantKey(response: ResponseHead, trailers: HeaderList | undefined, eventCount: number): string {
  return eventCount > 0 ? "" : (findStatus(response, trailers) ?? "");
}

const UNIMPLEMENTED = "12";

/** A Trailers-Only answer UNIMPLEMENTED whose message ends with what `details` list (known methods, nearest routes). */
export function createGrpcRefusal(message: string, details: Readonly<Record<string, unknown>>): OwnAnswer {
  const listed = Object.values(details).flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : []));
  const names = listed.map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
  const text = `wraith: ${message}${names.length === 0 ? "" : `; known: ${names.join(", ")}`}`;
  return {
    status: 200,
    headers: [
      ["content-type", "application/grpc"],
      ["grpc-status", UNIMPLEMENTED],
      ["grpc-message", formatGrpcMessage(text)],
    ],
    body: new Uint8Array(0),
  };
}

/** Longer than this a header is refused by clients. */
const MAX_MESSAGE_CHARACTERS = 4096;

/** Percent-encoding of grpc-message: everything but printable ASCII, and the percent sign. */
function formatGrpcMessage(text: string): string {
  let out = "";
  for (const byte of new TextEncoder().encode(text.slice(0, MAX_MESSAGE_CHARACTERS)))
    out +=
      byte < 32 || byte > 126 || byte === 37
        ? `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
        : String.fromCharCode(byte);
  return out;
}
