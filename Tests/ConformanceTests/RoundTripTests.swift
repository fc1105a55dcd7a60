import HiredisNIO
import IdempotencyTesting
import Testing
@testable import Harness

/// What a request costs at Redis, seen from outside: through the middleware, counted by the server itself.
@Suite("Round trips", .eachKind, .timeLimit(.minutes(10)))
struct RoundTripTests {
  /// Commands that the server ran since the last reset, its own administration left out.
  private func commands(_ redis: RedisServer) async throws -> [String: Int] {
    let info = try await redis.command("INFO", "commandstats").string ?? ""
    var calls: [String: Int] = [:]
    for match in info.matches(of: /cmdstat_([a-z|]+):calls=(\d+)/) { calls[String(match.1)] = Int(match.2) }
    // A node asks the time every minute.
    for own in ["config|resetstat", "info", "time"] { calls[own] = nil }
    return calls
  }

  @Test("A first execution costs two round trips: SET, and EVALSHA; a replay costs one")
  func counted() async throws {
    let redis = try await RedisServer.start()
    var options = ClusterOptions(nodes: 2, policies: [.payments()])
    options.redis = redis
    do {
      try await withCluster(options) { cluster in
        // The first use of a script sends its source.
        _ = try await cluster.send(Call(key: freshKey()))

        try await redis.command("CONFIG", "RESETSTAT")
        let call = Call(key: freshKey())
        #expect(try await cluster.send(call).label == "executed")
        // One SET is the reservation, the other is the script's own, as are TYPE, GETRANGE and SPUBLISH.
        #expect(
          try await commands(redis) == ["set": 2, "evalsha": 1, "type": 1, "getrange": 1, "spublish": 1])

        try await redis.command("CONFIG", "RESETSTAT")
        #expect(try await cluster.send(call, to: 1).label == "replayed")
        #expect(try await commands(redis) == ["set": 1])
      }
    } catch {
      await redis.stop()
      throw error
    }
    await redis.stop()
  }
}
