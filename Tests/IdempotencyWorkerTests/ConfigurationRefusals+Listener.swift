extension ConfigurationRefusals {
  static let listener: [Case] = [
    Case(
      "listen: 8080",
      "1:9: listen: is not valid; expected host:port, [ipv6]:port or unix:/path (at most 103 bytes)"),
    Case(
      "listen: localhost",
      "1:9: listen: is not valid; expected host:port, [ipv6]:port or unix:/path (at most 103 bytes)"),
    Case(
      "listen: [::1]:80",
      "1:10: is not valid YAML: did not find expected node content"),
    Case(
      "listen: unix:relative",
      "1:9: listen: is not valid; expected host:port, [ipv6]:port or unix:/path (at most 103 bytes)"),
    Case(
      "listen: 127.0.0.1:65536",
      "1:9: listen: is not valid; expected host:port, [ipv6]:port or unix:/path (at most 103 bytes)"),
    Case(
      "listen:",
      "1:8: listen: is empty; expected host:port, [ipv6]:port or unix:/path (at most 103 bytes)"),
    Case(
      "tls: 5",
      "6:6: tls: is a single value; expected a mapping of settings"),
    Case(
      "tls: { certificateFile: c.pem }",
      "6:6: tls.keyFile: is missing; expected the name of a file"),
    Case(
      "tls: { certificateFile: missing.pem, keyFile: k.pem }",
      "6:25: tls.certificateFile: \"missing.pem\" does not exist; expected a readable file"),
    Case(
      "tls: { certificateFile: c.pem, keyFile: k.pem, clientCaFile: [ca.pem] }",
      "6:62: tls.clientCaFile: is a list; expected the name of a file"),
    Case(
      "tls: { certificateFile: ., keyFile: k.pem }",
      "6:25: tls.certificateFile: \".\" is a directory; expected a readable file"),
    Case(
      "tls: { certFile: c.pem }",
      "6:6: tls.certificateFile: is missing; expected the name of a file",
      "6:6: tls.keyFile: is missing; expected the name of a file",
      "6:8: tls.certFile: is not a setting; expected one of certificateFile, keyFile, clientCaFile"),
    Case(
      "clientTimeouts: { header: 10 }",
      """
      6:27: clientTimeouts.header: is "10"; expected a duration from 100ms to 1h, such as 500ms, 30s, 5m, 24h \
      or 7d
      """),
    Case(
      "clientTimeouts: { body: 99ms }",
      """
      6:25: clientTimeouts.body: is "99ms"; expected a duration from 100ms to 1h, such as 500ms, 30s, 5m, 24h \
      or 7d
      """),
    Case(
      "clientTimeouts: { idle: 2h }",
      """
      6:25: clientTimeouts.idle: is "2h"; expected a duration from 100ms to 1h, such as 500ms, 30s, 5m, 24h \
      or 7d
      """),
    Case(
      "dropMethodOverride: no",
      "6:21: dropMethodOverride: is \"no\"; expected true or false"),
    Case(
      "principal: { headers: [x_http_method] }",
      "1:1: dropMethodOverride: is true though policies or principal rely on x_http_method; expected false"),
    Case(
      "limits: { headerBytes: 1023B }",
      "6:24: limits.headerBytes: is \"1023B\"; expected a size from 1KiB to 1MiB, such as 64B, 512KiB or 1MiB"),
    Case(
      "limits: { headerBytes: 32KB }",
      "6:24: limits.headerBytes: is \"32KB\"; expected a size from 1KiB to 1MiB, such as 64B, 512KiB or 1MiB"),
    Case(
      "limits: { connections: 0 }",
      "6:24: limits.connections: is \"0\"; expected a whole number from 1 to 1000000"),
    Case(
      "limits: { connections: \"10\" }",
      "6:24: limits.connections: is a text in quotes; expected a whole number from 1 to 1000000"),
    Case(
      "limits: { heldBytes: 1023KiB }",
      "6:22: limits.heldBytes: is \"1023KiB\"; expected a size from 1MiB to 65536MiB, such as 64B, 512KiB or 1MiB"),
    Case(
      "policies: [{ name: p, match: { path: /p }, limits: { requestBody: 2MiB } }]\nlimits: { heldBytes: 1MiB }",
      "6:22: limits.heldBytes: is 1MiB; expected at least the requestBody (2MiB) of policy p"),
    Case(
      "trustedProxies: 10.0.0.1",
      "6:17: trustedProxies: is a single value; expected a list, each an IP address or a network such as 10.0.0.0/8"),
    Case(
      "trustedProxies: [10.0.0.1, 10.0.0.1/8, proxy, 10.0.0.1]",
      "6:28: trustedProxies[1]: is not valid; expected an IP address or a network such as 10.0.0.0/8",
      "6:40: trustedProxies[2]: is not valid; expected an IP address or a network such as 10.0.0.0/8",
      "6:47: trustedProxies[3]: stands in the list twice; expected once"),
    Case(
      "drainTimeout: 30s",
      "6:15: drainTimeout: is 30s; expected longer than originTimeout (30s)"),
    Case(
      "drainTimeout: 3h",
      "6:15: drainTimeout: is \"3h\"; expected a duration from 0s to 2h, such as 500ms, 30s, 5m, 24h or 7d"),
    Case(
      "drainTimeout: soon",
      "6:15: drainTimeout: is \"soon\"; expected a duration from 0s to 2h, such as 500ms, 30s, 5m, 24h or 7d"),
    Case(
      "workerId: \"ü\"",
      "6:11: workerId: is not valid; expected at most 128 printable ASCII characters"),
    Case(
      "admin: no",
      "6:8: admin: is not valid; expected host:port, [ipv6]:port or unix:/path (at most 103 bytes), or off"),
    Case(
      "admin: 127.0.0.1:8080",
      "6:8: admin: is the other listener's address too; expected another port"),
    Case(
      "adminTokenFile: none",
      "6:17: adminTokenFile: the file does not exist; expected a readable file"),
    Case(
      "adminTokenFile: token\nadmin: off",
      "6:17: adminTokenFile: is given though admin is off; expected one of them"),
    Case(
      "origin: 127.0.0.1:3000",
      "2:9: origin: is not valid; expected http://host:port or https://host:port, without user, path and query"),
    Case(
      "origin: http://user:hunter2@127.0.0.1",
      "2:9: origin: is not valid; expected http://host:port or https://host:port, without user, path and query"),
    Case(
      "origin: http://127.0.0.1/api",
      "2:9: origin: is not valid; expected http://host:port or https://host:port, without user, path and query"),
    Case(
      "originTls: { caFile: no.pem }",
      "6:22: originTls.caFile: \"no.pem\" does not exist; expected a readable file"),
    Case(
      "originTls: { certificateFile: c.pem }",
      "6:31: originTls.keyFile: is missing; expected the private key of originTls.certificateFile"),
    Case(
      "originTls: { keyFile: k.pem }",
      "6:23: originTls.certificateFile: is missing; expected the certificate of originTls.keyFile"),
    Case(
      "originTls: { verify: maybe }",
      "6:22: originTls.verify: is \"maybe\"; expected true or false"),
    Case(
      "originTls: { verify: false, caFile: ca.pem }",
      "6:22: originTls.verify: is false though originTls.caFile is given; expected one of them"),
    Case(
      "originTimeout: 9ms",
      "6:16: originTimeout: is \"9ms\"; expected a duration from 10ms to 1h, such as 500ms, 30s, 5m, 24h or 7d"),
    Case(
      "originTimeout: 35s",
      "6:16: originTimeout: is 35s; expected shorter than drainTimeout (35s), or that one longer"),
    Case(
      "originConnections: { perLoop: 65536 }",
      "6:31: originConnections.perLoop: is \"65536\"; expected a whole number from 1 to 65535"),
    Case(
      "originConnections: { perLoop: 4, perCaller: 5 }",
      "6:45: originConnections.perCaller: is \"5\"; expected a whole number from 1 to 4"),
    Case(
      "originConnections: { idle: 1ms }",
      """
      6:28: originConnections.idle: is "1ms"; expected a duration from 10ms to 1h, such as 500ms, 30s, 5m, \
      24h or 7d
      """),
    Case(
      "originConnections: { connectTimeout: 61s }",
      """
      6:38: originConnections.connectTimeout: is "61s"; expected a duration from 10ms to 1m, such as 500ms, \
      30s, 5m, 24h or 7d
      """),
    Case(
      "originConnections: { maxIdle: 1s }",
      "6:22: originConnections.maxIdle: is not a setting; expected one of perLoop, perCaller, idle, connectTimeout"),
  ]
}
