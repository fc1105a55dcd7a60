extension ConfigurationRefusals {
  static let outcomes: [Case] = [
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, fingerprint: { body: text } }]",
      "5:72: policies[0].fingerprint.body: is \"text\"; expected bytes, json or none"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, fingerprint: { fields: [/a] } }]",
      """
      5:74: policies[0].fingerprint.fields: is given though the body counts as bytes; expected \
      fingerprint.body: json
      """),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, fingerprint: { body: json, fields: [a] } }]",
      "5:87: policies[0].fingerprint.fields[0]: is not valid; expected a JSON pointer such as /amount"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, fingerprint: { ignore: [/a] } }]",
      """
      5:74: policies[0].fingerprint.ignore: is given though the body counts as bytes; expected \
      fingerprint.body: json
      """),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, fingerprint: { target: 0 } }]",
      "5:74: policies[0].fingerprint.target: is \"0\"; expected true or false"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, fingerprint: { headers: [\"a b\"] } }]",
      "5:76: policies[0].fingerprint.headers[0]: is not valid; expected the name of a header field"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, onMismatch: ignore }]",
      "5:63: policies[0].onMismatch: is \"ignore\"; expected reject or replay"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, onInProgress: queue }]",
      "5:65: policies[0].onInProgress: is \"queue\"; expected reject or wait"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, waitUpTo: 10s }]",
      "5:61: policies[0].waitUpTo: is given though nobody waits; expected onInProgress: wait too"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, onInProgress: wait, waitUpTo: 500ms }]",
      """
      5:81: policies[0].waitUpTo: is "500ms"; expected a duration from 1s to 10m, such as 500ms, 30s, 5m, 24h \
      or 7d
      """),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, onUnknownOutcome: retry }]",
      "5:69: policies[0].onUnknownOutcome: is \"retry\"; expected hold, store or execute-again"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, lateAnswer: 25h }]",
      """
      5:63: policies[0].lateAnswer: is "25h"; expected a duration from 0s to 1d, such as 500ms, 30s, 5m, 24h \
      or 7d
      """),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, lease: 29ms }]",
      "5:58: policies[0].lease: is \"29ms\"; expected a duration from 30ms to 1d, such as 500ms, 30s, 5m, 24h or 7d"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, lease: 13h }]",
      "5:58: policies[0].lease: leaves retention at 1d; expected retention to be at least two leases (26h)"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, retention: 59s }]",
      "5:62: policies[0].retention: is 59s; expected at least two leases (1m)"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, retention: 11y }]",
      """
      5:62: policies[0].retention: is "11y"; expected a duration from 60ms to 3650d, such as 500ms, 30s, 5m, \
      24h or 7d
      """),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, uncertainRetention: 30s }]",
      "5:71: policies[0].uncertainRetention: is 30s; expected at least two leases (1m)"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, results: { stored: [600] } }]",
      """
      5:71: policies[0].results.stored[0]: is not valid; expected a status or a range of them, such as 503, \
      4xx, 500-599 or 2xx-5xx
      """),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, results: { released: [503] } }]",
      """
      5:60: policies[0].results: gives status 503 two results: it stands in released and uncertain with equal \
      width; expected one of them (a list that is not given keeps its default)
      """),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, results: { uncertain: 502 } }]",
      """
      5:73: policies[0].results.uncertain: is a single value; expected a list, each a status or a range of \
      them, such as 503, 4xx, 500-599 or 2xx-5xx
      """),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, results: { kept: [200] } }]",
      "5:62: policies[0].results.kept: is not a setting; expected one of stored, released, uncertain"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, statuses: { mismatch: 199 } }]",
      "5:73: policies[0].statuses.mismatch: is \"199\"; expected a whole number from 200 to 599"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, statuses: { inProgress: conflict } }]",
      "5:75: policies[0].statuses.inProgress: is \"conflict\"; expected a whole number from 200 to 599"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, statuses: { uncertain: 600 } }]",
      "5:74: policies[0].statuses.uncertain: is \"600\"; expected a whole number from 200 to 599"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, statuses: { notRetained: 1.5 } }]",
      "5:76: policies[0].statuses.notRetained: is \"1.5\"; expected a whole number from 200 to 599"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, limits: { requestBody: 1GiB } }]",
      """
      5:74: policies[0].limits.requestBody: is "1GiB"; expected a size from 0B to 64MiB, such as 64B, 512KiB \
      or 1MiB
      """),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, limits: { responseBody: 9MiB } }]",
      """
      5:75: policies[0].limits.responseBody: is "9MiB"; expected a size from 0B to 8MiB, such as 64B, 512KiB \
      or 1MiB
      """),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, replay: { marker: \"a b\" } }]",
      "5:69: policies[0].replay.marker: is not valid; expected the name of a header field"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, replay: { withhold: date } }]",
      "5:71: policies[0].replay.withhold: is a single value; expected a list, each the name of a header field"),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{id}\" }, name: q }]",
      "5:14: name: stands more than once in one mapping, here first; expected once"),
    Case(
      "policies: [{ name: p, match: { path: /p } }, { name: p, match: { path: /q } }]",
      "5:54: policies[1].name: is another policy's too; expected a name of its own"),
    Case(
      """
      policies: [{ name: p, match: { path: /p } }, { name: q, keyspace: p, key: { format: uuid }, match: { \
      path: /q } }]
      """,
      """
      5:46: policies[1]: shares keyspace p with policy p, and would derive keys or fingerprints otherwise: \
      give it a keyspace of its own, or the same key source, format, scope and fingerprint
      """),
    Case(
      "policies: [{ name: p, match: { path: \"/p/{a}\" } }, { name: q, match: { methods: [POST], path: /p/q } }]",
      """
      5:52: policies[1]: is never reached: policy p before it matches everything that it does; expected the \
      narrower one first
      """),
  ]
}
