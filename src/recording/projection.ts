import type { HeaderList, Termination } from "../base/http.ts";

/** One event of a response: its text (see `Codec`) and the time of the chunk that completed it. */
export interface ProjectedEvent {
  readonly text: string;
  /** Microseconds since the request's last byte (for two-way methods: since the first client message). */
  readonly atUs: number;
}

/** Bytes that mean nothing to a reader of events (comments, empty lines, a cut-off last event), and where they stood. */
export interface ProjectedFiller {
  /** Number of events before it. */
  readonly before: number;
  /** `textFromBytes` of its bytes. */
  readonly text: string;
  readonly atUs: number;
  /** True for a cut-off or broken piece. */
  readonly malformed: boolean;
}

/** A response in comparable form, always made from bytes by `project`: whoever compares cannot know where they came from. */
export interface Projection {
  readonly format: string;
  readonly status: number;
  /** Hop-by-hop headers and wraith's own left out; order and spelling as sent. */
  readonly headers: HeaderList;
  readonly headUs: number;
  readonly coding?: string | undefined;
  readonly events: readonly ProjectedEvent[];
  readonly filler: readonly ProjectedFiller[];
  /** Undefined where none were sent. */
  readonly trailers?: HeaderList | undefined;
  readonly termination: Termination;
  readonly endUs: number;
  /** Numbers of events (from 0) whose text does not encode to the recorded bytes; absent where nobody asked. */
  readonly inexact?: readonly number[] | undefined;
}
