import * as grpc from "@grpc/grpc-js";

/** Bytes in, bytes out: the wire is what is tested, not protobuf. */
const bytes = {
  requestSerialize: (b: Buffer) => b,
  requestDeserialize: (b: Buffer) => b,
  responseSerialize: (b: Buffer) => b,
  responseDeserialize: (b: Buffer) => b,
};
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  ...bytes,
});

export const definition = {
  unary: method("Unary", false, false),
  download: method("Download", false, true),
  upload: method("Upload", true, false),
  chat: method("Chat", true, true),
  missing: method("Missing", false, false),
} as const;

/** What happened to calls on the server's side, for tests that ask what the upstream saw. */
export interface ServiceLog {
  readonly events: string[];
}

/** A grpc-js service whose behaviour the client's metadata `do` chooses. */
export async function startGrpcService(): Promise<{
  port: number;
  log: ServiceLog;
  server: grpc.Server;
  stop(): void;
}> {
  const log: ServiceLog = { events: [] };
  const server = new grpc.Server({
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.default_compression_algorithm": 0,
  });
  const trailersFor = (metadata: grpc.Metadata): grpc.Metadata => {
    const out = new grpc.Metadata();
    out.set("trail", "er");
    out.set("trail-bin", Buffer.from([0, 255, 1]));
    for (const v of metadata.get("x-echo")) out.add("x-echo", v);
    for (const v of metadata.get("x-echo-bin")) out.add("x-echo-bin", v);
    return out;
  };
  const failure = (metadata: grpc.Metadata): Partial<grpc.StatusObject> | undefined => {
    const code = metadata.get("fail")[0];
    if (code === undefined) return undefined;
    const extra = trailersFor(metadata);
    extra.set("grpc-status-details-bin", Buffer.from("details of the failure"));
    return { code: Number(code), details: "größer, 100% — bad\nline", metadata: extra };
  };
  server.addService(
    definition as unknown as grpc.ServiceDefinition,
    {
      unary: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
        log.events.push("unary");
        call.on("cancelled", () => log.events.push("unary cancelled"));
        const head = new grpc.Metadata();
        head.set("head", "er");
        for (const v of call.metadata.get("x-echo")) head.add("x-echo", v);
        for (const v of call.metadata.get("x-echo-bin")) head.add("x-echo-bin", v);
        if (call.metadata.get("silent").length > 0) return;
        const wrong = failure(call.metadata);
        if (wrong !== undefined) return done(wrong as grpc.ServiceError);
        call.sendMetadata(head);
        done(null, call.request, trailersFor(call.metadata));
      },
      download: (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
        log.events.push("download");
        call.on("cancelled", () => log.events.push("download cancelled"));
        const count = Number(call.metadata.get("count")[0] ?? 3);
        for (let i = 0; i < count; i++) call.write(Buffer.concat([Buffer.from([i]), call.request]));
        if (call.metadata.get("hold").length > 0) return;
        const wrong = failure(call.metadata);
        if (wrong !== undefined) call.emit("error", wrong);
        else call.end(trailersFor(call.metadata));
      },
      upload: (call: grpc.ServerReadableStream<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
        const parts: Buffer[] = [];
        call.on("data", (b: Buffer) => parts.push(b));
        call.on("end", () => done(null, Buffer.from(parts.map((p) => p.length).join(",")), trailersFor(call.metadata)));
      },
      chat: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
        log.events.push("chat");
        call.on("cancelled", () => log.events.push("chat cancelled"));
        call.on("data", (b: Buffer) => call.write(Buffer.concat([Buffer.from("re:"), b])));
        call.on("end", () => {
          log.events.push("chat half-closed");
          if (call.metadata.get("linger").length > 0) call.write(Buffer.from("after half-close"));
          call.end(trailersFor(call.metadata));
        });
      },
    } as grpc.UntypedServiceImplementation,
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, p) =>
      error === null ? resolve(p) : reject(error),
    ),
  );
  return { port, log, server, stop: () => server.forceShutdown() };
}

/** What a client saw of one call, as plain data. */
export interface Seen {
  readonly metadata: Record<string, unknown>;
  readonly messages: string[];
  readonly code: number;
  readonly details: string;
  readonly trailers: Record<string, unknown>;
}

export function createClient(port: number, options: Partial<grpc.ClientOptions> = {}): grpc.Client {
  return new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.use_local_subchannel_pool": 1,
    ...options,
  });
}

/** Runs a call of any kind: sends all messages (or what `drive` sends), collects everything that comes back. */
export function runCall(
  client: grpc.Client,
  name: keyof typeof definition,
  options: {
    messages?: Buffer[];
    metadata?: Record<string, (string | Buffer)[]>;
    call?: grpc.CallOptions;
    drive?: (call: grpc.ClientDuplexStream<Buffer, Buffer>, seen: string[]) => void;
  } = {},
): Promise<Seen> {
  const { path, requestSerialize, responseDeserialize } = definition[name];
  const metadata = new grpc.Metadata();
  for (const [key, values] of Object.entries(options.metadata ?? {}))
    for (const value of values) metadata.add(key, value);
  return new Promise((resolve) => {
    const call = client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadata,
      options.call ?? {},
    ) as grpc.ClientDuplexStream<Buffer, Buffer>;
    const messages: string[] = [];
    let head: Record<string, unknown> = {};
    call.on("metadata", (m: grpc.Metadata) => (head = plain(m)));
    call.on("data", (b: Buffer) =>
      messages.push(
        b.length > 64 ? `${b.length} bytes, sum ${b.reduce((a, x) => (a + x) % 65536, 0)}` : b.toString("latin1"),
      ),
    );
    call.on("error", () => undefined);
    call.on("status", (status: grpc.StatusObject) =>
      resolve({
        metadata: head,
        messages,
        code: status.code,
        details: status.details,
        trailers: plain(status.metadata),
      }),
    );
    if (options.drive !== undefined) options.drive(call, messages);
    else {
      for (const message of options.messages ?? [Buffer.from("hello")]) call.write(message);
      call.end();
    }
  });
}

function plain(metadata: grpc.Metadata): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(metadata.getMap()).sort())
    if (key !== "date") out[key] = metadata.get(key).map((v) => (typeof v === "string" ? v : v.toString("hex")));
  return out;
}
