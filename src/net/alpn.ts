import { connect } from "node:tls";

/** Asks a TLS server which of h2 and HTTP/1.1 it would rather speak. One that cannot be asked gives `http/1.1`: the request itself will say why. */
export function chooseProtocol(base: URL, ca: readonly string[] | undefined): Promise<"h2" | "http/1.1"> {
  const host = base.hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: base.port === "" ? 443 : Number(base.port),
      ALPNProtocols: ["h2", "http/1.1"],
      ca: ca?.slice(),
      ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    });
    const settle = (): void => {
      resolve(socket.alpnProtocol === "h2" ? "h2" : "http/1.1");
      socket.destroy();
    };
    socket.once("secureConnect", settle);
    socket.once("error", settle);
    socket.once("close", settle);
  });
}
