import IdempotencyTesting

/// The Redis of all tests that need none of their own; it goes when this process does.
actor SharedRedis {
  private static let shared = SharedRedis()
  private var starting: Task<RedisServer, any Error>?

  static func server() async throws -> RedisServer {
    try await shared.server()
  }

  private func server() async throws -> RedisServer {
    if let starting { return try await starting.value }
    let task = Task { try await RedisServer.start() }
    starting = task
    return try await task.value
  }
}
