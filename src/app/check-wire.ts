import { findHeader } from "../base/http.ts";
import { incomingFor, judgeAnswers, type Answer, type ValueKind } from "../check/check-exchange.ts";
import { cutOfHeldStream } from "../check/perform-plan.ts";
import type { CheckBase, Subject } from "../check/subject.ts";
import { probe } from "../net/probe.ts";
import { createUpstream } from "../net/upstream.ts";
import type { Twin } from "../twin/twin.ts";
import { HELD_SILENCE_MS, SILENCE_MS, requestAgain, type Checker, type CheckOptions } from "./checker.ts";
import { startTwin } from "./serve.ts";

/** Serves the twin on a free port at max speed and asks it there. `twin` says which variant the guards choose. */
export async function createWireChecker(options: CheckOptions, base: CheckBase, twin: Twin): Promise<Checker> {
  const { workspace, config, formats, env } = options;
  const served = await startTwin({
    workspace,
    config,
    formats,
    port: 0,
    host: "127.0.0.1",
    fidelity: "synth",
    speed: Number.POSITIVE_INFINITY,
    seed: config.serve.seed,
    provenanceHeaders: true,
    ownReflection: false,
    controlToken: undefined,
    env,
    onNotice: () => undefined,
  });
  const upstream = createUpstream(served.url);
  const ask = async (subject: Subject, values: ValueKind): Promise<Answer> => {
    const cut = cutOfHeldStream(subject.exchange.close);
    const take = subject.learned?.take.id;
    const ownHeaders = [
      ["x-wraith-values", values] as const,
      ...(take === undefined ? [] : [["x-wraith-take", take] as const]),
    ];
    const answer = await probe(
      upstream,
      { ...requestAgain(subject), ownHeaders },
      { silenceMs: subject.exchange.close.by === "server" ? SILENCE_MS : HELD_SILENCE_MS, cut },
    );
    return answer.kind === "response" ? answer.bytes : { failure: answer.detail };
  };
  return {
    check: async (subject) => {
      const chosen = twin.respond(incomingFor(subject, "own"));
      const fresh = await ask(subject, "fresh");
      if (subject.learned !== undefined)
        return judgeAnswers(base, subject, { chosen, own: await ask(subject, "own"), fresh }, "wire");
      const servedBy = "failure" in fresh ? undefined : findHeader(fresh.response.headers, "x-wraith-exchange");
      return judgeAnswers(base, subject, { chosen, fresh, servedBy }, "wire");
    },
    close: async () => {
      upstream.close();
      await served.stop();
    },
  };
}
