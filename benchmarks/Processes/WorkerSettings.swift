/// How the workers of a benchmark are set up: nothing but what the measurement needs differs from the defaults.
struct WorkerSettings: Sendable {
  var originPort: Int
  /// Where Redis is, as the configuration writes it.
  var redis: String

  /// The configuration file.
  ///
  /// Store operations are measured and not cut off: a busy machine must not end the run. Redis is new, and so are all of
  /// its workers: nothing needs to settle.
  var yaml: String {
    """
    listen: 127.0.0.1:0
    admin: off
    origin: http://127.0.0.1:\(originPort)
    limits: { connections: 20000 }
    logging: { level: notice }
    store:
      redis: \(redis)
      timeout: 5s
      settle: 0ms
    principal:
      headers: [x-api-key]
    policies:
      - name: wallet-transfers
        match: { methods: [POST], path: "/wallets/{walletId}/transfers" }
        key: { required: false }

    """
  }
}
