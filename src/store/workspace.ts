/** The folders of one twin (SPEC section 1). All paths are absolute. */
export interface Workspace {
  readonly name: string;
  /** `<root>/twins/<name>`. */
  readonly dir: string;
  readonly configFile: string;
  readonly scrubFile: string;
  readonly protoDir: string;
  readonly sessionsDir: string;
  readonly modelDir: string;
  readonly symbolsFile: string;
  readonly reportsDir: string;
}

/** Whether a twin or session name is allowed. */
export function isName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name);
}

/** Paths of a twin; checks the name only. Throws NAME_INVALID. */
export function workspaceAt(_root: string, _name: string): Workspace {
  throw new Error("not written yet");
}

/** The workspace of an existing twin. Throws NAME_INVALID, WORKSPACE_MISSING (says where it looked and which twins there are). */
export async function openWorkspace(_root: string, _name: string): Promise<Workspace> {
  throw new Error("not written yet");
}

/** Makes folders, wraith.toml (commented), scrub.toml, the git-ignored key. Throws WORKSPACE_EXISTS, BASE_URL_INVALID. */
export async function createWorkspace(_root: string, _name: string, _options: { baseUrl: string; force: boolean }): Promise<Workspace> {
  throw new Error("not written yet");
}
