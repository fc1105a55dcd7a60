extension ConfigurationRefusals {
  static let principal: [Case] = [
    Case(
      "principal: { }",
      "4:12: principal: names no caller; expected headers or jwt"),
    Case(
      "principal: { headers: [] }",
      "4:23: principal.headers: is empty; expected one header field at least"),
    Case(
      "principal: { headers: x-api-key }",
      "4:23: principal.headers: is a single value; expected a list, each the name of a header field"),
    Case(
      "principal: { headers: [\"x api\"] }",
      "4:24: principal.headers[0]: is not valid; expected the name of a header field"),
    Case(
      "principal: { headers: [x-api-key, X-API-Key] }",
      "4:35: principal.headers[1]: stands in the list twice; expected once"),
    Case(
      "principal: { headers: [x-api-key, Authorization] }",
      """
      4:35: principal.headers[1]: is authorization, which changes when a token is renewed; expected jwt, \
      another field, or stableCredential: true
      """),
    Case(
      "principal: { headers: [a], jwt: { keysFile: jwks.json } }",
      "4:33: principal.jwt: is given beside headers; expected one of them"),
    Case(
      "principal: { jwt: { } }",
      "4:19: principal.jwt.keysFile: is missing; expected the name of a file, or keysUrl"),
    Case(
      "principal: { jwt: { keysFile: jwks.json, keysUrl: \"https://id.example/jwks\" } }",
      "4:51: principal.jwt.keysUrl: is given beside keysFile; expected one of them"),
    Case(
      "principal: { jwt: { keysUrl: \"http://id.example/jwks\" } }",
      """
      4:30: principal.jwt.keysUrl: is not valid; expected https://host/path, or http:// and a loopback address, \
      without user and fragment
      """),
    Case(
      "principal: { jwt: { keysFile: jwks.json, keysCaFile: ca.pem } }",
      "4:54: principal.jwt.keysCaFile: is given without keysUrl; expected both or none"),
    Case(
      "principal: { jwt: { keysUrl: \"http://127.0.0.1/\", keysCaFile: ca.pem } }",
      "4:63: principal.jwt.keysCaFile: is given though keysUrl is http; expected one of them"),
    Case(
      "principal: { jwt: { keysFile: jwks.json, issuer: \"\", audience: \"\" } }",
      "4:50: principal.jwt.issuer: is not valid; expected a text of 1 to 1024 bytes",
      "4:64: principal.jwt.audience: is not valid; expected a text of 1 to 1024 bytes"),
    Case(
      "principal: { jwt: { keysFile: jwks.json, audience: [], types: [] } }",
      "4:52: principal.jwt.audience: is empty; expected one audience at least",
      "4:63: principal.jwt.types: is empty; expected one type at least"),
    Case(
      "principal: { jwt: { keysFile: jwks.json, types: [JWT, application/jwt, \"a b\"] } }",
      "4:55: principal.jwt.types[1]: stands in the list twice; expected once",
      """
      4:72: principal.jwt.types[2]: is not valid; expected a media type such as JWT or at+jwt, or "" for a token \
      without one
      """),
    Case(
      "principal: { jwt: { keysFile: jwks.json, requireExpiry: no, leeway: 6m } }",
      "4:57: principal.jwt.requireExpiry: is \"no\"; expected true or false",
      "4:69: principal.jwt.leeway: is \"6m\"; expected a duration from 0s to 5m, such as 500ms, 30s, 5m, 24h or 7d"),
    Case(
      "principal: { jwt: { keysFile: no.json } }",
      "4:31: principal.jwt.keysFile: \"no.json\" does not exist; expected a readable file"),
    Case(
      "principal: { jwt: { header: \"a b\", claims: [], keysFile: jwks.json } }",
      "4:29: principal.jwt.header: is not valid; expected the name of a header field",
      "4:44: principal.jwt.claims: is empty; expected one claim at least"),
    Case(
      "principal: { jwt: { keysFile: jwks.json, claims: [\"\"] } }",
      "4:51: principal.jwt.claims[0]: is not valid; expected a claim's name of 1 to 64 bytes"),
    Case(
      "principal: { jwt: { keysFile: jwks.json }, stableCredential: true }",
      "4:62: principal.stableCredential: is true though jwt is given, whose claims are stable; expected headers"),
    Case(
      "principal: { headers: [a], stableCredential: yes }",
      "4:46: principal.stableCredential: is \"yes\"; expected true or false"),
    Case(
      "principal: { headers: [a], missing: ignore }",
      "4:37: principal.missing: is \"ignore\"; expected reject or shared"),
    Case(
      "principal: { headers: [a], challenge: \"Api Key\" }",
      "4:39: principal.challenge: is not valid; expected the name of an authentication scheme"),
    Case(
      "principal: { headers: [a], pepperFile: hunter2 }",
      "4:40: principal.pepperFile: the file does not exist; expected a readable file"),
    Case(
      "principal: { headers: [a], pepperFile: short }",
      "4:40: principal.pepperFile: the file has 15 bytes; expected 16 to 4096, random ones"),
    Case(
      "unmatchedKey: drop",
      "6:15: unmatchedKey: is \"drop\"; expected ignore or reject"),
    Case(
      "audit: { enabled: 1 }",
      "6:19: audit.enabled: is \"1\"; expected true or false"),
    Case(
      "audit: { maxEntries: 0 }",
      "6:22: audit.maxEntries: is \"0\"; expected a whole number from 1 to 100000000"),
    Case(
      "logging: { level: verbose }",
      "6:19: logging.level: is \"verbose\"; expected trace, debug, info, notice, warning, error or critical"),
    Case(
      "logging: { format: xml }",
      "6:20: logging.format: is \"xml\"; expected json or text"),
    Case(
      "lisen: 127.0.0.1:80",
      "6:1: lisen: is not a setting; expected listen?"),
    Case(
      "metrics: true",
      """
      6:1: metrics: is not a setting; expected one of listen, tls, clientTimeouts, limits, trustedProxies, \
      dropMethodOverride, drainTimeout, workerId, admin, adminTokenFile, origin, originTls, originTimeout, \
      originConnections, store, principal, unmatchedKey, audit, logging, policies
      """),
    Case(
      "origin_timeout: 5s",
      "6:1: origin_timeout: is not a setting; expected originTimeout?"),
  ]
}
