/** The wraith.toml of a new twin: one line that counts, and what else there is, in comments. */
export function initialConfig(baseUrl: string): string {
  return `# What to record, how to serve, how strict to check. docs/configuration.md lists every field.

# The real API. The path of every request is appended to it.
base_url = ${JSON.stringify(baseUrl)}

# [upstream]
# ca = "ca.pem"                      # certificates to trust, relative to this folder
# allow = ["POST /v1/chat/*"]        # routes that \`wraith check --upstream\` may send beside GET and HEAD
#
# [upstream.headers]                 # headers that \`wraith check --upstream\` sends
# authorization = "Bearer \${API_KEY}"

# [recordings]
# max_message_mb = 10
# session_idle_seconds = 30

# [schemas]
# descriptor_set = "api.binpb"       # beside what lies in proto/

# [serve]
# fidelity = "synth"                 # or "strict"
# seed = 0
# provenance_headers = true

# [diff]
# required_score = 1.0
# session_pass_rate = 1.0
#
# [diff.fields]                      # the class of a field, where it was learned wrong
# "data.system_fingerprint" = "text"
#
# [[diff.suppress]]                  # a difference that does not count, and why
# path = "headers.server"
# reason = "the version of the server does not matter"
`;
}

/** The .gitignore of a new twin: what belongs to one machine. */
export function initialGitignore(): string {
  return `# The key that secrets are replaced with, made where WRAITH_HMAC_KEY is not set.
${KEY_FILE}
reports/
*.tmp
*.lock
model.tmp/
model.next/
model.old/
`;
}

/** Name of the key file in a twin's folder. */
export const KEY_FILE = ".wraith-key";

/** The scrub.toml of a new twin: no rules of its own, and what is done without any. */
export function initialScrubRules(): string {
  return `# What must never be stored in clear, beside what wraith always replaces before it stores anything: the values of
# authorization, cookies, API key and token headers, and of query, form and JSON fields such as api_key, password and client_secret.

# card_numbers = true                # card numbers in strings
# known_keys = true                  # keys of well-known form (sk-..., ghp_..., AKIA...)

# [[rule]]
# scope = "json"                     # or header, query, proto, regex
# match = "user.email"
# action = "tokenize"                # or mask, redact
`;
}
